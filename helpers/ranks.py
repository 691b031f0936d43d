"""torchrun on one host, whose processes begin as copies of it and find PyTorch imported: seconds saved in each.

python -m helpers.ranks [OPTION OF TORCHRUN ...] MODULE [ARGUMENT ...]

Windows and macOS start new processes in place of copies; ``--start-method`` says which.
"""

import os
import runpy
import signal
import sys
import time
import traceback

import torch._dynamo  # noqa: F401  DistributedDataParallel imports it late: two seconds in each process
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import elastic_launch
from torch.distributed.run import config_from_args, parse_args


def run_as_rank(module: str, *arguments: str) -> None:
    """What each process does: ``python -m module *arguments``.

    Ends the process with status 1 where that raises anything; its standard error then holds the traceback, as of any
    program, and a line for ``helpers.launcher``, which says the rank and the reason.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a copy keeps torchrun's handler, which waits for Python's turn
    sys.argv[1:] = arguments
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except BaseException as error:  # torchrun waits for ever for a process that an interrupt or a bare sys.exit() ends
        if isinstance(error, SystemExit) and not error.code:
            return
        if not isinstance(error, SystemExit):
            sys.excepthook(*sys.exc_info())
        reason = traceback.format_exception_only(error)[-1].strip()
        sys.stderr.write(f"\n[rank{os.environ['RANK']}] ended by {reason}\n")
        time.sleep(3)  # torchrun, on a busy machine too, is to see first a process that ended without a word
        sys.exit(1)


def main() -> None:
    """torchrun: start the processes, wait for them, and end all when one fails."""
    options = parse_args(sys.argv[1:])
    config, _, _ = config_from_args(options)
    try:
        elastic_launch(config, run_as_rank)(options.training_script, *options.training_script_args)
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        sys.stderr.write(f"\n[rank{rank}] was seen to end with exit status {failure.exitcode}\n")
        raise


if __name__ == "__main__":
    main()
