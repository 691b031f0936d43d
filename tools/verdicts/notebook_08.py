"""Notebook 08: what a batch does to the weights."""

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.datasets import shuttle
from helpers.weights import inverse_frequency, normalize
from tools.verdicts import LOADERS, Verdict

THREE = (900, 90, 10)


def effective_weights(counts: Tensor, w: Tensor, size: float) -> Tensor:
    """v(B) as notebook 08 computes it; the diagnosis's ``let_through`` agrees, though not to the last bit."""
    q, s = counts.double() / counts.sum(), torch.logspace(-12, 6, 250, dtype=torch.float64)
    w = w / (q @ w)
    decay = torch.exp(-w[:, None] * s)
    others = (q @ decay) ** (size - 1)
    return size * torch.trapezoid(w[:, None] * decay * others * s, s.log(), dim=1)


def balanced(counts: Tensor) -> Tensor:
    return normalize(inverse_frequency(counts), counts, to="sample mean").double()


def half(seed: int, classes: int = 7, decades: float = 4.0, exponent: float = 1.0) -> bool:
    """Whether half of the largest weight w, above 2, passes from ln 2 (w - 1) to w - 1, for counts over ``decades``."""
    generator = torch.Generator().manual_seed(seed)
    counts = (10 * 10 ** (decades * torch.rand(classes, generator=generator, dtype=torch.float64))).round()
    w = normalize(inverse_frequency(counts) ** exponent, counts, to="sample mean")
    rare, top = int(w.argmax()), float(w.max())
    below, above = math.floor(math.log(2) * (top - 1)), math.ceil(top - 1)
    parts = [float(effective_weights(counts, w, max(1, size))[rare] / top) for size in (below, above)]
    return bool(top > 2 and parts[0] <= 0.5 <= parts[1])


def toy(seed: int, counts: Tensor, apart: float, heavy: bool) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    centres = apart * torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    y = torch.arange(3).repeat_interleave(counts)
    noise = torch.randn(len(y), 2, generator=generator, dtype=torch.float64)
    if heavy:  # Student's t with three degrees of freedom
        noise /= torch.randn(len(y), 3, generator=generator, dtype=torch.float64).square().mean(1, keepdim=True).sqrt()
    return torch.cat([centres[y] + noise, torch.ones(len(y), 1, dtype=torch.float64)], dim=1), y


def stated(seed: int, size: int = 16, steps: int = 6_000, heavy: bool = False, lr: float = 0.1) -> bool:
    """Whether a model trained by the default states the rare class's rate better after log v(B) than after log w."""
    counts = torch.tensor(THREE)
    w, (x, y) = balanced(counts), toy(seed, counts, 2.0, heavy)
    theta, mean = torch.zeros(3, 3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)
    draws = torch.randint(len(y), (steps, size), generator=torch.Generator().manual_seed(seed))
    share = w[y[draws]] / w[y[draws]].sum(1, keepdim=True)
    for step, (x_t, target, f) in enumerate(zip(x[draws], F.one_hot(y[draws], 3), share, strict=True)):
        theta -= lr * (f[:, None] * (torch.softmax(x_t @ theta.T, dim=1) - target)).T @ x_t
        mean += theta if 2 * step >= steps else 0.0
    z = x @ mean.T / (steps / 2)
    rates = [torch.softmax(z - taken.log(), dim=1)[:, 2].mean() for taken in (w, effective_weights(counts, w, size))]
    off_w, off_v = (abs(math.log(float(rate * len(y) / counts[2]))) for rate in rates)
    return off_v < off_w


def even_after(
    seed: int, size: int = 16, counts: tuple[int, ...] = THREE, apart: float = 2.0, heavy: bool = False
) -> bool:
    """Whether the two divisors are even after more than 1 and less than 100 averaged steps, from 20,000 batches."""
    n = torch.tensor(counts)
    w, (x, y) = balanced(n), toy(seed, n, apart, heavy)
    g = ((1 / 3 - F.one_hot(y, 3).double())[:, :, None] * x[:, None, :]).flatten(1)
    wanted, squares = (w[y][:, None] * g).mean(0), (w[y] ** 2 * g.square().sum(1)).mean()
    m = torch.multinomial(n.double(), 20_000 * size, replacement=True, generator=torch.Generator().manual_seed(seed))
    picks = torch.rand(len(m), generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    batch = ((n.cumsum(0) - n)[m] + (picks * n[m]).long()).view(-1, size)
    drawn = (w[y[batch]][..., None] * g[batch]).sum(1) / w[y[batch]].sum(1, keepdim=True)
    noise_n = (squares - wanted.square().sum()) / size
    bias, noise = (drawn.mean(0) - wanted).square().sum(), drawn.var(0).sum()
    return bool(1 < (noise_n - noise) / bias < 100)


def shuttle_run(seed: int, size: int, lr: float, divide_by: str, steps: int | None = None) -> tuple[float, float]:
    """Recall of the rare classes, and the weighted loss at the end, of softmax regression on one split of Shuttle."""
    data = shuttle(seed)
    x, x_test = (
        torch.cat([i.clamp(-3, 3), torch.ones(len(i), 1)], dim=1) for i in (data.train_inputs, data.test_inputs)
    )
    y, counts = data.train_targets, torch.bincount(data.train_targets)
    w = balanced(counts)
    used = (effective_weights(counts, w, size) if divide_by == "samples, v" else w).float()
    theta = torch.zeros(10, 7)
    draws = torch.randint(len(y), (steps or len(y) // size, size), generator=torch.Generator().manual_seed(seed))
    for batch in draws:
        f = used[y[batch]] / (used[y[batch]].sum() if divide_by == "weights" else size)
        theta -= lr * x[batch].T @ (f[:, None] * (torch.softmax(x[batch] @ theta, dim=1) - F.one_hot(y[batch], 7)))
    hit = (x_test @ theta).argmax(1) == data.test_targets
    rare = [float(hit[data.test_targets == c].float().mean()) for c in range(7) if counts[c] < 200]
    loss = (w[y] * F.cross_entropy((x @ theta).double(), y, reduction="none")).mean()
    return sum(rare) / len(rare), float(loss)


def rare_classes(seed: int, size: int = 16, lr: float = 0.3) -> bool:
    """Whether division by N finds more of the rare classes than the default, after the same batches."""
    return shuttle_run(seed, size, lr, "samples")[0] > shuttle_run(seed, size, lr, "weights")[0]


def leap(seed: int, size: int = 32, lr: float = 3.0) -> bool:
    """Whether 200 steps of division by N end with a weighted loss above that of the untrained model."""
    return shuttle_run(seed, size, lr, "samples", steps=200)[1] > math.log(7)


@cache
def best_rates(seed: int, data: str, size: int) -> tuple[float, float]:
    """SGD's best of nine rates without weights over its best with them, divided by N; and the largest weight over B."""
    split = LOADERS[data](seed)
    x = torch.cat([split.train_inputs.clamp(-3, 3), torch.ones(len(split.train_inputs), 1)], dim=1)
    y, counts = split.train_targets, torch.bincount(split.train_targets)
    w, one_hot = balanced(counts).float(), torch.eye(len(counts))
    # The loss is taken on up to 100 samples of each class, which stand for all of it.
    shown = torch.cat([(y == c).nonzero()[:100, 0] for c in range(len(counts))])
    stand_for = (counts / torch.bincount(y[shown]) / len(y))[y[shown]]
    rates = 0.003 * 10 ** (torch.arange(9) / 2)
    draws = torch.randint(len(y), (200, size), generator=torch.Generator().manual_seed(seed))
    best = []
    for u in (torch.ones(len(counts)), w):
        theta = torch.zeros(9, x.shape[1], len(counts))
        for batch in draws:
            error = u[y[batch]][:, None] / size * (torch.softmax(x[batch] @ theta, dim=-1) - one_hot[y[batch]])
            theta -= rates[:, None, None] * (x[batch].T @ error)
        ce = -torch.log_softmax(x[shown] @ theta, dim=-1)[:, torch.arange(len(shown)), y[shown]]
        losses = (ce * u[y[shown]] * stand_for).sum(dim=1).nan_to_num(math.inf)
        best.append(float(rates[losses.argmin()]))
    return best[0] / best[1], float(w.max()) / size


def lower(seed: int, data: str = "shuttle", size: int = 32) -> bool:
    """Whether the best rate with weights is below the best without."""
    return best_rates(seed, data, size)[0] > 1.1


def lower_by_the_ratio(seed: int, data: str = "shuttle", size: int = 32) -> bool:
    """Whether it is lower by the largest weight over the batch, or more."""
    fell, ratio = best_rates(seed, data, size)
    return fell > ratio


VERDICTS = [
    Verdict(
        "08",
        "half",
        "Half of the largest weight w, above 2, gets through a batch of between ln 2 and 1 times w - 1.",
        half,
        {
            "as in the notebook": {},
            "300 classes": {"classes": 300},
            "counts over 1 decade": {"classes": 30, "decades": 1.0},
            "counts within 1.5 times each other": {"classes": 30, "decades": 0.17},
            "square root of the weights": {"exponent": 0.5},
        },
    ),
    Verdict(
        "08",
        "even",
        "At B = 16, before training, the divisors are even after more than 1 and fewer than 100 averaged steps.",
        even_after,
        {
            "as in the notebook": {},
            "classes twice as far apart": {"apart": 4.0},
            "heavy tails": {"heavy": True},
            "counts 4,900, 90, 10": {"counts": (4_900, 90, 10)},
            "counts 400, 350, 250": {"counts": (400, 350, 250)},
        },
    ),
    Verdict(
        "08",
        "stated rate",
        "After the default in batches of 16, log v(B) restores the rare class's rate better than log w does.",
        stated,
        {
            "as in the notebook": {},
            "B = 4": {"size": 4},
            "B = 64": {"size": 64},
            "lr 1": {"lr": 1.0},
            "heavy tails": {"heavy": True},
        },
        quick=False,
    ),
    Verdict(
        "08",
        "rare classes",
        "On Shuttle, B = 16 and lr 0.3, division by N finds more of the rare classes than the default.",
        rare_classes,
        {
            "as in the notebook": {},
            "lr 0.03": {"lr": 0.03},
            "lr 3": {"lr": 3.0},
            "B = 128": {"size": 128},
            "B = 1,024": {"size": 1024},
        },
        quick=False,
    ),
    Verdict(
        "08",
        "leap",
        "On Shuttle, B = 32 and lr 3, 200 steps of division by N end above the loss of an untrained model.",
        leap,
        {
            "as in the notebook": {},
            "lr 0.3": {"lr": 0.3},
            "lr 0.03": {"lr": 0.03},
            "B = 128": {"size": 128},
            "B = 1,024": {"size": 1024},
        },
        quick=False,
    ),
    Verdict(
        "08",
        "lower rate",
        "With weights, divided by N, in batches of 32, SGD's best rate is below its best without weights.",
        lower,
        {
            "as in the notebook": {},
            "flights": {"data": "flights"},
            "letters": {"data": "letters"},
            "B = 1,024": {"size": 1024},
        },
        quick=False,
    ),
    Verdict(
        "08",
        "lower by the ratio",
        "It is lower by w_max / B or more.",
        lower_by_the_ratio,
        {"as in the notebook": {}, "flights": {"data": "flights"}, "letters": {"data": "letters"}},
        quick=False,
    ),
]
