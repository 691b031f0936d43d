"""torchrun on one host, whose processes begin as copies of it and find PyTorch imported: seconds saved in each.

python -m helpers.ranks [OPTION OF TORCHRUN ...] MODULE [ARGUMENT ...]

Windows and macOS start new processes in place of copies; ``--start-method`` says which.
"""

import runpy
import signal
import sys

import torch._dynamo  # noqa: F401  DistributedDataParallel imports it late: two seconds in each process
from torch.distributed.launcher.api import elastic_launch
from torch.distributed.run import config_from_args, parse_args


def run_as_rank(module: str, *arguments: str) -> None:
    """What each process does: ``python -m module *arguments``.

    Ends the process with status 1 where that raises; its standard error then holds the traceback, as of any program,
    with the rank before each line once the processes have met.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a copy keeps torchrun's handler, which waits for Python's turn
    sys.argv[1:] = arguments
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Exception:
        sys.excepthook(*sys.exc_info())
        sys.exit(1)


def main() -> None:
    """torchrun: start the processes, wait for them, and end all when one fails."""
    options = parse_args(sys.argv[1:])
    config, _, _ = config_from_args(options)
    elastic_launch(config, run_as_rank)(options.training_script, *options.training_script_args)


if __name__ == "__main__":
    main()
