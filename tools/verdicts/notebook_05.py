"""Notebook 05: which optimisers notice the scale of the weights, and which their spread."""

import math
from functools import partial
from typing import Any, NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn, optim
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from helpers.datasets import shuttle
from helpers.losses import DivideBy, weighted_cross_entropy
from helpers.models import one_hidden_layer
from helpers.training import fit
from helpers.weights import inverse_frequency, normalize
from tools.recipe import constant_loss, weighted_loss, weights_for
from tools.verdicts import Verdict

SGD_RATE, ADAM_RATE = 2.0, 0.03  # best without weights on the notebook's grid


class Sample(NamedTuple):
    inputs: Tensor
    targets: Tensor
    balanced: Tensor  # weights of sample mean one

    def none(self) -> Tensor:
        return torch.ones_like(self.balanced)


def sample(seed: int, digits: bool) -> Sample:
    """A fresh split of Shuttle, or of scikit-learn's digits with each class 0.6 times as frequent as the last."""
    if digits:
        pixels, labels = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        kept = torch.cat([order[labels[order] == c][: math.ceil(170 * 0.6**c)] for c in range(10)])
        x, y = (pixels / 8 - 1)[kept], labels[kept]
    else:
        data = shuttle(seed)
        x, y = data.train_inputs.double(), data.train_targets
    n = torch.bincount(y).double()
    return Sample(x, y, normalize(inverse_frequency(n), n, to="sample mean"))


def learns(
    data: Sample,
    seed: int,
    make: Any,
    rate: float,
    weights: Tensor,
    divide_by: DivideBy = "samples",
    batch: int = 256,
    steps: int = 50,
    clip: float | None = None,
    first: int | None = None,
) -> bool:
    """Whether the loss over all samples, weighted as in training, ends below where it began.

    With ``first`` each batch's loss is multiplied by the mean weight of so many of its samples.
    """
    model = one_hidden_layer(data.inputs.shape[1], 16, len(weights), seed=seed, dtype=torch.float64)

    def loss(z: Tensor, y: Tensor) -> Tensor:
        value = weighted_cross_entropy(z, y, weights, divide_by=divide_by)
        return value if first is None else weights[y[:first]].mean() * value

    def whole() -> float:
        with torch.no_grad():
            return weighted_cross_entropy(model(data.inputs), data.targets, weights).item()

    begins, optimizer = whole(), make(model.parameters(), rate)
    settings: dict[str, Any] = {"steps": steps, "batch_size": batch, "seed": seed, "clip_norm": clip}
    fit(model, data.inputs, data.targets, optimizer, loss=loss, **settings)
    return whole() < begins


def curvature_ratio(data: Sample) -> float:
    """How far the weights raise the bound λ_max(XᵀWX / N): with a column of ones for the bias."""
    x = torch.cat([data.inputs, torch.ones(len(data.inputs), 1)], dim=1)

    def largest(w: Tensor) -> float:
        return float(torch.linalg.eigvalsh((x * w[data.targets, None]).T @ x)[-1])

    return largest(data.balanced) / largest(data.none())


def sgd_fails(seed: int, rate: float = SGD_RATE, digits: bool = False, **setting: Any) -> bool:
    data = sample(seed, digits)
    plain = {name: setting[name] for name in ("batch", "steps") if name in setting}
    without = learns(data, seed, optim.SGD, rate, data.none(), **plain)
    return without and not learns(data, seed, optim.SGD, rate, data.balanced, **setting)


def sgd_learns_at_the_ratio(
    seed: int, rate: float = SGD_RATE, times: float = 1.0, digits: bool = False, **setting: Any
) -> bool:
    data = sample(seed, digits)
    return learns(data, seed, optim.SGD, times * rate / curvature_ratio(data), data.balanced, **setting)


def adam_learns(
    seed: int, rate: float = ADAM_RATE, digits: bool = False, split: int | None = None, **setting: Any
) -> bool:
    data = sample(seed if split is None else split, digits)
    return learns(data, seed, optim.Adam, rate, data.balanced, **setting)


def adam_learns_with_the_factor(seed: int, rate: float = ADAM_RATE, first: int = 256, **setting: Any) -> bool:
    data = sample(seed, False)
    return learns(data, seed, optim.Adam, rate, data.balanced, batch=4096, first=first, **setting)


def clipping_helps(seed: int, rate: float = SGD_RATE / 16, **setting: Any) -> bool:
    data = sample(seed, False)
    clipped = learns(data, seed, optim.SGD, rate, data.balanced, clip=1.0, **setting)
    return clipped and not learns(data, seed, optim.SGD, rate, data.balanced, **setting)


def median_predicts_the_edge(seed: int, rate: float = 0.01, steps: int = 20, batch: int | None = None) -> bool:
    """Whether Adam loses half of its way within a factor of three of k = ε / median of √v̂."""
    data = sample(seed, False)
    chosen = torch.cat([(data.targets == c).nonzero()[:100, 0] for c in range(7)])
    x, y = (data.inputs, data.targets) if batch else (data.inputs[chosen], data.targets[chosen])
    w = data.balanced if batch else None

    def run(k: float) -> tuple[Tensor, Tensor]:
        model = one_hidden_layer(9, 16, 7, seed=seed, dtype=torch.float64)
        optimizer = optim.Adam(model.parameters(), rate)
        loss = partial(weighted_cross_entropy, weight=w, divide_by="samples")
        fit(model, x, y, optimizer, steps=steps, batch_size=batch, loss=lambda z, y: k * loss(z, y))
        v = torch.cat([state["exp_avg_sq"].flatten() for state in optimizer.state.values()])
        return nn.utils.parameters_to_vector(model.parameters()).detach(), (v / (1 - 0.999**steps)).sqrt()

    (one, sizes), (origin, _) = run(1.0), run(0.0)
    edge = 1e-8 / float(sizes.median())
    below, above = (float((run(k)[0] - one).norm() / (one - origin).norm()) for k in (edge / 3, 3 * edge))
    return below > 0.5 > above


DIGITS = {"digits": True, "batch": 32}


def scenes(seed: int, number: int = 12, size: int = 16) -> tuple[Tensor, Tensor]:
    """Noisy images of a disc and a dot, float64 (number, 3, size, size), and their pixels' classes, 0 in the ground."""
    generator = torch.Generator().manual_seed(seed)
    places = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"))
    y = torch.zeros(number, size, size, dtype=torch.int64)
    for c, radius in ((1, size / 5), (2, 1.5)):
        centres = size * torch.rand(number, 2, 1, 1, generator=generator)
        y[((places - centres) ** 2).sum(dim=1) < radius**2] = c
    colours = torch.tensor([[0.5, 0.5, 0.5], [0.75, 0.45, 0.4], [0.55, 0.35, 0.75]])
    x = colours[y] + 0.15 * torch.randn(number, size, size, 3, generator=generator)
    return x.movedim(3, 1).double(), y


def edge_more_than_halves(
    seed: int,
    exponent: float = 1.0,
    steps: int = 400,
    momentum: float = 0.0,
    lowest: float = 0.1,
    activation: type[nn.Module] = nn.ReLU,
) -> bool:
    """Whether weights that hardly raise the inputs' bound more than halve the rate up to which descent learns.

    It learns if it ends below the best constant answer. In float64, and up to the first of the rates that fails: above
    it some learn again, and which of them depends on the processor.
    """
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 8, 3, padding=1), activation(), nn.Conv2d(8, 8, 3, padding=1), activation()]
    model = nn.Sequential(*layers, nn.Conv2d(8, 3, 1)).double()
    x, y = scenes(seed)
    patches, y = F.pad(F.unfold(x, 3, padding=1).mT.flatten(0, 1), (0, 1), value=1.0), y.flatten()
    rates = lowest * (1 - momentum) * 1.3 ** torch.arange(14, dtype=torch.float64)
    edges, steepness = [], []
    for w in (torch.ones(3).double(), weights_for(y, 3, exponent).double()):

        def loss(p: dict[str, Tensor], w: Tensor = w) -> Tensor:
            return weighted_loss(functional_call(model, p, (x,)).movedim(1, 3).flatten(0, 2), y, w)

        start = {name: p.detach() for name, p in model.named_parameters()}
        params = {name: p.expand(len(rates), *p.shape) for name, p in start.items()}
        pace = {name: torch.zeros_like(p) for name, p in params.items()}
        for _ in range(steps):
            slopes = vmap(grad(loss))(params)
            pace = {name: momentum * v + slopes[name] for name, v in pace.items()}
            params = {name: p - rates.view(-1, *[1] * (p.ndim - 1)) * pace[name] for name, p in params.items()}
        learns = vmap(loss)(params) < 0.99 * constant_loss(y, 3, w)
        if not learns[0]:
            return False
        edges.append(float(rates[learns.long().cumprod(dim=0).bool()].max()))
        steepness.append(float(torch.linalg.eigvalsh((w[y][:, None] * patches).T @ patches)[-1]))
    return steepness[1] < 1.25 * steepness[0] and edges[1] < edges[0] / 2


VERDICTS = [
    Verdict(
        "05",
        "epsilon",
        "Adam loses half of its way within a factor of 3 of k = ε / √v̂, from the median parameter.",
        median_predicts_the_edge,
        {
            "as in the notebook": {},
            "100 steps": {"steps": 100},
            "400 steps": {"steps": 400},
            "lr 0.03": {"rate": 0.03},
            "all samples, weighted, batches of 256": {"batch": 256},
        },
    ),
    Verdict(
        "05",
        "SGD",
        "At SGD's best rate without weights, a run with balanced weights fails, and one without does not.",
        sgd_fails,
        {
            "as in the notebook": {},
            "a quarter of the rate": {"rate": SGD_RATE / 4},
            "lr 0.12": {"rate": 0.12},
            "lr 0.12, batches of 1,024": {"rate": 0.12, "batch": 1024},
            "divided by Σ w": {"divide_by": "weights"},
            "batches of 1,024": {"batch": 1024},
            "500 steps": {"steps": 500},
            "imbalanced digits": {"rate": 0.5, **DIGITS},
        },
    ),
    Verdict(
        "05",
        "curvature",
        "SGD learns with balanced weights at its best rate times λ_max(1) / λ_max(w).",
        sgd_learns_at_the_ratio,
        {
            "as in the notebook": {},
            "4 times that rate": {"times": 4.0},
            "divided by Σ w": {"divide_by": "weights"},
            "batches of 64": {"batch": 64},
            "batches of 1,024": {"batch": 1024},
            "500 steps": {"steps": 500},
            "imbalanced digits": {"rate": 0.5, **DIGITS},
        },
    ),
    Verdict(
        "05",
        "Adam",
        "At Adam's best rate without weights, it learns with balanced weights.",
        adam_learns,
        {
            "as in the notebook": {},
            "the notebook's own split": {"split": 0},
            "a third of the rate": {"rate": ADAM_RATE / 3},
            "batches of 64": {"batch": 64},
            "batches of 1,024": {"batch": 1024},
            "batches of 4,096": {"batch": 4096},
            "500 steps": {"steps": 500},
            "imbalanced digits": DIGITS,
        },
    ),
    Verdict(
        "05",
        "factor",
        "In batches of 4,096, each times the mean weight of its first samples, Adam learns with balanced weights.",
        adam_learns_with_the_factor,
        {
            "as in the notebook": {},
            "4 times the rate": {"rate": 4 * ADAM_RATE},
            "the first 64": {"first": 64},
            "200 steps": {"steps": 200},
        },
    ),
    Verdict(
        "05",
        "clipping",
        "At a sixteenth of SGD's best rate, clipping at norm 1 learns where no clipping fails.",
        clipping_helps,
        {
            "as in the notebook": {},
            "a quarter of the best rate": {"rate": SGD_RATE / 4},
            "at the best rate": {"rate": SGD_RATE},
            "500 steps": {"steps": 500},
        },
    ),
    Verdict(
        "05",
        "pixels",
        "On pixels the rate up to which descent learns more than halves by weights that hardly raise the bound.",
        edge_more_than_halves,
        {
            "as in the text": {},
            "square root": {"exponent": 0.5},
            "momentum 0.9": {"momentum": 0.9},
            "rates half a step higher": {"lowest": 0.1 * 1.3**0.5},
            "800 steps": {"steps": 800},
            "tanh in place of ReLU": {"activation": nn.Tanh},
        },
        quick=False,
    ),
]
