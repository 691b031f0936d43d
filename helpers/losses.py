"""The one formula of the course: cross entropy with a weight for each class.

Notation, the same in every notebook: z_ic are the logits of sample i, y_i its
class, log p_ic = z_ic - log sum_j exp(z_ij), w_c the weight of class c.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from helpers.arguments import check_weight, tensors

IGNORED = -100  # the class of a sample that counts nowhere, as in PyTorch
DivideBy = Literal["weights", "samples"] | None


def weighted_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | None = None,
    *,
    divide_by: DivideBy = "weights",
) -> Tensor:
    """Weighted cross entropy of N samples over K classes, as one number in nats.

    The numerator is sum_i sum_c w_c t_ic (-log p_ic), where t_i is the target
    distribution of sample i, one-hot for class indices.

    Args:
        logits: floating point, shape (N, K).
        targets: class indices, int64 of shape (N,), where -100 counts nowhere
            (in PyTorch a row of NaN does, in the gradient), or target probabilities of the shape of ``logits``.
        weight: non-negative, shape (K,); None means ones. The loss is computed
            and returned in the widest dtype of logits, weight and probabilities,
            sums included: weights in float32 beside logits of 16 bits stay what
            they are, and the loss is one of float32, as under autocast. The gradient
            comes back in the dtype of the logits, where a large one may still overflow.
        divide_by: ``"weights"`` divides by sum_i w_{y_i}, for probability
            targets by sum_i sum_c w_c t_ic; ``"samples"`` by the number of
            samples that count; None divides by nothing.

    Raises ValueError for a negative, NaN or infinite weight, targets whose shape
    does not fit, probabilities outside 0 to 1, no sample left, or a total weight
    that is zero or that overflows, itself or one over it, and TypeError for logits
    or weights of whole numbers. What else does not fit, torch refuses.

    Source: torch.nn.CrossEntropyLoss, https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html.
    PyTorch's ``reduction="mean"`` is "weights" for class indices and "samples"
    for probabilities; ``"sum"`` is None.
    """
    tensors(logits=logits)
    w = logits.new_ones(logits.shape[1:]) if weight is None else weight
    _check(logits, targets, w)
    dtype = torch.promote_types(logits.dtype, w.dtype)
    if targets.is_floating_point():
        dtype = torch.promote_types(dtype, targets.dtype)
    elif not (kept := targets != IGNORED).all():
        logits, targets = logits[kept], targets[kept]  # before the softmax, whose gradient would spread their NaN
    w, log_p = w.to(dtype), torch.log_softmax(logits.to(dtype), dim=1)

    if targets.is_floating_point():
        weighted = targets * w
    else:
        log_p, weighted = log_p.gather(1, targets[:, None]).squeeze(1), w[targets]
    numerator = -(weighted * log_p).sum()
    return numerator if divide_by is None else numerator / _divisor(divide_by, len(targets), weighted.sum())


def _divisor(divide_by: str, num_samples: int, total: Tensor) -> Tensor | int:
    if divide_by not in ("weights", "samples"):
        raise ValueError(f'divide_by is {divide_by!r}; expected "weights", "samples" or None')
    if num_samples == 0:
        raise ValueError("targets leaves no sample to average over: skip this batch, or use divide_by=None")
    if divide_by == "samples":
        return num_samples
    amount = total.item()
    if amount == 0:
        raise ValueError(
            f"the total weight of the {num_samples} samples is zero, so there is nothing to divide by "
            f'(PyTorch returns NaN here): give one of their classes a weight above zero, or use divide_by="samples"'
        )
    if math.isinf(amount):
        raise ValueError(f"the total weight of the {num_samples} samples overflows {total.dtype}: give smaller weights")
    if amount * torch.finfo(total.dtype).max < 1:
        raise ValueError(
            f"the total weight of the {num_samples} samples is {amount:.3g}: one over it, by which every gradient is "
            f"multiplied, overflows {total.dtype} (from class indices PyTorch returns the loss and a gradient of NaN): "
            "give larger weights"
        )
    return total


def _check(logits: Tensor, targets: Tensor, weight: Tensor) -> None:
    tensors(targets=targets, weight=weight)
    for name, value in (("logits", logits), ("weight", weight)):
        if not value.is_floating_point():
            raise TypeError(f"{name} holds {value.dtype}; expected floating point numbers: give {name}.float()")
    probabilities = targets.is_floating_point() and targets.shape == logits.shape
    if logits.ndim != 2 or not (probabilities or (targets.dtype == torch.int64 and targets.shape == logits.shape[:1])):
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and dtype {targets.dtype} for logits of shape "
            f"{tuple(logits.shape)}; expected logits (N, K) with class indices, int64 (N,), or probabilities (N, K): "
            "bring other layouts to these with movedim and flatten"
        )
    if probabilities and not ((targets >= 0) & (targets <= 1)).all():
        raise ValueError("targets leaves the range 0 to 1; expected probabilities")
    if weight.shape != logits.shape[1:]:
        raise ValueError(f"weight has shape {tuple(weight.shape)}; expected one a class, {tuple(logits.shape[1:])}")
    check_weight(weight)
