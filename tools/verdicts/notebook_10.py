"""Notebook 10: the recipe's learning rate, the rate kept, and resampling beside a shift of the logits."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.datasets import shuttle, stratified_split
from helpers.diagnosis import diagnose
from helpers.models import one_hidden_layer, softmax_regression
from helpers.stability import minimise
from helpers.training import fit
from tools import recipe
from tools.problems import PROBLEMS
from tools.recipe import Arm, train
from tools.verdicts import Verdict


def falls(
    seed: int, advised: bool, exponent: float = 1.0, batch: int = 128, lr: float = 0.1, adam: bool = False
) -> bool:
    """Whether one pass over a fresh split of Shuttle ends below its start, in the weighted loss on all held-out rows.

    The weights are (N / n_c) ** exponent at a sample mean of one, the loss is divided by the samples.
    """
    data = shuttle(seed)
    x, y = data.train_inputs, data.train_targets
    optimizer = torch.optim.Adam if adam else torch.optim.SGD
    found = diagnose(labels=y, inputs=x, scheme=exponent, optimizer=optimizer, lr=lr, batch_size=batch)
    w, model = found.weights, one_hidden_layer(9, 64, 7, seed=seed)
    stepper = optimizer(model.parameters(), lr=found.lr if advised else lr)

    def own() -> float:
        with torch.no_grad():
            return F.cross_entropy(model(data.test_inputs), data.test_targets, weight=w).item()

    before = own()
    for rows in torch.randperm(len(y), generator=torch.Generator().manual_seed(seed)).split(batch):
        stepper.zero_grad()
        (F.cross_entropy(model(x[rows]), y[rows], weight=w, reduction="sum") / len(rows)).backward()
        stepper.step()
    return own() < before


def advised_falls(seed: int, **setting: float) -> bool:
    return falls(seed, advised=True, **setting)


def kept_does_not(seed: int, **setting: float) -> bool:
    return not falls(seed, advised=False, **setting)


def some_of(data: str, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Half of a problem, 4,000 rows at most, and the other half, of classes with three or more of the first."""
    problem = PROBLEMS[data](data)
    first, second = stratified_split(problem.targets, 0.5, seed)
    first = first[torch.randperm(len(first), generator=torch.Generator().manual_seed(seed))[:4_000]]
    kept = torch.bincount(problem.targets[first], minlength=problem.num_classes) > 2
    found = []
    for rows in (first, second):
        x, y = problem.inputs[rows], problem.targets[rows]
        found += [F.pad(x[kept[y]].double(), (0, 1), value=1.0), (kept.cumsum(0) - 1)[y[kept[y]]]]
    x, y, x_new, y_new = found
    return x, y, x_new, y_new


def draws_won(
    seed: int,
    counts: tuple[int, ...] = (900, 90, 10),
    distance: float = 1.5,
    data: str = "",
    steps: int = 0,
    lr: float = 0.1,
    adam: bool = False,
) -> int:
    """How many of eight draws resampling wins against a linear model without weights, log w added to its logits.

    By balanced accuracy, both after so many steps of SGD (or of Adam), or for none at their minimum.
    """
    generator = torch.Generator().manual_seed(seed)

    def draw(sizes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        y = torch.repeat_interleave(torch.tensor(sizes))
        noise = torch.randn(len(y), 3, generator=generator, dtype=torch.float64)
        return F.pad(noise + distance * F.one_hot(y, 3), (0, 1), value=1.0), y

    def logits(x: Tensor, y: Tensor, x_new: Tensor, num_classes: int) -> Tensor:
        size = x.shape[1], num_classes
        if steps:
            model = softmax_regression(*size, seed=seed, dtype=torch.float64)
            optimizer = torch.optim.Adam if adam else torch.optim.SGD
            fit(model, x, y, optimizer(model.parameters(), lr=lr), steps=steps)
            return model(x_new).detach()
        return x_new @ minimise(lambda p: F.cross_entropy(x @ p, y) + 1e-4 * p.square().sum(), torch.zeros(size))

    won = 0
    for turn in range(8):
        x, y, x_new, y_new = some_of(data, 8 * seed + turn) if data else (*draw(counts), *draw((1000, 1000, 1000)))
        w = len(y) / (len(torch.bincount(y)) * torch.bincount(y).double())
        pick = torch.multinomial(w[y], len(y), replacement=True, generator=generator)
        both = logits(x[pick], y[pick], x_new, len(w)), logits(x, y, x_new, len(w)) + w.log()
        share = 1 / torch.bincount(y_new).double()[y_new]  # of each sample in the recall of its class
        resampled, shifted = (((z.argmax(dim=1) == y_new) * share).sum().round(decimals=9) for z in both)
        won += int(resampled > shifted)
    return won


def resampling_is_not_better(seed: int, **setting: Any) -> bool:
    return draws_won(seed, **setting) <= 6


def resampling_wins_at_first(seed: int, steps: int = 10, **setting: Any) -> bool:
    return draws_won(seed, steps=steps, **setting) > 6


def kept_learns_more_often(seed: int, optimiser: str = "SGD", part: float = 0.1, batch: int = 128) -> bool:
    """Whether, over six problems and three exponents, the rate kept beats the best constant answer more often.

    It is ``part`` of the stored best rate without weights; the other one is what the recipe makes of it.
    """
    learns = torch.zeros(2)
    for name in ("digits", "cancer", "tail", "noisy", "fraud", "cover"):
        asked = {"problem": name, "optimiser": optimiser, "batch": batch, "divisor": "samples", "best": True}
        rows = [row for row in recipe.stored_rows() if asked.items() <= row.items()]
        arms = [Arm(row["exponent"], "samples", part * row[rate]) for row in rows for rate in ("lr", "advised lr")]
        after = train(name, optimiser, batch, arms, (seed,))[1][0].view(-1, 2)
        learns += (after < torch.tensor([[row["constant"]] for row in rows])).sum(dim=0)
    return bool(learns[0] > learns[1])


VERDICTS = [
    Verdict(
        "10",
        "recipe",
        "At the recipe's learning rate, one pass ends below its start.",
        advised_falls,
        {
            "as in the notebook": {},
            "batches of 32": {"batch": 32},
            "batches of 1,024": {"batch": 1024},
            "batches of 1,024, lr 1": {"batch": 1024, "lr": 1.0},
            "lr 1": {"lr": 1.0},
            "exponent 1/2": {"exponent": 0.5},
            "Adam at 0.01": {"adam": True, "lr": 0.01},
            "Adam at 0.1": {"adam": True, "lr": 0.1},
        },
        quick=False,
    ),
    Verdict(
        "10",
        "rate kept",
        "At a learning rate of 0.1, kept, one pass with N / n_c ends above its start.",
        kept_does_not,
        {
            "as in the notebook": {},
            "batches of 1,024": {"batch": 1024},
            "batches of 1,024, lr 1": {"batch": 1024, "lr": 1.0},
            "exponent 1/2": {"exponent": 0.5},
            "exponent 1/2, lr 1": {"exponent": 0.5, "lr": 1.0},
            "lr 0.01": {"lr": 0.01},
            "Adam at 0.01": {"adam": True, "lr": 0.01},
            "Adam at 0.1": {"adam": True, "lr": 0.1},
        },
        quick=False,
    ),
    Verdict(
        "10",
        "resampling",
        "Resampling wins no more than six of eight draws against a shift by log w.",
        resampling_is_not_better,
        {
            "as in the notebook": {},
            "farther apart": {"distance": 2.5},
            "rarer": {"counts": (900, 90, 5)},
            "breast cancer data": {"data": "cancer"},
            "Shuttle": {"data": "shuttle"},
        },
        quick=False,
    ),
    Verdict(
        "10",
        "short run",
        "After ten steps resampling wins more than six of eight draws against a shift by log w.",
        resampling_wins_at_first,
        {
            "as in the notebook": {},
            "100 steps": {"steps": 100},
            "lr 1": {"lr": 1.0},
            "lr 1, 100 steps": {"lr": 1.0, "steps": 100},
            "farther apart": {"distance": 2.5},
            "9 : 3 : 1": {"counts": (900, 300, 100)},
            "400, 330 and 270 samples": {"counts": (400, 330, 270)},
            "Adam at 0.1": {"adam": True},
            "breast cancer data": {"data": "cancer"},
            "breast cancer data, Adam at 0.1": {"data": "cancer", "adam": True},
            "cover": {"data": "cover"},
            "cover, Adam at 0.1": {"data": "cover", "adam": True},
            "Shuttle": {"data": "shuttle"},
        },
        quick=False,
    ),
    Verdict(
        "10",
        "low rate",
        "Over six problems the rate kept beats the best constant answer more often than the recipe's.",
        kept_learns_more_often,
        {
            "SGD, a tenth of the best rate": {},
            "SGD, a tenth, batches of 32": {"batch": 32},
            "SGD, a tenth, batches of 1,024": {"batch": 1024},
            "SGD, a third": {"part": 1 / 3},
            "SGD, the best": {"part": 1.0},
            "SGD, the best, batches of 32": {"part": 1.0, "batch": 32},
            "Adam, a tenth": {"optimiser": "Adam"},
            "Adam, a third": {"optimiser": "Adam", "part": 1 / 3},
            "Adam, the best": {"optimiser": "Adam", "part": 1.0},
        },
        quick=False,
    ),
]
