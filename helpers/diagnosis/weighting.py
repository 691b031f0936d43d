"""The weights that the loss gets: a scheme, an exponent, or the user's own."""

from typing import Any

import torch
from torch import Tensor

from helpers.arguments import real_number
from helpers.diagnosis.formulas import curvature_of_inputs
from helpers.weights import SCHEMES, power


def class_weights(n: Tensor, scheme: Any, weight: Any, pos_weight: Any) -> tuple[Tensor, str]:
    """The weights that the loss gets, float64 (K,), and what they are called."""
    held = n > 0
    if weight is not None or pos_weight is not None:
        if weight is not None and (pos_weight is not None or scheme != "inverse frequency"):
            raise ValueError("weight is given beside scheme or pos_weight; expected one of them")
        if pos_weight is not None and not 1e-30 <= real_number("pos_weight", pos_weight) <= 1e30:
            raise ValueError(f"pos_weight is {pos_weight}; expected a number above zero")
        return _own(weight if pos_weight is None else [1.0, real_number("pos_weight", pos_weight)], held), "your own"
    if isinstance(scheme, str):
        if scheme not in SCHEMES:
            raise ValueError(f"scheme is {scheme!r}; expected an exponent or one of {', '.join(map(repr, SCHEMES))}")
        w = SCHEMES[scheme](n[held])
    else:
        exponent = real_number("scheme", scheme)
        if not abs(exponent) <= 10:
            raise ValueError(f"scheme is {exponent:g}; expected an exponent of N / n_c, usually from 0 to 1")
        w, scheme = power(n[held], exponent), f"(N / n_c) ** {exponent:g}"
    # A class without a sample has no frequency to invert: it gets the weight of the average sample.
    return torch.full_like(n, float((n[held] * w).sum() / n.sum())).masked_scatter(held, w), scheme


def _own(weight: Any, held: Tensor) -> Tensor:
    try:
        w = torch.as_tensor(weight).detach().cpu()
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TypeError(f"weight is a {type(weight).__name__} that torch cannot read: {error}") from None
    if w.shape != held.shape or w.is_complex():
        raise ValueError(f"weight has shape {tuple(w.shape)}, dtype {w.dtype}; expected one a class, ({len(held)},)")
    w = w.double()
    if not ((w >= 0) & w.isfinite()).all() or not w[held].any():
        raise ValueError(
            f"weight is {weight}; expected finite numbers, zero or more, not zero for all that have samples"
        )
    return w


def curvatures(inputs: Any, labels: Any, weights: Tensor, ignore_index: int) -> tuple[float, float]:
    if labels is None:
        raise ValueError("inputs is given without labels=, the class of each row")
    try:
        x, y = torch.as_tensor(inputs).detach(), torch.as_tensor(labels).long()
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"inputs or labels cannot become tensors; expected numbers: {error}") from None
    if x.is_complex() or x.ndim != 2 or y.shape != x.shape[:1] or not x.isfinite().all():
        raise ValueError(f"inputs has shape {tuple(x.shape)}; expected finite features (N, D), one row a label")
    kept = y != ignore_index
    x, y = x[kept].double(), y[kept]
    return curvature_of_inputs(x, torch.ones(len(x), dtype=x.dtype)), curvature_of_inputs(x, weights[y])
