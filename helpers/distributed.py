"""The weighted mean on several processes: the loss, and a demonstration that runs under torchrun.

DistributedDataParallel averages the gradients of its processes. PyTorch's weighted mean divides each process's sum by
its own total weight, so the average is not the gradient of the whole batch. ``global_weighted_mean`` is the repair.

``helpers.launcher`` runs the demonstration on this host; on several, each host runs the torchrun line of notebook 08.
"""

import argparse
import faulthandler
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from helpers.arguments import check_weight, floating_tensor, real_number
from helpers.losses import IGNORED, weighted_cross_entropy

PRIORS = (0.9, 0.09, 0.01)
BATCH_SIZE = 32  # samples of all processes together

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

    Raises what ``total_weight`` and ``weighted_share`` raise.
    """
    total = total_weight(targets, weight, group)
    return weighted_share(logits, targets, weight, total, group)


def weighted_share(
    logits: Tensor, targets: Tensor, weight: Tensor, total: Tensor | float, group: dist.ProcessGroup | None = None
) -> Tensor:
    """The part of these samples in the weighted mean of a batch whose total weight is ``total``.

    Summed over the micro-batches of each process and averaged over the processes, as gradient accumulation and
    DistributedDataParallel do, the parts are that mean. ``total`` counts all of them, so it comes first:

        total = total_weight(torch.cat(targets of all micro-batches), weight)
        for each micro-batch, all but the last within replica.no_sync():
            weighted_share(replica(inputs), targets, weight, total).backward()

    Raises TypeError or ValueError on a process whose own arguments are wrong.
    """
    _check(targets, weight)
    amount, processes = real_number("total", total), processes_in(group)
    if not 0.0 < amount < float("inf"):
        raise ValueError(f"total is {amount}; expected the finite weight of a whole batch, above zero")
    # In float32 or wider: in float16 the sum of a few samples, or one over a small total, may be infinite.
    given = floating_tensor("logits", logits).dtype
    dtype = torch.promote_types(torch.promote_types(given, weight.dtype), torch.float32)
    if amount * torch.finfo(dtype).max < processes:
        raise ValueError(
            f"total is {amount:.3g}: {processes} over it, by which every gradient is multiplied, overflows {dtype}: "
            "give larger weights, which changes nothing else here"
        )
    share = weighted_cross_entropy(logits, targets, weight.to(dtype), divide_by=None) * processes / total
    return share.to(given)


def total_weight(targets: Tensor, weight: Tensor, group: dist.ProcessGroup | None = None) -> Tensor:
    """The sum of ``weight[targets]`` over the samples of all processes, float64.

    Raises ValueError on every process alike where that sum is zero or one of
    them has a label or weight that is wrong (there: TypeError or ValueError
    that names it), so that none of them waits for the others.
    """
    processes_in(group)
    refusal, sums = None, torch.zeros(2, dtype=torch.float64, device=getattr(targets, "device", None))
    try:
        _check(targets, weight)
        sums[0] = weight[targets[targets != IGNORED]].sum(dtype=torch.float64)
    except (TypeError, ValueError) as error:
        refusal, sums[1] = error, 1
    dist.all_reduce(sums, group=group)
    if refusal is not None:
        raise refusal
    if sums[1] > 0:
        raise ValueError(f"{int(sums[1])} of the other processes refused targets or weight: its own error says which")
    if not sums[0] > 0:
        raise ValueError("the total weight of the batch is zero over all processes: skip this batch on each of them")
    return sums[0]


def _check(targets: Tensor, weight: Tensor) -> None:
    """Refuse what torch would refuse inside the loss of one process, while the others wait for it."""
    if not isinstance(targets, Tensor) or targets.ndim != 1 or targets.dtype != torch.int64:
        raise TypeError(f"targets is {targets!r}; expected a tensor of class indices, int64 (N,)")
    if floating_tensor("weight", weight).ndim != 1 or not len(weight) or weight.requires_grad:
        raise ValueError(f"weight is {weight}; expected one constant a class, (K,): give weight.detach()")
    check_weight(weight)
    bad = (targets != IGNORED) & ((targets < 0) | (targets >= len(weight)))
    if bad.any():
        n = int(bad.nonzero()[0])
        raise ValueError(f"targets of sample {n} is {targets[n]}; expected 0 to {len(weight) - 1}, or {IGNORED}")


def processes_in(group: dist.ProcessGroup | None) -> int:
    """How many processes share a batch; torch says -1 where this process is not one of them, and goes on."""
    if not isinstance(group, dist.ProcessGroup | None):
        raise TypeError(f"group is {group!r}; expected a group that this process is in, or None")
    return dist.get_world_size(group)


def gradient_errors(group: dist.ProcessGroup, batches: int) -> dict[str, Any]:
    """Compare DistributedDataParallel's gradient with a single process's, on each process of ``group``.

    Every process draws the same ``batches`` batches and takes its own part of each.

    Returns the Euclidean errors relative to the single-process gradient, one a batch, under the divisor's name:
    "accumulated" is ``weighted_share`` over two micro-batches on each process, and "accumulated / R" the same without
    its factor of processes. And under "zero weight" the errors for a batch whose samples on the last process (of one:
    half of them) weigh zero.
    """
    rank, processes = dist.get_rank(group), dist.get_world_size(group)
    weight = 1 / (len(PRIORS) * torch.tensor(PRIORS, dtype=torch.float64))
    torch.manual_seed(0)
    model = nn.Linear(2, len(PRIORS), dtype=torch.float64)
    parameters = list(model.parameters())
    replica = DistributedDataParallel(model, process_group=group)

    by_samples: Loss = partial(weighted_cross_entropy, divide_by="samples")
    by_global_weights: Loss = partial(global_weighted_mean, group=group)

    def error(loss: Loss, single_process_loss: Loss, y: Tensor, w: Tensor, seed: int, micro_batches: int = 1) -> float:
        x = y[:, None] + torch.randn(len(y), 2, dtype=w.dtype, generator=torch.Generator().manual_seed(seed))
        single = torch.autograd.grad(single_process_loss(model(x), y, w), parameters)
        replica.zero_grad()
        *first, last = torch.arange(len(y)).tensor_split(processes)[rank].tensor_split(micro_batches)
        with replica.no_sync():
            for mine in first:
                loss(replica(x[mine]), y[mine], w).backward()
        loss(replica(x[last]), y[last], w).backward()
        averaged = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
        wanted = torch.cat([g.flatten() for g in single])
        return float((averaged - wanted).norm() / wanted.norm())

    names = ("local weights", "local samples", "global weights", "accumulated", "accumulated / R")
    errors: dict[str, Any] = {name: [] for name in names}
    for seed in range(batches):
        generator = torch.Generator().manual_seed(seed)
        y = torch.multinomial(torch.tensor(PRIORS), BATCH_SIZE, replacement=True, generator=generator)
        errors["local weights"].append(error(F.cross_entropy, F.cross_entropy, y, weight, seed))
        errors["local samples"].append(error(by_samples, by_samples, y, weight, seed))
        errors["global weights"].append(error(by_global_weights, F.cross_entropy, y, weight, seed))
        total = total_weight(y.tensor_split(processes)[rank], weight, group)
        for name, too_large in {"accumulated": 1, "accumulated / R": processes}.items():
            share: Loss = partial(weighted_share, total=total * too_large, group=group)
            errors[name].append(error(share, F.cross_entropy, y, weight, seed, micro_batches=2))
    y = torch.ones(BATCH_SIZE, dtype=torch.int64)
    y[torch.arange(BATCH_SIZE).tensor_split(max(processes, 2))[-1]] = 0
    weight[0] = 0
    errors["zero weight"] = {
        "local weights": error(F.cross_entropy, F.cross_entropy, y, weight, 0),
        "global weights": error(by_global_weights, F.cross_entropy, y, weight, 0),
    }
    return {"processes": processes} | errors


def main() -> None:
    """One process of the demonstration; rank 0 prints the results as one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--groups", type=int, nargs="+", help="work as the first so many processes; default: all")
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--limit-s", type=float, default=600.0, help="seconds after which a process ends itself")
    options = parser.parse_args()
    # Ends this process even where the launcher was killed and Python itself no longer runs.
    faulthandler.dump_traceback_later(options.limit_s + 5, exit=True)
    dist.init_process_group("gloo")
    results = []
    for size in options.groups or [dist.get_world_size()]:
        group = dist.new_group(list(range(size)))
        if dist.get_rank() < size:
            results.append(gradient_errors(group, options.batches))
    if dist.get_rank() == 0:
        print(json.dumps(results), flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
