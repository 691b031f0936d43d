"""Notebook 14: a long tail under momentum, sign descent and Adam, each at the best rate of a grid."""

import math
from typing import Any

import torch
from torch.nn import functional as F

from helpers.tail import zipf_samples
from tools.tail import RATES, grid, table, zipf
from tools.verdicts import Verdict

SMALL = {"size": 5}
# Where the problem is easier the best rate is larger.
WIDE = {
    "momentum": [*RATES["zipf"]["momentum"], 6.8, 10, 15, 22, 33],
    "sign": [*RATES["zipf"]["sign"], 0.03, 0.056, 0.1],
    "Adam": [*RATES["zipf"]["Adam"], 1.0, 1.8, 3.2, 5.6],
}
FAR = {
    "momentum": [1, 3, 10, 30, 100, 300, 1000, 3000],
    "sign": [0.01, 0.03, 0.1, 0.3, 1],
    "Adam": [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
}
COARSE = {"momentum": [*grid(100, 680, 6), 1000, 2200]}


def best_zipf(rule: Any, seed: int, steps: int, **settings: Any) -> list[float]:
    """The plain loss after ``steps`` steps at the best rate, of all and by third; infinite where none gives one."""
    rates = (FAR if settings.get("centred") else WIDE)[rule]
    ends = [zipf(rule, lr, steps=steps, seed=seed, **settings)[steps] for lr in rates]
    return min((end for end in ends if math.isfinite(end[0])), default=[math.inf] * 4)


def least_zipf(rule: Any, seed: int, steps: int, **settings: Any) -> float:
    return best_zipf(rule, seed, steps, **settings)[0]


def tail_decides(
    seed: int, size: int = 6, steps: int = 30, centred: bool = False, betas: tuple[float, ...] = ()
) -> bool:
    """Whether momentum ends above sign descent and Adam with the tail, and below Adam without.

    ``betas`` are further ones of momentum, of which the best counts, with the tail alone.
    """
    settings: dict[str, Any] = {"size": size, "steps": steps, "centred": centred, "tau": 0.0}
    with_tail = {rule: least_zipf(rule, seed, tail=True, **settings) for rule in FAR}
    with_tail["momentum"] = min([with_tail["momentum"], *(least_of_beta(beta, seed, size, steps) for beta in betas)])
    flat = {rule: least_zipf(rule, seed, tail=False, **settings) for rule in ("momentum", "Adam")}
    return with_tail["momentum"] > max(with_tail["sign"], with_tail["Adam"]) and flat["momentum"] < flat["Adam"]


def least_of_beta(beta: float, seed: int, size: int, steps: int) -> float:
    """The same of momentum with another β, on the tail: torch's own optimiser, at the best of rates for that β."""
    x, y = zipf_samples(size, seed=seed)
    least = math.inf
    for lr in RATES["zipf"]["momentum"]:
        theta = torch.zeros(int(y.max()) + 1, x.shape[1], requires_grad=True)
        sgd = torch.optim.SGD([theta], lr=lr * (1 - beta) / 0.1, momentum=beta)
        for _ in range(steps):
            sgd.zero_grad()
            F.cross_entropy(x @ theta.T, y).backward()
            sgd.step()
        loss = F.cross_entropy(x @ theta.T, y).item()
        least = min(least, loss) if math.isfinite(loss) else least
    return least


def thirds_differ(seed: int, size: int = 6, steps: int = 30, centred: bool = False) -> bool:
    """Whether at the best rates the rare third ends highest under momentum, and lowest under sign descent and Adam."""
    settings: dict[str, Any] = {"size": size, "steps": steps, "centred": centred, "tau": 0.0, "tail": True}
    momentum, sign, adam = (best_zipf(rule, seed, **settings)[1:] for rule in ("momentum", "sign", "Adam"))
    return max(momentum) == momentum[2] and min(sign) == sign[2] and min(adam) == adam[2]


def weights_do(seed: int, size: int = 6, steps: int = 30, centred: bool = False) -> bool:
    """Whether momentum under N/n_c ends with a lower plain loss than Adam without weights."""
    settings: dict[str, Any] = {"size": size, "steps": steps, "centred": centred, "tail": True}
    return least_zipf("momentum", seed, tau=1.0, **settings) < least_zipf("Adam", seed, tau=0.0, **settings)


def least_table(rule: Any, weighting: str, seed: int, words: int, steps: int, batch: int | None) -> float:
    """The plain loss above its minimum after ``steps`` steps on counts drawn anew, at the best rate."""
    settings: dict[str, Any] = {"words": words, "weighting": weighting, "batch": batch, "steps": steps}
    rates = (COARSE if batch is None else RATES["batches"])[rule]
    losses = [table(rule, lr, seed=seed, **settings)[steps][0] for lr in rates]
    return min(loss if math.isfinite(loss) else math.inf for loss in losses)


def other_tail(seed: int, words: int = 300, steps: int = 100, batch: int | None = None) -> bool:
    """Whether momentum ends lower with weights for the input than with N/n_c, and there lower than without weights."""
    end = {k: least_table("momentum", k, seed, words, steps, batch) for k in ("no weights", "N/n_c", "input")}
    return end["input"] < end["N/n_c"] < end["no weights"]


def start_is_enough(seed: int, words: int = 300, steps: int = 100, batch: int = 128) -> bool:
    """Whether from the frequencies, in small batches, the losses of momentum and Adam are within 3 % of each other."""
    momentum, adam = (least_table(rule, "prior", seed, words, steps, batch) for rule in ("momentum", "Adam"))
    return abs(momentum / adam - 1) < 0.03


ELSEWHERE = {
    "as in the notebook": {},
    "31 classes": SMALL,
    "31 classes, 100 steps": SMALL | {"steps": 100},
    "centred inputs": {"centred": True},
}
VERDICTS = [
    Verdict(
        "14",
        "tail",
        "With the tail momentum ends above sign descent and Adam, without it below Adam.",
        tail_decides,
        ELSEWHERE | {"momentum at the best β of 0.9, 0.95, 0.98": {"betas": (0.95, 0.98)}},
        quick=False,
    ),
    Verdict(
        "14",
        "thirds",
        "At the best rates the rare third ends highest under momentum, lowest under sign descent and Adam.",
        thirds_differ,
        ELSEWHERE | {"100 steps": {"steps": 100}},
        quick=False,
    ),
    Verdict(
        "14",
        "weights",
        "Momentum under N/n_c ends with a lower plain loss than Adam without weights.",
        weights_do,
        ELSEWHERE,
        quick=False,
    ),
    Verdict(
        "14",
        "other tail",
        "On Austen's table momentum gains from N/n_c, and more from weights for the input.",
        other_tail,
        {
            "as in the notebook": {},
            "100 words": {"words": 100},
            "100 words, 30 steps": {"words": 100, "steps": 30},
            "100 words, batch of 2,048": {"words": 100, "batch": 2048},
        },
        quick=False,
    ),
    Verdict(
        "14",
        "start",
        "On Austen's table, from the frequencies, momentum and Adam end within 3 % of each other in small batches.",
        start_is_enough,
        {
            "as in the notebook": {},
            "batches of 64": {"batch": 64},
            "batches of 256": {"batch": 256},
            "100 words": {"words": 100},
            "700 words": {"words": 700},
        },
        quick=False,
    ),
]
