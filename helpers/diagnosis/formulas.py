"""The formulas behind a diagnosis.

n_c samples of class c, N in all; pi_c its share of a batch, w_c its weight; B samples in one loss, K classes.
"""

import math

import numpy as np
import torch
from torch import Tensor

from helpers.arguments import check_weight, positive, tensors

NOISE_SCALE = 500.0
BINS = 4096
ROUNDING = 1e-9  # weights that differ by less are equal


def advised_lr(lr: float, weights: Tensor, share: Tensor, batch: float, *, adaptive: bool = False) -> float:
    """The learning rate for a weighted loss, from the one that suits the same loss without weights.

    Of the weights only E[w^2] = sum_c pi_c w_c^2 / (sum_c pi_c w_c)^2 counts: were no class's gradients longer than
    another's, and a single one nearly all noise, a batch of B weighted samples would be as noisy as one of B / E[w^2]
    (Kish's effective size). A rate tuned at a batch of B is lr_max / (1 + b / B), b the noise scale of the gradient
    (McCandlish et al., arXiv 1812.06162); weights make that b E[w^2]. The ratio is (B + b) / (B + b E[w^2]), with
    ``NOISE_SCALE`` for b. Adam and its kin follow the batch by a power between 1/2 and 1 (same source): here 3/4.
    Tried in notebook 10, under SGD with the bound of the curvature where that is smaller: from the best rate without
    weights 286 of 288 cells end below their start (220 with the rate unchanged), most of them within a tenth of the
    tuned rate's fall. Without that bound a few more of SGD's diverge. Far below the best rate it is more careful than
    it need be.

    Args:
        weights, share: (K,), float64; ``share`` of the classes in a batch, sum one.
        batch: samples in one step, B.
        adaptive: whether the optimiser divides by the size of past gradients.

    Raises ValueError for a rate or a batch not above zero, weights that are negative, not finite or all zero, or shares
    that are negative or do not sum to one.
    """
    lr, batch = positive("lr", lr), positive("batch", batch)
    _check(weights, share)
    share, w = share.double(), weights.double()  # of a narrow dtype w^2 would leave the range
    second = float((share * w**2).sum() / (share * w).sum() ** 2)
    return lr * ((batch + NOISE_SCALE) / (batch + NOISE_SCALE * second)) ** (0.75 if adaptive else 1.0)


def let_through(share: Tensor, weights: Tensor, batch: float) -> Tensor:
    """v_c(B), (K,): what a sample of class c weighs on average where each batch is divided by its own weights.

    v_c = B E[w_c / (w_c + W)], W the weights of the B - 1 others, over batches that weigh anything; sum_c pi_c v_c = 1.
    Since 1 / x is the integral of exp(-t x) over t > 0, that is B w_c times the integral of
    exp(-t w_c) (sum_j pi_j exp(-t w_j))^(B - 1). At B = 1 all v_c of weights above zero are equal: the weights cancel.
    Notebook 08 derives it.
    """
    held = weights > 0
    idle = float(share[~held].sum())  # of samples of weight zero: they are drawn, and add nothing
    w = weights[held] / (share * weights).sum()
    drawn, nodes = _binned(share[held], w)
    # The integrand is smooth in log t and falls off at both ends, where the trapezium rule is exact to many digits.
    low, high = math.log(1e-12 / (float(nodes.max()) + batch)), math.log(60 / float(nodes.min()))
    t = torch.linspace(low, high, 600, dtype=torch.float64).exp()
    decay = torch.exp(-t[:, None] * nodes)
    others = torch.exp((batch - 1) * torch.log(decay @ drawn + idle)) * t
    v = batch * nodes * (others @ decay) * ((high - low) / 599)
    if len(nodes) < len(w):
        v = torch.from_numpy(np.exp(np.interp(w.log(), nodes.log(), v.log())))
    return torch.zeros_like(weights).masked_scatter(held, v / (1 - idle**batch))  # a batch of zeros has no loss


def lean(counts: Tensor, weights: Tensor) -> float:
    """How many times the commonest class's weight the rarest has, the heaviest where several are."""
    rarest, commonest = (float(weights[counts == n].max()) for n in (counts[counts > 0].min(), counts.max()))
    return rarest / commonest if commonest else 0.0


def corrects(counts: Tensor, weights: Tensor) -> bool:
    """Whether weights lean as a balanced sampler does: no class weighs less than the commonest, the rarest weighs more.

    A class without samples has no say, nor has one without weight that is neither the commonest nor the rarest.
    """
    others = weights[(counts > 0) & (counts < counts.max()) & (weights > 0)]
    commonest = weights[counts == counts.max()].max()
    return lean(counts, weights) > 1 + ROUNDING and bool((others >= commonest * (1 - ROUNDING)).all())


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


def misled_share(share: Tensor, weights: Tensor, smoothing: float) -> float:
    """Share of the samples that a network misnames *because* it knows their class, under weights and label smoothing.

    The loss of one sample is sum_c w_c t_c (-log q_c) with t the smoothed target, so q_c is proportional to w_c t_c
    (pytorch issue 104776): class c loses to the heaviest where w_c (1 - e + e / K) < w_max e / K.
    """
    each = smoothing / len(weights)
    return float(share[weights * (1 - smoothing + each) * (1 + ROUNDING) < weights.max() * each].sum())


def curvature_of_inputs(inputs: Tensor, sample_weights: Tensor) -> float:
    """Largest eigenvalue of X'WX / N, a column of ones beside the inputs (N, D), and weights of mean one.

    The curvature of a linear model's weighted loss is nowhere above 1/2 of it with softmax, 1/4 with a sigmoid,
    since the Hessian of one sample is (diag p - pp') times xx': a bound that needs no training. (Label smoothing
    gives a sample another weight than its class's.)
    """
    x = torch.nn.functional.pad(inputs, (0, 1), value=1.0)
    w = sample_weights / sample_weights.mean()
    return float(torch.linalg.eigvalsh((x * w[:, None]).T @ x / len(x))[-1])


def _check(weights: Tensor, share: Tensor) -> None:
    tensors(weights=weights, share=share)
    adds_up = abs(float(share.double().sum()) - 1) < 1e-3  # in 16 bits, too
    if weights.shape != share.shape or not (share >= 0).all() or not adds_up:
        found = f"shape {tuple(share.shape)} and sum {float(share.sum()):g} for weights of {tuple(weights.shape)}"
        raise ValueError(f"share has {found}; expected one a class, none negative, sum one: give counts / counts.sum()")
    check_weight(weights)
    if not (share * weights).any():
        raise ValueError("weights are zero for every class with a share; expected one above zero")


def _binned(share: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Many classes as at most ``BINS`` of nearly equal weight, each at its mean, which errs in second order only."""
    if len(weights) <= BINS:
        return share, weights
    position = weights.log() - weights.log().min()
    number = (position * ((BINS - 1) / position.max().clamp(min=1e-300))).long()
    together = torch.zeros(BINS, dtype=torch.float64).index_add(0, number, share)
    total = torch.zeros(BINS, dtype=torch.float64).index_add(0, number, share * weights)
    held = together > 0
    return together[held], total[held] / together[held]
