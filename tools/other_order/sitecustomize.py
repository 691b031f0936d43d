"""Torch's matrix products and sums over a fixed permutation of the inner dimension: another processor, acted out.

Python imports a module of this name at its start, so a kernel with this folder on PYTHONPATH computes every product
and sum, forward and backward, in the order that SUMMATION_ORDER (a number) seeds. Each result keeps its value and
changes its rounding. A power of two still cancels exactly, as it does on every processor.
"""

import functools
import math
import os
import warnings

import torch

ORDER = int(os.environ["SUMMATION_ORDER"])
aten = torch.ops.aten
library = torch.library.Library("aten", "IMPL")


@functools.cache
def permutation(size):
    return torch.randperm(size, generator=torch.Generator().manual_seed(10_007 * ORDER + size))


def shuffled(tensor, dim):
    return tensor.index_select(dim, permutation(tensor.shape[dim]))


def mm(a, b):
    return aten.mm.out(shuffled(a, 1), shuffled(b, 0), out=a.new_empty(a.shape[0], b.shape[1]))


def addmm(start, a, b, *, beta=1, alpha=1):
    out = a.new_empty(a.shape[0], b.shape[1])
    return aten.addmm.out(start, shuffled(a, 1), shuffled(b, 0), beta=beta, alpha=alpha, out=out)


def bmm(a, b):
    return aten.bmm.out(shuffled(a, 2), shuffled(b, 1), out=a.new_empty(*a.shape[:2], b.shape[2]))


def baddbmm(start, a, b, *, beta=1, alpha=1):
    out = a.new_empty(*a.shape[:2], b.shape[2])
    return aten.baddbmm.out(start, shuffled(a, 2), shuffled(b, 1), beta=beta, alpha=alpha, out=out)


def mv(a, v):
    return mm(a, v[:, None])[:, 0]


def dot(u, v):
    return mm(u[None], v[:, None])[0, 0]


def reduced(reduce, tensor, dim, keepdim, dtype):
    """``reduce`` (a sum or mean with an out variant) over ``dim``, its elements in another order."""
    if dtype is None:
        dtype = tensor.dtype if tensor.is_floating_point() or tensor.is_complex() else torch.int64
    gone = {d % max(tensor.ndim, 1) for d in dim} if dim else set(range(tensor.ndim))
    kept = [d for d in range(tensor.ndim) if d not in gone]
    rows = tensor.permute([*kept, *sorted(gone)])
    rows = rows.reshape([tensor.shape[d] for d in kept] + [math.prod(tensor.shape[d] for d in gone)])
    out = reduce(shuffled(rows, -1), [-1], False, dtype=dtype, out=rows.new_empty(rows.shape[:-1], dtype=dtype))
    return out.reshape([1 if d in gone else n for d, n in enumerate(tensor.shape)]) if keepdim else out


def sum_dim(tensor, dim, keepdim=False, *, dtype=None):
    return reduced(aten.sum.IntList_out, tensor, dim, keepdim, dtype)


def mean_dim(tensor, dim, keepdim=False, *, dtype=None):
    return reduced(aten.mean.out, tensor, dim, keepdim, dtype)


def nll_loss_forward(log_p, targets, weight, reduction, ignore_index):
    # With targets to ignore, the place of a sample can change more than the rounding (notebook 09).
    if log_p.ndim == 2 and reduction != 0 and not (targets == ignore_index).any():
        log_p, targets = shuffled(log_p, 0), shuffled(targets, 0)
    shape = [len(targets)] if log_p.ndim == 2 and reduction == 0 else []
    outputs = {"output": log_p.new_empty(shape), "total_weight": log_p.new_empty([])}
    return aten.nll_loss_forward.output(log_p, targets, weight, reduction, ignore_index, **outputs)


KERNELS = {
    "mm": mm,
    "addmm": addmm,
    "bmm": bmm,
    "baddbmm": baddbmm,
    "mv": mv,
    "dot": dot,
    "sum.dim_IntList": sum_dim,
    "mean.dim": mean_dim,
    "nll_loss_forward": nll_loss_forward,
}
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Warning only once for all operators")
    for name, kernel in KERNELS.items():
        library.impl(name, kernel, "CPU")
