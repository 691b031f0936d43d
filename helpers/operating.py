"""Recall against precision of the rare classes, along all thresholds: the choices that one trained network leaves."""

import warnings

import torch
from sklearn.metrics import precision_recall_curve
from torch import Tensor

from helpers.arguments import finite, tensors


def operating_curve(logits: Tensor, targets: Tensor, rare: Tensor) -> tuple[Tensor, Tensor]:
    """Recall and precision of the rare classes while a bias, added to their logits, goes from minus to plus infinity.

    A sample is called rare once the bias lifts its largest rare logit above its largest other one; it then gets the
    name of that rare class. Recall is the share of the rare samples that get their right name, precision the share
    of the samples called rare that do. Ties are resolved as in scikit-learn: samples of one margin change together.

    Args:
        logits: floating point, (N, K).
        targets: int64 (N,).
        rare: bool (K,), at least one True and one False; at least one target is of a rare class.

    Raises ValueError where one of them is not so, or the margin between them is not finite.
    Returns recall and precision, float64 (points,), recall ascending from 0.
    """
    tensors(logits=logits, targets=targets, rare=rare)
    if (*targets.shape, *rare.shape) != logits.shape or targets.ndim != 1 or targets.dtype != torch.int64:
        shapes = f"{tuple(logits.shape)}, targets {tuple(targets.shape)} and rare {tuple(rare.shape)}"
        raise ValueError(f"logits has shape {shapes}; expected (N, K), int64 (N,) and bool (K,)")
    if len(targets) and not 0 <= targets.min() <= targets.max() < len(rare):
        raise ValueError(f"targets holds what is not from 0 to {len(rare) - 1}: drop the samples that a loss ignores")
    if rare.dtype != torch.bool or rare.all() or not rare[targets].any():
        raise ValueError(f"rare is {rare.tolist()}; expected a bool a class, not all True, with targets of a True one")
    classes, logits = rare.nonzero()[:, 0], logits.detach().double()  # 16 bits would round the difference of two
    best = logits[:, rare].max(dim=1)
    margin = best.values - logits[:, ~rare].amax(dim=1)
    finite("logits, rare less common,", margin)  # -inf takes a class away, and may while another of its kind is left
    right = classes[best.indices] == targets
    with warnings.catch_warnings():  # where no rare sample gets its right name, which is a curve of precision 0
        warnings.filterwarnings("ignore", "No positive class found")
        precision, recall, _ = precision_recall_curve(right.numpy(), margin.numpy())
    found = right.sum() / rare[targets].sum()
    return found * torch.from_numpy(recall[::-1].copy()), torch.from_numpy(precision[::-1].copy())


def area_under(recall: Tensor, precision: Tensor) -> float:
    """The mean precision over recall from 0 to 1, recall that no threshold reaches counting as precision 0.

    Each step counts with the precision at its end, as in scikit-learn's ``average_precision_score``.
    Raises ValueError for a recall and a precision of different shape, or a recall that descends.
    """
    _check(recall, precision)
    return float((recall.diff() * precision[1:]).sum())


def precision_at(wanted: Tensor, recall: Tensor, precision: Tensor) -> Tensor:
    """The best precision of a curve at which recall is at least ``wanted``; 0 where no threshold reaches that much.

    Args:
        wanted: recall, float64 (n,).
        recall, precision: a curve by ``operating_curve``.

    Returns float64 (n,).
    Raises ValueError for a recall and a precision of different shape, or a recall that descends.
    """
    _check(recall, precision)
    # Precision may rise again further on: a larger recall serves as well as the one that was wanted.
    best = precision.flip(0).cummax(dim=0).values.flip(0)
    return torch.cat([best, best.new_zeros(1)])[torch.searchsorted(recall, wanted)]


def _check(recall: Tensor, precision: Tensor) -> None:
    tensors(recall=recall, precision=precision)
    if recall.shape != precision.shape or recall.ndim != 1:
        shapes = f"{tuple(recall.shape)} and precision {tuple(precision.shape)}"
        raise ValueError(f"recall has shape {shapes}; expected one shape, (points,): give both of one operating_curve")
    if not (recall.diff() >= 0).all():
        raise ValueError("recall descends somewhere; expected it in ascending order, before precision")
