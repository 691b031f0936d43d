"""The weights that the loss gets: a scheme, an exponent, or the user's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.arguments import in_order, real_number
from helpers.diagnosis.formulas import curvature_of_inputs
from helpers.diagnosis.given import read_array
from helpers.weights import SCHEMES, power

LARGEST_FEATURE = 1e100  # the square of many such is still a float


def class_weights(n: Tensor, scheme: Any, weight: Any, pos_weight: Any) -> tuple[Tensor, str]:
    """The weights that the loss gets, float64 (K,), and what they are called."""
    held = n > 0
    if weight is not None or pos_weight is not None:
        name = "pos_weight" if weight is None else "weight"
        if scheme != "inverse frequency" or (weight is not None and pos_weight is not None):
            raise ValueError(f"{name} is given beside another of weight, pos_weight and scheme; expected one of them")
        own = weight if pos_weight is None else [1.0, real_number("pos_weight", pos_weight, 1e-30, 1e30)]
        return _own(own, held), "your own"
    if isinstance(scheme, str):
        if scheme not in SCHEMES:
            raise ValueError(f"scheme is {scheme!r}; expected an exponent or one of {', '.join(map(repr, SCHEMES))}")
        w = SCHEMES[scheme](n[held])
    else:
        exponent = real_number("scheme", scheme, -10, 10)
        w, scheme = power(n[held], exponent), f"(N / n_c) ** {exponent:g}"
    # A class without a sample has no frequency to invert: it gets the weight of the average sample.
    return torch.full_like(n, float((n[held] * w).sum() / n.sum())).masked_scatter(held, w), scheme


def _own(weight: Any, held: Tensor) -> Tensor:
    array = read_array("weight", in_order("weight", weight))
    if array.shape != held.shape or array.dtype.kind not in "biuf":
        found = f"shape {array.shape}, dtype {array.dtype}"
        raise ValueError(f"weight has {found}; expected numbers, one a class, ({len(held)},)")
    w = torch.from_numpy(array.astype(np.float64))
    if not ((w >= 0) & (w <= 1e30)).all() or not w[held].any():
        raise ValueError(f"weight is {weight}; expected numbers from 0 to 1e30, not zero for all with samples")
    return w


def curvatures(
    inputs: Any, labels: Any, keys: Sequence[Any], weights: Tensor, ignore_index: int, smoothing: float, sampler: bool
) -> tuple[float, float]:
    """Curvature of the features, plain and under the weights of their classes, which weigh one in the mean sample.

    ``weights`` stand in the order of ``keys``, in which labels are names, or else places.
    """
    if labels is None:
        raise ValueError("inputs is given without labels=, the class of each row")
    rows, of = read_array("inputs", inputs), read_array("labels", labels)
    if of.dtype.kind not in "biuf":
        raise ValueError("labels holds names; with inputs= expected numbers, the place of each class in the logits")
    shaped = rows.ndim == 2 and rows.shape[1] and of.shape == rows.shape[:1]
    if rows.dtype.kind not in "biuf" or not shaped or not (np.abs(rows, dtype=np.float64) <= LARGEST_FEATURE).all():
        raise ValueError(
            f"inputs has shape {rows.shape}; expected finite features (N, D), none beyond {LARGEST_FEATURE:g}, "
            "a row for each number in labels"
        )
    kept = of != ignore_index
    given, each = np.unique(of[kept], return_inverse=True)
    place = {key: c for c, key in enumerate(keys)}
    if all(label in place for label in given.tolist()):
        given = np.array([place[label] for label in given.tolist()])
    x, y = torch.from_numpy(rows[kept].astype(np.float64)), torch.from_numpy(given.astype(np.int64)[each])
    drawn = 1 / torch.bincount(y).double()[y] if sampler else torch.ones_like(x[:, 0])
    # A smoothed label belongs to every class in part, and each part has its class's weight.
    smoothed = (1 - smoothing) * weights[y] + smoothing * weights.mean()
    raised = float((drawn * smoothed).sum() / (drawn * weights[y]).sum())
    return curvature_of_inputs(x, drawn), raised * curvature_of_inputs(x, drawn * smoothed)
