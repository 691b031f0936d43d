"""Notebook 03: what the scale does to the gradient."""

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector

from helpers.models import one_hidden_layer
from tools.verdicts import Verdict, data_set


def trajectory(k: float, lr: float, seed: int, steps: int) -> Tensor:
    """The parameters after each step of descent on k times the loss, float32, 300 samples of Shuttle."""
    model, seven = one_hidden_layer(9, 16, 7, seed=seed), data_set("shuttle")
    order = torch.randperm(len(seven.train_targets), generator=torch.Generator().manual_seed(seed))[:300]
    x, y = seven.train_inputs[order], seven.train_targets[order]
    path = []
    for _ in range(steps):
        gradients = torch.autograd.grad(k * F.cross_entropy(model(x), y), list(model.parameters()))
        with torch.no_grad():
            for theta, g in zip(model.parameters(), gradients, strict=True):
                theta -= lr * g
        path.append(parameters_to_vector(model.parameters()).detach())
    return torch.stack(path)


def exchange(seed: int, k: float = 2.0**20, lr: float = 0.3, steps: int = 40) -> bool:
    """Whether (k, lr / k) and (1, lr) are one trajectory, bit for bit."""
    return torch.equal(trajectory(k, lr / k, seed, steps), trajectory(1.0, lr, seed, steps))


def close(seed: int, lr: float = 0.3, steps: int = 40) -> bool:
    """Whether (3, lr / 3) stays within a millionth of (1, lr), in float32."""
    path, reference = trajectory(3.0, lr / 3, seed, steps), trajectory(1.0, lr, seed, steps)
    return bool(((path - reference).norm(dim=1) / reference.norm(dim=1)).max() < 1e-6)


def louder(seed: int, num_hidden: int = 16, data: str = "shuttle") -> bool:
    """Whether N/n_c makes both rarest classes louder than the most common one, at a fresh start."""
    split = data_set(data)
    x, y, n = split.train_inputs, split.train_targets, torch.bincount(split.train_targets)
    model = one_hidden_layer(x.shape[1], num_hidden, len(n), seed=seed)

    def part(c: int) -> Tensor:
        loss = F.cross_entropy(model(x[y == c]), y[y == c])  # N / n_c of each sample is N of their mean
        return parameters_to_vector(torch.autograd.grad(loss, list(model.parameters()))).norm()

    rarest, common = n.argsort()[:2].tolist(), int(n.argmax())
    return bool(min(part(c) for c in rarest) > part(common))


VERDICTS = [
    Verdict(
        "03",
        "exchange",
        "In plain SGD, k = 2^20 with lr / k takes the steps of k = 1 with lr, bit for bit.",
        exchange,
        {"as in the notebook": {}, "lr 6": {"lr": 6.0}, "400 steps": {"steps": 400}, "k = 2^-120": {"k": 2.0**-120}},
    ),
    Verdict(
        "03",
        "close",
        "k = 3 with lr / 3 stays within a millionth of k = 1, in float32.",
        close,
        {"as in the notebook": {}, "lr 6": {"lr": 6.0}, "400 steps": {"steps": 400}},
        quick=False,  # and decided by the last digit where the run is wild
    ),
    Verdict(
        "03",
        "louder",
        "N/n_c makes the two rarest classes louder than the most common one.",
        louder,
        {"as in the notebook": {}, "64 hidden units": {"num_hidden": 64}, "flights": {"data": "flights"}},
    ),
]
