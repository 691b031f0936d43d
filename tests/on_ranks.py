"""What goes wrong on one rank, and a loop with accumulation: run by test_distributed.py under torchrun.

python -m tests.on_ranks crash|kill|stall|deaf|both
"""

import json
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from helpers import distributed
from helpers.distributed import global_weighted_mean, total_weight, weighted_share

# Each rank's micro-batches, as labels: unequal in number of samples and in weight; one without any weight.
PARTS = [[[0, 0, 1], [2], [-100, 0]], [[0], [-100], [1, 2, 2, 0, 1]]]
WEIGHT = torch.tensor([0.3, 4.0, 30.0], dtype=torch.float64)


def together(mine):
    """What every rank says, in order; a rank that left the others' rhythm would hang or garble this."""
    said = [None] * dist.get_world_size()
    dist.all_gather_object(said, mine)
    return said


def inputs_of(labels: list[int]) -> torch.Tensor:
    return torch.tensor([[len(labels), label, place] for place, label in enumerate(labels)], dtype=torch.float64).sin()


def refusals():
    """Rank 1 has a bad label, then a bad dtype, then nothing bad."""
    said = []
    good = torch.tensor([0, 2])
    for bad in (torch.tensor([0, 3]), good.float(), good):
        targets = bad if dist.get_rank() == 1 else good
        try:
            loss = global_weighted_mean(torch.zeros(2, 3, dtype=torch.float64), targets, WEIGHT)
            said.append(together(float(loss)))
        except (TypeError, ValueError) as error:
            said.append(together(f"{type(error).__name__}: {error}"))
    return said


def accumulated():
    """On each rank, how far the accumulated and averaged gradient is from that of one process."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 3, dtype=torch.float64)
    every = [label for part in PARTS for labels in part for label in labels]
    x = torch.cat([inputs_of(labels) for part in PARTS for labels in part])
    wanted = torch.autograd.grad(F.cross_entropy(model(x), torch.tensor(every), WEIGHT), list(model.parameters()))
    replica = DistributedDataParallel(model)
    batches = [torch.tensor(labels) for labels in PARTS[dist.get_rank()]]
    total = total_weight(torch.cat(batches), WEIGHT)
    *first, last = PARTS[dist.get_rank()]
    with replica.no_sync():
        for labels in first:
            weighted_share(replica(inputs_of(labels)), torch.tensor(labels), WEIGHT, total).backward()
    weighted_share(replica(inputs_of(last)), torch.tensor(last), WEIGHT, total).backward()
    off = [(p.grad - g).norm() / g.norm() for p, g in zip(model.parameters(), wanted, strict=True)]
    return together(max(map(float, off)))


def main() -> None:
    what = sys.argv.pop(1)
    if what == "deaf":  # the demonstration, in which nothing but its own clock can end this rank
        distributed.gradient_errors = lambda *_: time.sleep(3600)
        distributed.main()
        return
    dist.init_process_group("gloo")
    if dist.get_rank() == 1 and what == "crash":
        raise RuntimeError("this rank was asked to crash")
    if dist.get_rank() == 1 and what == "kill":
        os._exit(9)
    if dist.get_rank() == 1 and what == "stall":
        time.sleep(3600)
    dist.barrier()
    results = [refusals(), accumulated()]
    if dist.get_rank() == 0:
        print(json.dumps(results), flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
