"""The weighted mean on several processes: the loss, a demonstration that runs under torchrun, and its launcher.

DistributedDataParallel averages the gradients of its processes. PyTorch's
weighted mean divides each process's sum by its own total weight, so the average
is not the gradient of the whole batch. ``global_weighted_mean`` is the repair.

``launch(4)`` runs the demonstration on this host; on several, each host runs
the torchrun line of notebook 08, with this file unchanged.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from helpers.arguments import real_number, whole_number
from helpers.losses import check_class_indices, weighted_cross_entropy

PRIORS = (0.9, 0.09, 0.01)
LOOPBACK = {"linux": "lo", "darwin": "lo0"}

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def global_weighted_mean(
    logits: Tensor, targets: Tensor, weight: Tensor, group: dist.ProcessGroup | None = None
) -> Tensor:
    """The loss of one process whose average over all processes is the weighted mean of the whole batch.

    Args:
        logits: this process's samples, shape (N, K); N may differ between processes and may be 0.
        targets: class indices, int64 (N,); -100 counts nowhere.
        weight: shape (K,), the same on every process, without gradient.
        group: the processes that share the batch; None means all.

    Raises ValueError on every process alike where the total weight of the
    whole batch is zero, so that none of them waits for the others; TypeError
    or ValueError on a process whose own arguments are wrong.
    """
    if not isinstance(group, dist.ProcessGroup | None):
        raise TypeError(f"group is {group!r}; expected a group that this process is in, or None")
    check_class_indices(logits, targets, weight)
    total = weight[targets[targets != -100]].sum()
    dist.all_reduce(total, group=group)
    if not total > 0:
        raise ValueError("the total weight of the batch is zero over all processes: skip this batch on each of them")
    return F.cross_entropy(logits, targets, weight, reduction="sum") * dist.get_world_size(group) / total


def gradient_errors(group: dist.ProcessGroup, batches: int, batch_size: int) -> dict[str, Any]:
    """Compare DistributedDataParallel's gradient with a single process's, on each process of ``group``.

    Every process draws the same ``batches`` batches of ``batch_size`` samples
    (all processes together) and takes its own part of each.

    Returns the Euclidean errors relative to the single-process gradient, one a
    batch, under the divisor's name; and under "zero weight" the errors for a
    batch whose samples on the last process (of one: half of them) weigh zero.
    """
    rank, processes = dist.get_rank(group), dist.get_world_size(group)
    weight = 1 / (len(PRIORS) * torch.tensor(PRIORS, dtype=torch.float64))
    torch.manual_seed(0)
    model = nn.Linear(2, len(PRIORS), dtype=torch.float64)
    parameters = list(model.parameters())
    replica = DistributedDataParallel(model, process_group=group)

    by_samples: Loss = partial(weighted_cross_entropy, divide_by="samples")
    by_global_weights: Loss = partial(global_weighted_mean, group=group)

    def error(loss: Loss, single_process_loss: Loss, y: Tensor, w: Tensor, seed: int) -> float:
        x = y[:, None] + torch.randn(len(y), 2, dtype=w.dtype, generator=torch.Generator().manual_seed(seed))
        single = torch.autograd.grad(single_process_loss(model(x), y, w), parameters)
        replica.zero_grad()
        mine = torch.arange(len(y)).tensor_split(processes)[rank]
        loss(replica(x[mine]), y[mine], w).backward()
        averaged = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
        wanted = torch.cat([g.flatten() for g in single])
        return float((averaged - wanted).norm() / wanted.norm())

    errors: dict[str, Any] = {"local weights": [], "local samples": [], "global weights": []}
    for seed in range(batches):
        generator = torch.Generator().manual_seed(seed)
        y = torch.multinomial(torch.tensor(PRIORS), batch_size, replacement=True, generator=generator)
        errors["local weights"].append(error(F.cross_entropy, F.cross_entropy, y, weight, seed))
        errors["local samples"].append(error(by_samples, by_samples, y, weight, seed))
        errors["global weights"].append(error(by_global_weights, F.cross_entropy, y, weight, seed))
    y = torch.ones(batch_size, dtype=torch.int64)
    y[torch.arange(batch_size).tensor_split(max(processes, 2))[-1]] = 0
    weight[0] = 0
    errors["zero weight"] = {
        "local weights": error(F.cross_entropy, F.cross_entropy, y, weight, 0),
        "global weights": error(by_global_weights, F.cross_entropy, y, weight, 0),
    }
    return {"processes": processes, "batch size": batch_size} | errors


def launch(processes: int, *arguments: str, limit_s: float = 60.0) -> list[dict[str, Any]]:
    """Run the demonstration on ``processes`` processes of this host, under torchrun, on the loopback address.

    When this returns or raises, every process has ended: it reads their output
    to its end, which comes only when the last of them is gone. Past the limit
    torchrun ends them, or the kernel a little later where torchrun is gone.

    Args:
        arguments: for ``main``, for instance ``"--batches", "20"``.
        limit_s: seconds for everything, imports (a few seconds) included.

    Returns what rank 0 printed: one result of ``gradient_errors`` for each group.
    Raises ValueError or TypeError for processes below 1 or a limit that is not above zero,
    RuntimeError naming the first failure of a process, TimeoutError past the limit.
    """
    whole_number("processes", processes, 1)
    if not 0.0 < real_number("limit_s", limit_s) < float("inf"):
        raise ValueError(f"limit_s is {limit_s}; expected a finite number of seconds above zero")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nnodes=1", f"--nproc-per-node={processes}"]
    loopback = ["--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    if sys.platform in LOOPBACK:
        environment["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    agent = subprocess.Popen(
        [*torchrun, *loopback, "-m", "helpers.distributed", f"--limit-s={limit_s}", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
        env=environment,
        start_new_session=True,
    )
    try:
        printed, complaints = agent.communicate(timeout=limit_s)
    except BaseException as reason:  # an interrupt from the keyboard too
        _end(agent)
        if isinstance(reason, subprocess.TimeoutExpired):
            raise TimeoutError(f"the {processes} processes did not finish within {limit_s:g} s: ended them") from None
        raise
    if agent.returncode != 0:
        lines = [line for line in complaints.splitlines() if line.strip()] or [f"exit status {agent.returncode}"]
        first = next((line for line in lines if line.startswith("rank ")), " / ".join(lines[-3:]))
        raise RuntimeError(f"the {processes} processes ended with an error: {first}")
    return list(json.loads(printed.strip().splitlines()[-1]))


def _end(agent: "subprocess.Popen[str]", patience_s: float = 10.0) -> None:
    # torchrun passes this on to its processes, which are in sessions of their own, and waits for them.
    agent.terminate()
    try:
        agent.communicate(timeout=patience_s)
    except subprocess.TimeoutExpired:
        if agent.poll() is None:
            os.killpg(agent.pid, signal.SIGKILL)
        agent.communicate()


def main() -> None:
    """One process of the demonstration; rank 0 prints the results as one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--groups", type=int, nargs="+", help="work as the first so many processes; default: all")
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=32, help="samples of all processes together")
    parser.add_argument("--limit-s", type=float, default=600.0, help="seconds that a process waits for the others")
    parser.add_argument("--crash", type=int, metavar="RANK", help="let this rank raise an error")
    parser.add_argument("--stall", type=int, metavar="RANK", help="let this rank never answer")
    options = parser.parse_args()
    # The kernel's own clock still ends this process where torchrun is gone and Python waits for another rank.
    signal.alarm(int(options.limit_s) + 5)
    dist.init_process_group("gloo", timeout=timedelta(seconds=options.limit_s))
    rank = dist.get_rank()
    results = []
    try:
        if rank == options.crash:
            raise RuntimeError("this rank was asked to crash")
        if rank == options.stall:
            signal.pause()
        for size in options.groups or [dist.get_world_size()]:
            group = dist.new_group(list(range(size)))
            if rank < size:
                results.append(gradient_errors(group, options.batches, options.batch_size))
    except Exception as error:
        print(f"rank {rank}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        raise
    if rank == 0:
        print(json.dumps(results), flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
