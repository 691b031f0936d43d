"""What notebook 02 says beside its replicated conclusions (tools/verdicts), on seeds that it does not use."""

import pytest
import torch
from torch.nn import functional as F

from helpers.stability import minimise

F64 = torch.float64
BASE = torch.tensor([1.0, 2.0, 3.0], dtype=F64)


@pytest.mark.parametrize("seed", [21, 22])
def test_smaller_weights_are_slower_by_their_factor_only_if_divided_by_samples(seed):
    generator = torch.Generator().manual_seed(seed)
    centres = 1.5 * torch.tensor([[0.0, 1.0], [-0.866, -0.5], [0.866, -0.5]], dtype=F64)
    y = torch.arange(3).repeat_interleave(100)
    x = F.pad(centres[y] + torch.randn(300, 2, generator=generator, dtype=F64), (0, 1), value=1.0)

    def loss(theta, w=BASE):
        return F.cross_entropy(F.pad(x @ theta, (1, 0)), y, weight=w, reduction="sum")

    best = loss(minimise(loss, torch.zeros(3, 2)))

    def settled(w, lr, divisor, steps=150):
        theta, last = torch.zeros(3, 2, dtype=F64), 0
        for step in range(steps):
            last = step + 1 if (loss(theta) - best) / 600 >= 0.01 else last
            theta = theta - lr / divisor * torch.func.grad(loss)(theta, w)
        return last

    reference = settled(BASE, 0.5, 300)
    assert 5.5 < settled(BASE / 6, 0.5, 300, steps=400) / reference < 6.5
    assert settled(BASE / 6, 3.0, 300) == reference
    assert settled(100 * BASE, 0.5, 300) == 150  # never
    by_weights = {settled(k * BASE, 0.5, (k * BASE)[y].sum()) for k in (1.0, 2.0, 100.0, 1 / 6)}
    assert len(by_weights) == 1 and max(by_weights) < 150
