"""From class counts to class weights, and from one normalisation to another.

Notation: n_c is the number of samples of class c, N = sum_c n_c, K the number
of classes. Every function takes counts in any form that torch can read and
returns a tensor of shape (K,) in the order of the counts. It computes in
float64 and returns the dtype of a tensor of floats, else torch's default.
What is no list of numbers, or has an order of its own, is a TypeError.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

from helpers.arguments import in_order, no_mask, real_number

Counts = Tensor | Sequence[float] | NDArray[Any]  # or a Series, whose type would need pandas
NormalizeTo = Literal["sum", "class mean", "sample mean", "max"]
SIZES: dict[str, Callable[[Tensor], Tensor]] = {"sum": torch.sum, "class mean": torch.mean, "max": torch.max}


def inverse_frequency(counts: Counts) -> Tensor:
    """N / n_c: the weight of the thread. Times 1/K it is scikit-learn's "balanced".

    Raises ValueError for a count that is not a finite number above zero.
    """
    return power(counts, 1.0)


def power(counts: Counts, exponent: float) -> Tensor:
    """(N / n_c) ** exponent: 0 gives ones, 1/2 the square root, 1 the inverse frequency.

    Raises ValueError for a count that is not a finite number above zero, or an
    exponent that is not finite or makes a weight zero or infinite.
    """
    exponent, n = real_number("exponent", exponent), _checked_counts(counts)
    return _above_zero((n.sum() / n) ** exponent, counts, f"exponent is {exponent:g}", "usually 0 to 1")


def effective_number(counts: Counts, beta: float) -> Tensor:
    """(1 - beta) / (1 - beta ** n_c): one over the effective number of samples.

    ``beta`` 0 gives ones; as beta nears 1 it becomes 1 / n_c.
    Raises ValueError for a count that is not a finite number above zero or makes
    a weight zero or infinite, or a beta outside [0, 1).
    Source: Cui et al., Class-Balanced Loss, CVPR 2019, arXiv 1901.05555, eq. 4.
    """
    beta = real_number("beta", beta)
    if not 0.0 <= beta < 1.0:
        raise ValueError(f"beta is {beta}; expected 0 <= beta < 1, for instance 0.999")
    n = _checked_counts(counts)
    log_beta = torch.tensor(beta, dtype=torch.float64).log()
    return _above_zero(
        (1.0 - beta) / -torch.expm1(n * log_beta), counts, f"beta is {beta}", "1 or more samples a class"
    )


def normalize(weights: Counts, counts: Counts | None = None, *, to: NormalizeTo) -> Tensor:
    """The same ratios on another scale.

    Args:
        weights: non-negative, shape (K,), not all zero.
        counts: n_c, shape (K,); needed by "sample mean" alone.
        to: "sum" gives sum_c w_c = 1; "class mean" sum_c w_c = K; "sample mean"
            sum_c n_c w_c = N, so that the average sample weighs one; "max"
            max_c w_c = 1.

    Returns the dtype of ``weights`` where they are a tensor of floats.
    Raises ValueError for weights that are negative, not finite or all zero, or
    that their dtype cannot hold on the new scale, for counts that are missing or
    of another length, and for an unknown ``to``.
    """
    w = _checked(weights, "weights")
    if not 0 < w.sum() < math.inf:
        raise ValueError(f"weights sum to {w.sum():g}; expected a finite sum above zero, which a scale can change")
    if to == "sample mean":
        n = w[:0] if counts is None else _checked_counts(counts)
        if len(n) != len(w):
            raise ValueError(f'counts is {counts}; to="sample mean" needs the number of samples of each class')
        becomes_one = (n * w).sum() / n.sum()
    elif to in SIZES:
        becomes_one = SIZES[to](w)
    else:
        raise ValueError(f"to is {to!r}; expected 'sample mean' or one of {', '.join(map(repr, SIZES))}")
    scaled = (w / becomes_one).to(_dtype(weights))
    if not scaled.isfinite().all() or (w > 0).ne(scaled > 0).any():
        raise ValueError(f"weights leave the range of {scaled.dtype} on the scale of {to!r}: give them in float64")
    return scaled


# A scheme's name and how its weights follow from the counts; for the page again in helpers/moving/facts.js.
SCHEMES: dict[str, Callable[[Counts], Tensor]] = {
    "none": lambda counts: power(counts, 0.0),
    "inverse frequency": inverse_frequency,
    "balanced": lambda counts: normalize(inverse_frequency(counts), counts, to="sample mean"),
    "sum to one": lambda counts: normalize(inverse_frequency(counts), to="sum"),
    "square root": lambda counts: power(counts, 0.5),
    "effective number": lambda counts: normalize(effective_number(counts, 0.999), to="class mean"),
}


def _checked_counts(counts: Counts) -> Tensor:
    n = _checked(counts, "counts")
    if not n.all():
        c = int((n == 0).nonzero()[0])
        raise ValueError(
            f"counts[{c}] is 0: class {c} has no sample, so it has no frequency to invert; "
            "remove the class, merge it with another, or give it a weight by hand"
        )
    return n


def _checked(values: Any, name: str) -> Tensor:
    no_mask(name, values)
    values = in_order(name, values)
    if isinstance(values, Mapping):
        given = f"{name} is a {type(values).__name__}; expected numbers in the order of the logits"
        raise TypeError(f"{given}: give [{name}[c] for c in classes], with your classes in that order")
    try:
        v = torch.as_tensor(values).detach()
        if v.is_complex():
            raise TypeError("some have an imaginary part")
        # A list of floats has become float32.
        v = v.double() if isinstance(values, Tensor) else torch.as_tensor(values, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} is a {type(values).__name__}, not numbers in order: {error}") from None
    if v.ndim != 1 or len(v) == 0:
        raise ValueError(f"{name} has shape {tuple(v.shape)}; expected one number a class, (K,) with K >= 1")
    bad = ~((v >= 0) & v.isfinite())
    if bad.any():
        c = int(bad.nonzero()[0])
        raise ValueError(f"{name}[{c}] is {v[c].item()}; expected a finite number >= 0: mend that class")
    return v


def _above_zero(weights: Tensor, counts: Counts, given: str, expected: str) -> Tensor:
    w = weights.to(_dtype(counts))
    if not ((w > 0) & w.isfinite()).all():
        raise ValueError(
            f"{given}: a weight leaves the range of {w.dtype}; expected {expected}, "
            "and counts in a wider dtype, such as torch.float64"
        )
    return w


def _dtype(values: Any) -> torch.dtype:
    floating = isinstance(values, Tensor) and values.is_floating_point()
    return values.dtype if floating else torch.get_default_dtype()
