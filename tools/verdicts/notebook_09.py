"""Notebook 09: weights and the formats of numbers."""

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.datasets import Split, austen_pairs
from helpers.models import one_hidden_layer, softmax_regression
from helpers.training import fit
from tools.verdicts import Verdict, data_set

LARGEST = torch.finfo(torch.float16).max


@cache
def words() -> Split:
    return austen_pairs()


def silent(seed: int, spread: float = 1.0, num_classes: int = 6) -> bool:
    """Whether float16 first loses the loss and keeps the gradient, and then gives NaN and a gradient of zero."""
    generator = torch.Generator().manual_seed(seed)
    z = spread * torch.randn(32, num_classes, generator=generator)
    y = torch.randint(num_classes, (32,), generator=generator)
    w = 1 + 9 * torch.rand(num_classes, generator=generator)
    ce = F.cross_entropy(z, y, weight=w)

    def in_half(total: float) -> tuple[float, Tensor]:
        half = z.half().requires_grad_()
        loss = F.cross_entropy(half, y, weight=(w * total / w[y].sum()).half())
        loss.backward()
        assert half.grad is not None
        return loss.item(), half.grad.float()

    true = z.clone().requires_grad_()
    F.cross_entropy(true, y, weight=w).backward()
    assert true.grad is not None
    (first, kept), (second, lost) = in_half(LARGEST / float(ce) ** 0.5), in_half(1.2 * LARGEST)
    return math.isinf(first) and torch.allclose(kept, true.grad, atol=1e-3) and math.isnan(second) and not lost.any()


def starved(seed: int, batch_size: int = 256, norm: str = "sum one") -> bool:
    """Whether more than half of a batch of Austen's words has no gradient that float16 can hold."""
    w = 1 / words().counts.double()
    w = w / w.sum() if norm == "sum one" else w / w.max()
    picks = torch.randint(len(words().train_targets), (batch_size,), generator=torch.Generator().manual_seed(seed))
    return bool(((w[words().train_targets[picks]] / batch_size).half() == 0).double().mean() > 0.5)


def skips(seed: int, k: float = 256.0, logits: bool = True) -> bool:
    """Whether GradScaler skips as many of 24 steps as the largest gradient in float16 predicts."""
    seven = data_set("shuttle")
    picks = torch.randperm(len(seven.train_targets), generator=torch.Generator().manual_seed(seed))[:256]
    x, y = seven.train_inputs[picks], seven.train_targets[picks]
    weight = seven.counts.sum() / (7 * seven.counts)
    model = softmax_regression(9, 7)
    z = model(x)
    watched = [*model.parameters(), *([z] if logits else [])]
    plain = (weight[y] * F.cross_entropy(z, y, reduction="none")).mean()
    g = max(float(part.abs().max()) for part in torch.autograd.grad(plain, watched))
    predicted = max(0, math.ceil(math.log2(65536 * k * g / LARGEST)))
    scaler, skipped = torch.amp.GradScaler("cpu"), 0
    sgd = torch.optim.SGD(model.parameters(), lr=0.1 / k)
    for _ in range(24):
        sgd.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = (k * weight[y] * F.cross_entropy(model(x), y, reduction="none")).mean()
        before = scaler.get_scale()
        scaler.scale(loss).backward()
        scaler.step(sgd)
        scaler.update()
        skipped += scaler.get_scale() < before
    return skipped == predicted


def wrong_and_certain(seed: int, data: str = "shuttle", steps: int = 100) -> bool:
    """Whether a network trained without weights has a training sample of ten times an untrained model's loss."""
    x, y = data_set(data).train_inputs, data_set(data).train_targets
    classes = int(y.max()) + 1
    model = one_hidden_layer(x.shape[1], 32, classes, seed=seed)
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    fit(model, x, y, adam, steps=steps, batch_size=256, seed=seed)
    with torch.no_grad():
        return bool(F.cross_entropy(model(x), y, reduction="none").max() > 10 * math.log(classes))


VERDICTS = [
    Verdict(
        "09",
        "silent",
        "On a CPU in float16 large weights give first an infinite loss with a right gradient, then NaN with zero.",
        silent,
        {
            "as in the notebook": {},
            "100 classes": {"num_classes": 100},
            "larger logits": {"spread": 3.0},
            "two classes: a loss below one": {"spread": 0.0, "num_classes": 2},
        },
    ),
    Verdict(
        "09",
        "starved",
        "Divided by B, weights of sum one leave more than half of a batch of words without a gradient in float16.",
        starved,
        {
            "as in the notebook": {},
            "B = 32": {"batch_size": 32},
            "B = 4,096": {"batch_size": 4096},
            "max one": {"norm": "max one"},
        },
    ),
    Verdict(
        "09",
        "skips",
        "GradScaler skips as many steps as the largest first gradient anywhere in float16 predicts.",
        skips,
        {
            "as in the notebook": {},
            "k = 16": {"k": 16.0},
            "k = 4,096": {"k": 4096.0},
            "gradient of the parameters alone": {"logits": False},
        },
        draws=120,
    ),
    Verdict(
        "09",
        "wrong and certain",
        "A network trained 100 steps without weights on Shuttle has a sample of ten times the untrained loss.",
        wrong_and_certain,
        {
            "as in the notebook": {},
            "400 steps": {"steps": 400},
            "flights": {"data": "flights"},
            "letters": {"data": "letters"},
        },
        quick=False,
    ),
]
