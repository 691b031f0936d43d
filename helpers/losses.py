"""The one formula of the course: cross entropy with a weight for each class.

Notation, the same in every notebook: z_nc are the logits of sample n, y_n its
class, log p_nc = z_nc - log sum_j exp(z_nj), w_c the weight of class c.
"""

from typing import Literal

import torch
from torch import Tensor

from helpers.arguments import floating_tensor, real_number, whole_number

DivideBy = Literal["weights", "samples"] | None


def weighted_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | None = None,
    *,
    divide_by: DivideBy = "weights",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Weighted cross entropy of N samples over K classes, as one number in nats.

    The numerator is sum_n sum_c w_c t_nc (-log p_nc), where t_n is the target
    distribution of sample n: one-hot for class indices, smoothed to
    (1 - e) t_n + e / K if ``label_smoothing`` e is given.

    Args:
        logits: floating point, shape (N, K).
        targets: class indices, int64 of shape (N,), or target probabilities of
            the dtype and shape of ``logits``.
        weight: non-negative, shape (K,), dtype of ``logits``; None means ones.
        divide_by: ``"weights"`` divides by sum_n w_{y_n}, for probability
            targets by sum_n sum_c w_c t_nc (before smoothing); ``"samples"`` by
            the number of samples that are not ignored; None divides by nothing.
        ignore_index: samples with this index count nowhere. Indices only.
        label_smoothing: e in [0, 1].

    Raises:
        TypeError: an argument that is not a tensor, or has the wrong dtype.
        ValueError: a wrong shape, a label outside 0..K-1, a negative, NaN or
            infinite weight, no sample left, or a total weight of zero.

    Source: torch.nn.CrossEntropyLoss, https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html.
    PyTorch's ``reduction="mean"`` is "weights" for class indices and "samples"
    for probabilities; ``"sum"`` is None.
    """
    _check_logits(logits)
    num_samples, num_classes = logits.shape
    if divide_by is not None and (not isinstance(divide_by, str) or divide_by not in ("weights", "samples")):
        raise ValueError(f'divide_by is {divide_by!r}; expected "weights", "samples" or None')
    label_smoothing = real_number("label_smoothing", label_smoothing)
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing is {label_smoothing}; expected a number from 0 to 1")
    ignore_index = whole_number("ignore_index", ignore_index, -(2**63), 2**63 - 1)
    weight = _checked_weight(weight, logits)

    if not isinstance(targets, Tensor):
        raise TypeError(f"targets is a {type(targets).__name__}; expected a torch.Tensor of class indices")

    log_p = torch.log_softmax(logits, dim=1)
    if targets.is_floating_point():
        _check_probabilities(targets, logits)
        sample_weight = targets @ weight
        numerator = -(log_p * targets * weight).sum()
        num_kept = num_samples
    else:
        kept = _kept(targets, logits, ignore_index)
        if kept is not None:
            log_p, targets = log_p[kept], targets[kept]
        sample_weight = weight[targets]
        numerator = -(log_p.gather(1, targets[:, None])[:, 0] * sample_weight).sum()
        num_kept = len(targets)
    if label_smoothing:
        spread = -(log_p @ weight).sum() / num_classes
        numerator = (1 - label_smoothing) * numerator + label_smoothing * spread

    if divide_by is None:
        return numerator
    if num_kept == 0:
        raise ValueError(
            "targets leaves no sample to average over (empty, or every one is ignore_index): "
            "skip this batch, or use divide_by=None"
        )
    if divide_by == "samples":
        return numerator / num_kept
    total = sample_weight.sum()
    if not total > 0:
        raise ValueError(
            f"the total weight of the {num_kept} samples is zero, so there is nothing to divide by "
            f'(PyTorch returns NaN here): give one of their classes a weight above zero, or use divide_by="samples"'
        )
    return numerator / total


def check_class_indices(logits: Tensor, targets: Tensor, weight: Tensor) -> None:
    """Check the arguments of another weighted loss for class indices, as ``weighted_cross_entropy`` checks its own.

    Args:
        logits: floating point, shape (N, K).
        targets: int64 of shape (N,), classes or -100.
        weight: non-negative, shape (K,), dtype of ``logits``.

    Raises TypeError or ValueError for anything else, and for weights with a gradient, which PyTorch's function lacks.
    """
    _check_logits(logits)
    for name, value in (("targets", targets), ("weight", weight)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} is a {type(value).__name__}; expected a torch.Tensor")
    _kept(targets, logits, -100)
    if _checked_weight(weight, logits).requires_grad:
        raise ValueError("weight requires a gradient; expected constants: give weight.detach()")


def _check_logits(logits: Tensor) -> None:
    floating_tensor("logits", logits)
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ValueError(
            f"logits has shape {tuple(logits.shape)}; expected (N, K) with K >= 1: "
            "bring other layouts to it with movedim and flatten"
        )


def _checked_weight(weight: Tensor | None, logits: Tensor) -> Tensor:
    num_classes = logits.shape[1]
    if weight is None:
        return logits.new_ones(num_classes)
    if not isinstance(weight, Tensor):
        raise TypeError(f"weight is a {type(weight).__name__}; expected a torch.Tensor of shape ({num_classes},)")
    if weight.dtype != logits.dtype:
        raise TypeError(
            f"weight has dtype {weight.dtype} but logits {logits.dtype}: convert it with weight.to(logits.dtype)"
        )
    if weight.shape != (num_classes,):
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}; expected one weight a class, ({num_classes},), as logits"
        )
    low, high = weight.detach().aminmax()  # one pass for all that is well; NaN shows in both
    if not (low >= 0 and high.isfinite()):
        c = int((~((weight >= 0) & weight.isfinite())).nonzero()[0])
        raise ValueError(f"weight of class {c} is {weight[c].item()}; expected a finite number >= 0: mend that entry")
    return weight


def _check_probabilities(targets: Tensor, logits: Tensor) -> None:
    if targets.dtype != logits.dtype:
        raise TypeError(f"targets has dtype {targets.dtype} but logits {logits.dtype}: convert targets")
    if targets.shape != logits.shape:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)}; as probabilities it needs the shape of logits, "
            f"{tuple(logits.shape)}; as class indices it needs dtype int64"
        )
    bad = ~((targets >= 0) & (targets <= 1)).all(dim=1)
    if bad.any():
        n = int(bad.nonzero()[0])
        raise ValueError(f"targets of sample {n} leaves the range 0 to 1: expected probabilities")


def _kept(targets: Tensor, logits: Tensor, ignore_index: int) -> Tensor | None:
    """Check class indices; return the mask of samples that are not ignored, or None if all are kept."""
    num_samples, num_classes = logits.shape
    if targets.dtype != torch.int64:
        raise TypeError(f"targets has dtype {targets.dtype}; expected int64 class indices or probabilities")
    if targets.shape != (num_samples,):
        raise ValueError(
            f"targets has shape {tuple(targets.shape)}; expected one index for each row of logits, ({num_samples},)"
        )
    if num_samples:
        low, high = (int(end) for end in targets.aminmax())
        if low >= 0 and high < num_classes and not low <= ignore_index <= high:
            return None
    kept = targets != ignore_index
    bad = kept & ((targets < 0) | (targets >= num_classes))
    if bad.any():
        n = int(bad.nonzero()[0])
        raise ValueError(
            f"targets of sample {n} is {int(targets[n])}; expected a class from 0 to {num_classes - 1} "
            f"or ignore_index {ignore_index}: mend the label, or give logits more columns"
        )
    return None if bool(kept.all()) else kept
