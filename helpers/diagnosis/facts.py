"""What follows from the counts and the options, before any judgement."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from helpers.weights import SCHEMES

Reduction = Literal["mean", "sum", "none"]
Optimizer = Literal["SGD", "momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "AdamW"]

# The epsilon that PyTorch adds to the denominator of the step; None where the step is proportional to the gradient.
EPSILON: dict[str, float | None] = {
    "SGD": None,
    "momentum": None,
    "Nesterov": None,
    "Adagrad": 1e-10,
    "RMSprop": 1e-8,
    "Adam": 1e-8,
    "AdamW": 1e-8,
}


@dataclass(frozen=True)
class Facts:
    """The quantities behind a diagnosis. Weights are float64, in the order of the counts."""

    names: tuple[str, ...]  # empty where the counts came without
    counts: Tensor  # float64 (K,)
    weights: Tensor  # float64 (K,)
    reduction: Reduction
    optimizer: Optimizer
    lr: float | None
    batch_size: int | None  # as given; None is the full batch
    dtype: torch.dtype
    scheme: str
    ranges: dict[str, tuple[float, float]]  # normalisation to (smallest, largest weight)
    scale: float  # of the loss, against the same loss without weights
    absent_share: float  # of random batches without a sample of the rarest class
    nominal_ratio: float  # weight of the rarest class over that of the most common one
    effective_ratio: float  # the same as the average batch lets through
    largest_value: float  # in the loss of an average batch at the start of training
    smallest_gradient: float  # smallest entry of the logit gradient at the start of training

    @property
    def samples(self) -> float:
        return float(self.counts.sum())

    @property
    def batch(self) -> float:
        """Samples a step."""
        return self.samples if self.batch_size is None else float(self.batch_size)

    @property
    def rarest(self) -> int:
        return int(self.counts.argmin())

    @property
    def commonest(self) -> int:
        return int(self.counts.argmax())

    def name(self, c: int) -> str:
        """What class ``c`` is called."""
        return self.names[c] if self.names else f"class {c}"

    @property
    def room_above(self) -> float:
        """The largest number of the format over the largest value: below 1, the loss overflows."""
        return torch.finfo(self.dtype).max / self.largest_value

    @property
    def room_below(self) -> float:
        """The smallest gradient entry over the smallest number of the format: below 1, entries vanish."""
        limits = torch.finfo(self.dtype)
        return self.smallest_gradient / (limits.smallest_normal * limits.eps)


def scheme_weights(counts: Tensor, scheme: str) -> Tensor:
    """Weights of a scheme of ``helpers.weights.SCHEMES``, float64 (K,). Raises ValueError for any other name."""
    if not isinstance(scheme, str) or scheme not in SCHEMES:
        raise ValueError(f"scheme is {scheme!r}; expected one of {', '.join(map(repr, SCHEMES))}")
    return SCHEMES[scheme](counts)


def absent_share(count: float, samples: float, batch: float) -> float:
    """Probability that a batch drawn without replacement holds none of ``count`` samples.

    C(N - n, B) / C(N, B) as a product of min(n, B) factors; beyond a million
    factors drawing with replacement is as good.
    """
    few, many = min(count, batch), max(count, batch)
    if few + many > samples:
        return 0.0
    if few > 1e6:
        return math.exp(few * math.log1p(-many / samples))
    i = torch.arange(int(few), dtype=torch.float64)
    return float(torch.log1p(-many / (samples - i)).sum().exp())


def effective_ratio(counts: Tensor, weights: Tensor, first: int, second: int, batch: float) -> float:
    """Weight of class ``first`` over ``second`` that a batch divided by its own weights lets through, on average.

    A sample of class c in a batch of B counts w_c / (w_c + W), W the weights of
    the B - 1 others. Its mean is w_c times the integral over t > 0 of
    exp(-t w_c) (sum_j pi_j exp(-t w_j))^(B - 1), since 1 / x is the integral of
    exp(-t x). At B = 1 the ratio is 1: the weights cancel. Notebook 08 shows it.
    """
    share = counts / counts.sum()
    scale = float((share * weights).sum())
    share, v = _binned(share, weights / scale)
    # The integrand is smooth in log t and falls off at both ends, where the trapezium rule is exact to many digits.
    heaviest, lightest = float(v.max()), float(v.min())
    low, high = math.log(1e-12 / (heaviest + batch)), math.log(60 / lightest)
    log_t = torch.linspace(low, high, 600, dtype=torch.float64)
    t = log_t.exp()
    others = torch.empty_like(t)
    for i, chunk in enumerate(t.split(20)):
        others[20 * i : 20 * i + len(chunk)] = torch.log(torch.exp(-chunk[:, None] * v) @ share)
    means = []
    for c in (first, second):
        w_c = float(weights[c]) / scale
        means.append(w_c * float((torch.exp((batch - 1) * others - t * w_c) * t).sum()))
    return means[0] / means[1]


def _binned(share: Tensor, weights: Tensor, bins: int = 4096) -> tuple[Tensor, Tensor]:
    """Many classes as at most ``bins`` of nearly equal weight, each at its mean, which errs in second order only."""
    if len(weights) <= bins:
        return share, weights
    position = weights.log() - weights.log().min()
    number = (position * ((bins - 1) / position.max().clamp(min=1e-300))).long()
    together = torch.zeros(bins, dtype=torch.float64).index_add(0, number, share)
    total = torch.zeros(bins, dtype=torch.float64).index_add(0, number, share * weights)
    held = together > 0
    return together[held], total[held] / together[held]
