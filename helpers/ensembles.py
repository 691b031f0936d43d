"""Many small networks trained side by side, as one batched tensor program.

S splits of the data times M methods of training give S * M networks, which
take the same steps at once. Nothing passes from one network to another: each
loss depends on one network, and Adam works on each number by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# (logits (S, M, B, K), targets (S, B), share of the training that is over, from 0 to below 1) to losses (S, M).
Losses = Callable[[Tensor, Tensor, float], Tensor]


@dataclass(frozen=True)
class Networks:
    """S * M networks of one hidden layer of rectified units; F features, H units, K classes."""

    hidden: Tensor  # (S, M, F, H)
    hidden_bias: Tensor  # (S, M, 1, H)
    output: Tensor  # (S, M, H, K)
    output_bias: Tensor  # (S, M, 1, K)

    def logits(self, inputs: Tensor) -> Tensor:
        """Inputs (S, B, F), shared by the M networks of a split, to logits (S, M, B, K)."""
        splits, methods, features, units = self.hidden.shape
        x = inputs[:, None].expand(-1, methods, -1, -1).reshape(splits * methods, -1, features)
        h = torch.baddbmm(self.hidden_bias.flatten(0, 1), x, self.hidden.flatten(0, 1)).relu_()
        z = torch.baddbmm(self.output_bias.flatten(0, 1), h, self.output.flatten(0, 1))
        return z.unflatten(0, (splits, methods))


def fit_many(
    inputs: Tensor,
    targets: Tensor,
    losses: Losses,
    *,
    methods: int,
    epochs: int,
    batch_size: int,
    lr: float,
    num_hidden: int = 64,
) -> Networks:
    splits, samples, features = inputs.shape
    classes = int(targets.max()) + 1
    g = torch.Generator().manual_seed(0)

    def draw(*shape, bound):
        return ((2 * torch.rand(*shape, generator=g, dtype=torch.float64) - 1) * bound).to(inputs.dtype)

    b1, b2 = features**-0.5, num_hidden**-0.5
    ps = [
        draw(splits, 1, features, num_hidden, bound=b1),
        draw(splits, 1, 1, num_hidden, bound=b1),
        draw(splits, 1, num_hidden, classes, bound=b2),
        draw(splits, 1, 1, classes, bound=b2),
    ]
    ps = [p.expand(-1, methods, -1, -1).clone().requires_grad_() for p in ps]
    nets = Networks(*ps)
    opt = torch.optim.Adam(ps, lr=lr)
    rows = torch.arange(splits)[:, None]
    steps = samples // batch_size
    for e in range(epochs):
        order = torch.stack([torch.randperm(samples, generator=g) for _ in range(splits)])
        for i in range(steps):
            b = order[:, i * batch_size : (i + 1) * batch_size]
            x, y = inputs[rows, b], targets[rows, b]
            loss = losses(nets.logits(x), y, (e * steps + i) / (epochs * steps))
            opt.zero_grad()
            loss.sum().backward()
            opt.step()
    return Networks(*(p.detach() for p in ps))
