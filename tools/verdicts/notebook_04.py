"""Notebook 04: when a scaled loss oscillates."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.datasets import shuttle, two_gaussians
from helpers.models import one_hidden_layer
from helpers.stability import largest_curvature, logistic_descents, logistic_loss, logistic_minimum
from tools.verdicts import Verdict

LR = 0.1


def problem(seed: int, features: int, heavy: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Two overlapping classes, and a start: the thread's recipe, or one with more features or heavier tails."""
    if features == 1 and not heavy:
        toy = two_gaussians(seed)
        return toy.inputs.double(), toy.targets.double(), torch.cat([toy.weight[0], toy.bias]).double()
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(200, features, generator=generator, dtype=torch.float64)
    if heavy:  # Student's t with three degrees of freedom
        chi = torch.randn(200, 3, generator=generator, dtype=torch.float64).square().mean(dim=1, keepdim=True)
        noise = noise / chi.sqrt()
    y = torch.arange(2.0, dtype=torch.float64).repeat_interleave(100)
    x = noise + 2 * y[:, None] / features**0.5
    return x, y, torch.randn(features + 1, generator=generator, dtype=torch.float64)


def onset(seed: int, features: int = 1, heavy: bool = False) -> bool:
    """Whether descent rests 2 % below the predicted scale and does not 2 % above it."""
    x, y, start = problem(seed, features, heavy)
    curvature = largest_curvature(lambda p: logistic_loss(p, x, y), logistic_minimum(x, y))
    scales = 2 / (LR * curvature) * torch.tensor([0.98, 1.02], dtype=torch.float64)
    left = logistic_descents(start, x, y, lr=LR, scale=scales, steps=3_000).gradient_norm
    return bool(left[0] < 1e-3 < left[1])


def swings_on_logits(seed: int) -> bool:
    """Whether the loss on logits at 10,000 times its scale changes the sign of its gradient five times or more."""
    x, y, start = problem(seed, 1, False)
    run = logistic_descents(start.float(), x.float(), y.float(), lr=LR, scale=10_000.0, steps=100)
    return bool(run.sign_changes >= 5)


def sorted_by_the_line(seed: int) -> bool:
    """Whether lr k λ_max = 2 sorts all runs of the map, on a fresh sample."""
    x, y, start = problem(seed, 1, False)
    curvature = largest_curvature(lambda p: logistic_loss(p, x, y), logistic_minimum(x, y))
    pairs = torch.cartesian_prod(torch.logspace(0, 4, 100), torch.logspace(-3, 1, 100))
    runs = logistic_descents(start.float(), x.float(), y.float(), scale=pairs[:, 0], lr=pairs[:, 1], steps=100)
    never_rests = (runs.sign_changes >= 5) & (runs.gradient_norm > 1e-3)
    return torch.equal(never_rests, pairs.prod(dim=1) * curvature > 2)


def calms_down(seed: int, start: int | None = 0) -> bool:
    """Whether a network of eight units at k = 3 has a loss that rises no more from step 201 to 300."""
    x, y, _ = problem(seed, 1, False)
    generator = torch.Generator().manual_seed(seed if start is None else start)
    v, losses = torch.randn(25, generator=generator).double(), []
    for _ in range(300):
        v = v.detach().requires_grad_()
        hidden = torch.tanh(x * v[:8] + v[8:16])
        losses.append(F.binary_cross_entropy_with_logits(hidden @ v[16:24] + v[24], y))
        v = v - 3 * torch.autograd.grad(losses[-1], v)[0]
    return not bool((torch.stack(losses[200:]).diff() > 0).any())


def ratios_take_room(
    seed: int, hidden: int = 64, dtype: torch.dtype = torch.float32, unit: type[nn.Module] = nn.ReLU
) -> bool:
    """Whether N/n_c turns the first step at learning rate 1 upwards, where two fall without weights and at 0.1."""
    split = shuttle(seed)
    x, y = split.train_inputs.to(dtype), split.train_targets
    inverse = (len(y) / torch.bincount(y)).to(dtype)

    def losses(weight: Tensor | None, lr: float) -> Tensor:
        model, seen = nn.Sequential(*one_hidden_layer(9, hidden, 7, seed=seed, dtype=dtype)), []
        model[1] = unit()
        for _ in range(3):
            loss = F.cross_entropy(model(x), y, weight=weight)
            seen.append(loss.detach())
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for p, gradient in zip(model.parameters(), gradients, strict=True):
                    p -= lr * gradient
        return torch.stack(seen)

    calm = [losses(None, 1.0), losses(None, 0.1), losses(inverse, 0.1)]
    thrown = losses(inverse, 1.0)
    return bool(thrown[1] > thrown[0]) and all(bool((run.diff() < 0).all()) for run in calm)


def flies_off(seed: int, hidden: int = 64, unit: type[nn.Module] = nn.ReLU) -> bool:
    """Whether a network with one hidden layer loses its logits to NaN or infinity on 10,000 times the toy's loss."""
    toy = two_gaussians(seed)
    model = nn.Sequential(*one_hidden_layer(1, hidden, 1, seed=seed))
    model[1] = unit()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    for _ in range(100):
        optimizer.zero_grad()
        (10_000 * F.binary_cross_entropy_with_logits(model(toy.inputs)[:, 0], toy.targets)).backward()
        optimizer.step()
    return not bool(model(toy.inputs).isfinite().all())


VERDICTS = [
    Verdict(
        "04",
        "onset",
        "From the starts tried, gradient descent rests 2 % below k* = 2 / (lr λ_max), and not 2 % above it.",
        onset,
        {
            "as in the notebook": {},
            "5 features": {"features": 5},
            "20 features": {"features": 20},
            "heavy tails": {"heavy": True},
        },
    ),
    # Above the line the runs are chaotic, and the last digit decides what they count as.
    Verdict("04", "map", "The line lr k λ_max = 2 sorts each of 10,000 runs.", sorted_by_the_line, quick=False),
    # As chaotic.
    Verdict(
        "04",
        "network",
        "The small network at k = 3 calms down: from step 201 on its loss rises no more.",
        calms_down,
        {"as in the notebook": {}, "a start of its own": {"start": None}},
        quick=False,
    ),
    Verdict(
        "04",
        "ratios",
        "With N/n_c the first step at rate 1 raises the default loss; without, and at 0.1, two steps lower it.",
        ratios_take_room,
        {
            "as in the notebook": {},
            "16 hidden units": {"hidden": 16},
            "256 hidden units": {"hidden": 256},
            "float64": {"dtype": torch.float64},
            "tanh in place of ReLU": {"unit": nn.Tanh},
        },
        quick=False,
    ),
    Verdict("04", "swings", "On logits, 10,000 times the loss swings.", swings_on_logits),
    Verdict(
        "04",
        "flight",
        "On 10,000 times the loss a network with a hidden layer of rectified units ends in NaN within 100 steps.",
        flies_off,
        {"as in the text": {}, "8 hidden units": {"hidden": 8}, "tanh in place of ReLU": {"unit": nn.Tanh}},
    ),
]
