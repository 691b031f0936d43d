"""Notebook 06: which weights to take, and what they cost."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import WeightedRandomSampler

from helpers import datasets
from helpers.ensembles import Loss, fit_many
from helpers.models import softmax_regression
from helpers.operating import area_under, operating_curve
from tools.verdicts import LOADERS, Verdict

EXPONENTS = (0.0, 0.5, 0.75, 1.0)
RARE = 200  # training samples


def weighted(w: Tensor | None) -> Loss:
    return lambda z, y, _: F.cross_entropy(z, y, weight=w)


def measures(z: Tensor, y: Tensor, rare: Tensor) -> dict[str, float]:
    """Of one network's logits (N, K): rare recall and precision as it decides, the area under its curve, its log loss.

    Without a decision for a rare class the precision is 0.
    """
    named = z.argmax(dim=1)
    hits = ((named == y) & rare[y]).sum()
    return {
        "recall": float(hits / rare[y].sum()),
        "precision": float(hits / rare[named].sum().clamp(min=1)),
        "area": area_under(*operating_curve(z, y, rare)),
        "log loss": float(F.cross_entropy(z.double(), y)),
    }


@cache
def measured(
    seed: int, data: str = "shuttle", epochs: int = 6, lr: float = 0.05, batch_size: int = 1024
) -> dict[str, dict[str, float]]:
    """Measures on one split: of weights (N/n_c)^τ, of two of them after ``- log w``, and of resampling."""
    split = LOADERS[data](seed)
    x, y = split.train_inputs, split.train_targets
    counts = torch.bincount(y).float()
    w = counts.sum() / counts
    budget = {"epochs": epochs, "lr": lr, "batch_size": batch_size, "seed": seed}
    z = fit_many(x, y, [weighted(w**tau) for tau in EXPONENTS], **budget).logits(split.test_inputs)
    sampler = WeightedRandomSampler(w.double()[y], len(y), generator=torch.Generator().manual_seed(seed))
    resampled = fit_many(x, y, [weighted(None)], sampler=sampler, **budget).logits(split.test_inputs)
    root = EXPONENTS.index(0.5)
    logits = torch.cat([z, z[-1:] - w.log(), z[root, None] - w.log() / 2, resampled])
    names = [*(f"τ = {tau:g}" for tau in EXPONENTS), "minus log w", "root minus its log w", "resampling"]
    return {name: measures(one, split.test_targets, counts < RARE) for name, one in zip(names, logits, strict=True)}


def higher(name: str, other: str, seed: int, **setting: object) -> bool:
    """Whether the first has the larger area under its operating curve."""
    found = measured(seed, **setting)
    return found[name]["area"] > found[other]["area"]


def root_finds_more(seed: int, **setting: object) -> bool:
    return higher("τ = 0.5", "τ = 0", seed, **setting)


def none_beats_full(seed: int, **setting: object) -> bool:
    return higher("τ = 0", "τ = 1", seed, **setting)


def resampling_beats_full(seed: int, **setting: object) -> bool:
    return higher("resampling", "τ = 1", seed, **setting)


def knee(seed: int, **setting: object) -> bool:
    """Whether the last quarter of the exponent takes more than 0.2 of precision for less than 0.1 of recall."""
    before, after = (measured(seed, **setting)[name] for name in ("τ = 0.75", "τ = 1"))
    return before["precision"] - after["precision"] > 0.2 and after["recall"] - before["recall"] < 0.1


def subtraction_leaves_a_loss(seed: int, **setting: object) -> bool:
    found = measured(seed, **setting)
    return found["minus log w"]["log loss"] > found["τ = 0"]["log loss"]


def root_has_the_higher_loss(seed: int, **setting: object) -> bool:
    found = measured(seed, **setting)
    return found["root minus its log w"]["log loss"] > found["τ = 0"]["log loss"]


def trained_long(
    seed: int,
    data: str = "shuttle",
    sensors: Sequence[int] | slice = slice(None),
    num_hidden: int = 32,
    start: int = 0,
) -> Tensor:
    """The classes, (2, test samples), that no weights and N/n_c name after 150 epochs from the start of that number.

    On 100 samples a class of Shuttle, or on 300 of other data.
    """
    split = LOADERS[data](seed)
    each = torch.cat([(split.train_targets == c).nonzero()[:100, 0] for c in range(len(split.counts))])
    keep = each if data == "shuttle" else few(split, 300, seed)
    x, y = split.train_inputs[keep][:, sensors].double(), split.train_targets[keep]
    losses = [weighted(None), weighted(len(y) / torch.bincount(y).double())]
    networks = fit_many(x, y, losses, epochs=150, lr=0.05, num_hidden=num_hidden, seed=seed + 1_000_000 * start)
    return networks.logits(split.test_inputs[:, sensors].double()).argmax(dim=-1)


def fades(seed: int, **setting: Any) -> bool:
    """Whether N/n_c and no weights disagree on less than 5 % of the test after 150 epochs."""
    plain, balanced = trained_long(seed, **setting)
    return bool((plain != balanced).double().mean() < 0.05)


def no_more_than_a_start(seed: int, **setting: Any) -> bool:
    """Whether they disagree at most half as much again as no weights from two starts."""
    plain, balanced = trained_long(seed, **setting)
    restarted, _ = trained_long(seed, start=1, **setting)
    return bool((plain != balanced).sum() <= 1.5 * (plain != restarted).sum())


def few(split: datasets.Split, size: int, seed: int) -> Tensor:
    """Indices of ``size`` training samples in about their natural shares, and one of each class."""
    drawn = torch.randperm(len(split.train_targets), generator=torch.Generator().manual_seed(seed))[:size]
    one_each = [(split.train_targets == c).nonzero()[0, 0] for c in range(len(split.counts))]
    return torch.cat([drawn, torch.stack(one_each)]).unique()


def subtraction_raises_the_loss(seed: int, size: int = 1000, epochs: int = 300, tau: float = 1.0) -> bool:
    """Whether ``- log w`` raises the log loss, at most 36 a sample, on few samples that are seen again and again."""
    split = datasets.shuttle(seed=seed)
    kept = few(split, size, seed)
    x, y = split.train_inputs[kept].double(), split.train_targets[kept]
    w = (len(y) / torch.bincount(y).double()) ** tau
    (z,) = fit_many(x, y, [weighted(w)], epochs=epochs, lr=0.05, seed=seed).logits(split.test_inputs.double())
    before, after = (
        F.cross_entropy(one, split.test_targets, reduction="none").clamp(max=36).mean() for one in (z, z - w.log())
    )
    return bool(after > before)


def two_classes(seed: int, counts: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Points in the plane around (0, 0) and (1.5, 0), whose log-odds are linear."""
    y = torch.arange(2).repeat_interleave(torch.tensor(counts))
    noise = torch.randn(len(y), 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return noise + 1.5 * y[:, None] * torch.tensor([1.0, 0.0]), y


def at_the_minimum(x: Tensor, y: Tensor, w: Tensor) -> nn.Linear:
    """The linear model whose loss with these weights is least."""
    model = softmax_regression(x.shape[1], len(w), dtype=torch.float64)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=1_000, history_size=50, line_search_fn="strong_wolfe",
                                  tolerance_grad=1e-6, tolerance_change=0)  # fmt: skip

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y, weight=w)
        loss.backward()
        return loss

    optimizer.step(evaluate)
    return model


def minimum_leaves_a_loss(seed: int, data: str = "", ratio: int = 99) -> bool:
    """Whether, of linear models at their minimum, N/n_c minus log w has a higher log loss than no weights."""
    if data:
        split = LOADERS[data](seed)
        kept = few(split, 10_000, seed)
        x, y, x_test, y_test = split.train_inputs[kept].double(), split.train_targets[kept], *split[2:4]
        x_test = x_test.double()
    else:
        rare = 10_000 // (ratio + 1)
        (x, y), (x_test, y_test) = (
            two_classes(seed + more, (times * ratio * rare, times * rare)) for more, times in ((0, 1), (1_000_000, 10))
        )
    w = len(y) / torch.bincount(y).double()
    with torch.no_grad():
        plain, balanced = (at_the_minimum(x, y, v)(x_test) for v in (torch.ones_like(w), w))
    return bool(F.cross_entropy(balanced - w.log(), y_test) > F.cross_entropy(plain, y_test))


SETTINGS = {
    "Shuttle, 6 epochs": {},
    "Shuttle, 40 epochs": {"epochs": 40},
    "Shuttle, 6 epochs, lr 0.01": {"lr": 0.01},
    "Shuttle, 6 epochs, lr 0.1": {"lr": 0.1},
    "flights, 6 epochs": {"data": "flights"},
    "Shuttle, 6 epochs, batches of 128": {"batch_size": 128},
    "letters, 6 epochs": {"data": "letters"},
    "flights, 40 epochs": {"data": "flights", "epochs": 40},
    "letters, 40 epochs": {"data": "letters", "epochs": 40},
}
FEW_SAMPLES = {
    "nine sensors": {},
    "two sensors": {"sensors": (4, 6)},
    "300 flights, 256 hidden units": {"data": "flights", "num_hidden": 256},
}

VERDICTS = [
    Verdict("06", "speed", "The square root's curve has a larger area than that of no weights.",
            root_finds_more, SETTINGS, quick=False),
    Verdict("06", "patience", "The curve of no weights has a larger area than that of N/n_c.",
            none_beats_full, SETTINGS, quick=False),
    Verdict("06", "knee", "From τ = 3/4 to 1, rare precision falls by over 0.2 and recall gains under 0.1.",
            knee, SETTINGS, quick=False),
    Verdict("06", "resampling", "The curve of resampling has a larger area than that of N/n_c.",
            resampling_beats_full, SETTINGS, quick=False),
    Verdict("06", "subtraction", "After the subtraction of log w, N/n_c has a higher log loss than no weights.",
            subtraction_leaves_a_loss, SETTINGS, quick=False),
    Verdict("06", "log loss", "After it the square root, too, has a higher log loss than no weights.",
            root_has_the_higher_loss, {name: SETTINGS[name] for name in (
                "Shuttle, 6 epochs", "Shuttle, 40 epochs", "Shuttle, 6 epochs, lr 0.1", "flights, 6 epochs",
                "letters, 6 epochs")}, quick=False),
    Verdict("06", "minimum",
            "At the minimum of linear models too, N/n_c minus log w has a higher log loss than no weights.",
            minimum_leaves_a_loss, {
                "two drawn classes, 99 : 1": {}, "two drawn classes, 999 : 1": {"ratio": 999},
                "10,000 flights": {"data": "flights"}}, quick=False),
    Verdict("06", "fading", "N/n_c and no weights disagree on under 5 % of the test after 150 epochs.",
            fades, FEW_SAMPLES),
    Verdict("06", "start", "They disagree at most half as much again as no weights from two starts.",
            no_more_than_a_start, FEW_SAMPLES),
    Verdict("06", "too late", "After 300 epochs on 1,000 samples, subtracting log w raises the log loss of N/n_c.",
            subtraction_raises_the_loss,
            {"as in the notebook": {}, "10 epochs": {"epochs": 10}, "square root": {"tau": 0.5},
             "2,000 samples": {"size": 2000}, "10,000 samples": {"size": 10_000}}),
]  # fmt: skip
