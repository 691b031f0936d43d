"""Notebook 07: thousands of classes under SGD whose learning rate was tuned without weights."""

import math
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from helpers.datasets import austen_pairs
from helpers.diagnosis import advised_lr
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.training import fit
from helpers.weights import inverse_frequency, normalize
from tools.verdicts import Verdict

LR = 10.0  # of those that the notebook tries, the best without weights
SMALL = {"words": 700}


@cache
def training_pairs(words: int) -> tuple[Tensor, Tensor, Tensor]:
    """All training pairs among the most frequent words, and the counts n_c."""
    data = austen_pairs()
    inside = (data.train_inputs < words) & (data.train_targets < words)
    targets = data.train_targets[inside]
    return data.train_inputs[inside], targets, torch.bincount(targets, minlength=words)


@cache
def unseen_pairs(words: int) -> tuple[Tensor, Tensor]:
    """Some of the pairs held out among the most frequent words."""
    data = austen_pairs()
    inside = ((data.test_inputs < words) & (data.test_targets < words)).nonzero()[:, 0]
    drawn = inside[torch.randperm(len(inside), generator=torch.Generator().manual_seed(0))[:16_384]]
    return data.test_inputs[drawn], data.test_targets[drawn]


def change(
    seed: int,
    w: Tensor,
    lr: float,
    words: int,
    batch: int,
    momentum: float,
    held_out: bool = False,
    steps: int = 64,
) -> float:
    """The own loss after SGD over that before, as in the notebook; NaN where a loss is not finite.

    It is that of pairs trained on, or held out, and these are compared with a guess of all words alike where it is
    better than the start: by 2 %, for which nothing need be learned.
    """
    inputs, targets, _ = training_pairs(words)
    sample = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))[: steps * batch]
    x, y = inputs[sample], targets[sample]
    model = next_word_model(words, seed=seed)
    before_it, after_it = unseen_pairs(words) if held_out else (x[:2048], y[:2048])

    def own_loss() -> float:
        previous, place = before_it.unique(return_inverse=True)
        with torch.no_grad():
            ce = -model(previous).log_softmax(dim=1)[place, after_it]
        return float((w[after_it] * ce).sum() / w[after_it].sum())

    before = min(own_loss(), math.log(words)) if held_out else own_loss()
    loss = partial(weighted_cross_entropy, weight=w, divide_by="samples")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = fit(model, x, y, optimizer, steps=steps, batch_size=batch, loss=loss, seed=seed)
    return own_loss() / before if history.loss.isfinite().all() else float("nan")


def balanced(words: int) -> tuple[Tensor, Tensor, float]:
    """N / n_c, the same with sample mean one, and the mean sample weight of the first."""
    n = training_pairs(words)[2]
    w = inverse_frequency(n)
    return w, normalize(w, n, to="sample mean"), float((n * w.double()).sum() / n.sum())


def slower(lr: float, words: int, batch: int) -> float:
    """The learning rate that ``advised_lr`` makes of one for no weights."""
    n = training_pairs(words)[2].double()
    return advised_lr(lr, balanced(words)[1].double(), n / n.sum(), batch)


def exchanges(seed: int, words: int = 7000, batch: int = 128, momentum: float = 0.0) -> bool:
    """Whether N / n_c with its learning rate divided by the mean sample weight repeats the run of sample mean one."""
    w, one, mean_weight = balanced(words)
    lr = slower(LR * (1 - momentum), words, batch)
    repaired = change(seed, w, lr / mean_weight, words, batch, momentum)
    return abs(repaired - change(seed, one, lr, words, batch, momentum)) < 0.005


def fails(seed: int, lr: float = LR, words: int = 7000, batch: int = 128, momentum: float = 0.0) -> bool:
    """Whether the own loss of sample mean one does not fall by 1 %."""
    return not change(seed, balanced(words)[1], lr, words, batch, momentum) <= 0.99


def learns(seed: int, lr: float = LR, words: int = 7000, batch: int = 128, momentum: float = 0.0) -> bool:
    """Whether the own loss of sample mean one falls by 1 % at least at the advised learning rate."""
    return change(seed, balanced(words)[1], slower(lr, words, batch), words, batch, momentum) <= 0.99


def by_heart(
    seed: int, lr: float = LR, words: int = 7000, batch: int = 128, momentum: float = 0.0, steps: int = 64
) -> bool:
    """Whether on pairs held out the own loss of no weights falls by 1 %, and that of sample mean one does not."""
    setting: dict[str, Any] = {"words": words, "batch": batch, "momentum": momentum, "steps": steps}
    unweighted = torch.ones_like(balanced(words)[1])
    return change(seed, unweighted, lr, held_out=True, **setting) <= 0.99 and not carries_over(seed, lr, **setting)


def carries_over(seed: int, lr: float = LR, words: int = 7000, batch: int = 128, **setting: Any) -> bool:
    """Whether on pairs held out the own loss of sample mean one falls by 1 %, at the smaller rate."""
    setting = {"momentum": 0.0, "held_out": True} | setting | {"words": words, "batch": batch}
    return change(seed, balanced(words)[1], slower(lr, words, batch), **setting) <= 0.99


VERDICTS = [
    Verdict(
        "07",
        "exchange",
        "N/n_c with its learning rate divided by its mean sample weight repeats sample mean one.",
        exchanges,
        {
            "as in the notebook": {},
            "700 words": SMALL,
            "700 words, batch of 32": SMALL | {"batch": 32},
            "700 words, momentum 0.9": SMALL | {"momentum": 0.9},
        },
        quick=False,
    ),
    Verdict(
        "07",
        "not enough",
        "At a rate of 10, the best without weights here, sample mean one does not learn.",
        fails,
        {
            "as in the notebook": {},
            "a tenth of the rate": {"lr": 1.0},
            "momentum 0.9, a tenth of the rate": {"lr": 1.0, "momentum": 0.9},
            "700 words": SMALL,
            "700 words, batch of 32": SMALL | {"batch": 32},
        },
        quick=False,
    ),
    Verdict(
        "07",
        "second factor",
        "With (B + 500) / (B + 500 E[w²]) of that rate it learns.",
        learns,
        {
            "as in the notebook": {},
            "momentum 0.9, a tenth of the rate": {"lr": 1.0, "momentum": 0.9},
            "700 words": SMALL,
            "700 words, batch of 32": SMALL | {"batch": 32},
            "700 words, batch of 32, twice the rate": SMALL | {"batch": 32, "lr": 20.0},
        },
        quick=False,
    ),
    Verdict(
        "07",
        "new pairs",
        "On pairs held out no weights come 1 % below a uniform guess (own loss), N/n_c at that smaller rate does not.",
        by_heart,
        {
            "as in the notebook": {},
            "batches of 512": {"batch": 512},
            "momentum 0.9, a tenth of the rate": {"lr": 1.0, "momentum": 0.9},
            "700 words": SMALL,
            "2,000 steps": {"steps": 2000},
        },
        quick=False,
    ),
    Verdict(
        "07",
        "carries over",
        "N/n_c, too, comes 1 % below a uniform guess there.",
        carries_over,
        {"as in the notebook": {}, "700 words": SMALL, "2,000 steps": {"steps": 2000}},
        quick=False,
    ),
]
