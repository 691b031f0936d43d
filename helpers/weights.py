"""From class counts to class weights, and from one normalisation to another.

Notation: n_c is the number of samples of class c, N = sum_c n_c, K the number
of classes. Every function takes counts in any form that torch can read and
returns a tensor of shape (K,) in the order of the counts. It computes in
float64 and returns the dtype of floating point counts, else torch's default.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from helpers.arguments import real_number

Counts = Tensor | Sequence[float] | Any
NormalizeTo = Literal["sum", "class mean", "sample mean", "max"]


def inverse_frequency(counts: Counts) -> Tensor:
    """N / n_c: the weight of the thread. Times 1/K it is scikit-learn's "balanced".

    Raises ValueError for a count that is not a finite number above zero.
    """
    return power(counts, 1.0)


def power(counts: Counts, exponent: float) -> Tensor:
    """(N / n_c) ** exponent: 0 gives ones, 1/2 the square root, 1 the inverse frequency.

    Raises ValueError for a count that is not a finite number above zero, or an
    exponent that is not finite.
    """
    n, dtype = _checked_counts(counts)
    exponent = real_number("exponent", exponent)
    if not abs(exponent) < float("inf"):
        raise ValueError(f"exponent is {exponent}; expected a finite number, usually from 0 to 1")
    return _checked_result(
        (n.sum() / n) ** exponent, dtype, f"counts of a wider dtype, or an exponent nearer 0 than {exponent:g}"
    )


def effective_number(counts: Counts, beta: float) -> Tensor:
    """(1 - beta) / (1 - beta ** n_c): one over the effective number of samples.

    ``beta`` 0 gives ones; as beta nears 1 it becomes 1 / n_c.
    Raises ValueError for a count that is not a finite number above zero, or a
    beta outside [0, 1).
    Source: Cui et al., Class-Balanced Loss, CVPR 2019, arXiv 1901.05555, eq. 4.
    """
    n, dtype = _checked_counts(counts)
    beta = real_number("beta", beta)
    if not 0.0 <= beta < 1.0:
        raise ValueError(f"beta is {beta}; expected 0 <= beta < 1, for instance 0.999")
    log_beta = torch.tensor(beta, dtype=torch.float64).log()
    return _checked_result((1.0 - beta) / -torch.expm1(n * log_beta), dtype, "counts of a wider dtype")


def normalize(weights: Tensor, counts: Counts | None = None, *, to: NormalizeTo) -> Tensor:
    """The same ratios on another scale.

    Args:
        weights: non-negative, shape (K,), not all zero.
        counts: n_c, shape (K,); needed by "sample mean" alone.
        to: "sum" gives sum_c w_c = 1; "class mean" sum_c w_c = K; "sample mean"
            sum_c n_c w_c = N, so that the average sample weighs one; "max"
            max_c w_c = 1.

    Returns a tensor of the dtype of ``weights``.
    Raises ValueError for weights that are negative, not finite or all zero, for
    counts that are missing or of another length, and for an unknown ``to``.
    """
    if not isinstance(to, str) or to not in get_args(NormalizeTo):
        raise ValueError(f"to is {to!r}; expected one of {', '.join(map(repr, get_args(NormalizeTo)))}")
    w = _vector(weights, "weights")
    bad = ~((w >= 0) & w.isfinite())
    if bad.any():
        c = int(bad.nonzero()[0])
        raise ValueError(f"weights[{c}] is {w[c].item()}; expected a finite number >= 0: mend that class")
    if not w.any():
        raise ValueError(f"weights are zero for all {len(w)} classes: no scale makes them sum to anything")
    # Only ratios matter, and near the largest float a sum would overflow: a power of two brings the weights near one.
    zero = w == 0
    exponent = -math.frexp(float(w.max()))[1]
    w = w * 2.0 ** (exponent // 2) * 2.0 ** (exponent - exponent // 2)
    dtype = weights.dtype if isinstance(weights, Tensor) and weights.is_floating_point() else torch.get_default_dtype()
    if to == "sample mean":
        if counts is None:
            raise ValueError('counts is missing: to="sample mean" needs the number of samples of each class')
        n, _ = _checked_counts(counts)
        if len(n) != len(w):
            raise ValueError(f"counts has {len(n)} classes but weights has {len(w)}: give one count a weight")
        scale = n.sum() / (n * w).sum()
    else:
        scale = {"sum": 1 / w.sum(), "class mean": len(w) / w.sum(), "max": 1 / w.max()}[to]
    return _checked_result(w * scale, dtype, "weights of a wider dtype", zero)


def _vector(values: Any, name: str) -> Tensor:
    try:
        vector = torch.as_tensor(values).detach()
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TypeError(f"{name} is a {type(values).__name__} that torch cannot read: {error}") from None
    if vector.is_complex() or vector.dtype == torch.bool:
        raise TypeError(f"{name} has dtype {vector.dtype}; expected real numbers")
    if vector.ndim != 1 or len(vector) == 0:
        raise ValueError(f"{name} has shape {tuple(vector.shape)}; expected one number a class, (K,) with K >= 1")
    return vector.to(torch.float64)


def _checked_counts(counts: Any) -> tuple[Tensor, torch.dtype]:
    floating = isinstance(counts, Tensor) and counts.is_floating_point()
    n = _vector(counts, "counts")
    bad = ~((n > 0) & n.isfinite())
    if bad.any():
        c = int(bad.nonzero()[0])
        if n[c] == 0:
            raise ValueError(
                f"counts[{c}] is 0: class {c} has no sample, so it has no frequency to invert; "
                "remove the class, merge it with another, or give it a weight by hand"
            )
        raise ValueError(f"counts[{c}] is {n[c].item()}; expected a finite number of samples above zero")
    return n, counts.dtype if floating else torch.get_default_dtype()


def _checked_result(w: Tensor, dtype: torch.dtype, cure: str, zero: Tensor | None = None) -> Tensor:
    """``w`` in ``dtype``, unless a weight overflows there, or becomes zero where ``zero`` does not admit it."""
    result = w.to(dtype)
    held = result > 0 if zero is None else (result > 0) | zero
    bad = ~(result.isfinite() & held)
    if bad.any():
        c = int(bad.nonzero()[0])
        raise ValueError(f"the weight of class {c} is {w[c].item():.3g}, which {dtype} cannot hold: give {cure}")
    return result


# A scheme's name and how its weights follow from the counts: here and nowhere else.
SCHEMES: dict[str, Callable[[Counts], Tensor]] = {
    "none": lambda counts: power(counts, 0.0),
    "inverse frequency": inverse_frequency,
    "balanced": lambda counts: normalize(inverse_frequency(counts), counts, to="sample mean"),
    "sum to one": lambda counts: normalize(inverse_frequency(counts), to="sum"),
    "square root": lambda counts: power(counts, 0.5),
    "effective number": lambda counts: normalize(effective_number(counts, 0.999), to="class mean"),
}
