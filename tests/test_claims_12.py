"""What notebook 12 derives, against torch, scikit-learn and brute force; what it measures is in tools/verdicts."""

import pytest
import torch
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau

from helpers.exercises.notebook_12 import noise_share

COUNTS = torch.tensor([3_000, 600, 200, 40, 12]).double()


def first_cut(values: list[float], mode: str) -> int:
    """The epoch at which the scheduler, with a patience of two epochs, first lowers the rate; 0 if it never does."""
    scheduler = ReduceLROnPlateau(
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), patience=2, threshold_mode=mode
    )
    for epoch, value in enumerate(values, 1):
        scheduler.step(value)
        if scheduler.get_last_lr() != [1.0]:
            return epoch
    return 0


@pytest.mark.parametrize("seed", range(5))
def test_a_factor_moves_the_absolute_threshold_and_a_constant_the_relative_one(seed):
    generator = torch.Generator().manual_seed(seed)
    falls = 0.005 + 0.05 * torch.rand(30, generator=generator, dtype=torch.float64)
    loss = 3 - falls.cumsum(0)  # it falls in each epoch, by 50 thresholds or more
    for factor in (1e-4, 1.0, 1e4):
        assert first_cut((factor * loss).tolist(), "rel") == 0
    assert first_cut((1e-4 * loss).tolist(), "abs") == 4
    assert first_cut((loss + 1e4).tolist(), "rel") == 4
    assert first_cut((loss + 1e4).tolist(), "abs") == 0


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
def test_the_share_of_noise_is_what_wrong_labels_weigh(tau):
    generator, eps, found = torch.Generator().manual_seed(0), 0.05, []
    y = torch.arange(5).repeat_interleave(COUNTS.long())
    for _ in range(200):
        wrong = torch.rand(len(y), generator=generator) < eps
        labels = torch.where(wrong, (y + torch.randint(1, 5, (len(y),), generator=generator)) % 5, y)
        w = torch.bincount(labels).double() ** -tau
        found.append((w[labels] * wrong).sum() / w[labels].sum())
    assert torch.stack(found).mean() == pytest.approx(float(noise_share(COUNTS, eps, tau)), rel=0.05)


@pytest.mark.parametrize("size", [16, 128])
def test_counts_of_the_batch_cap_the_ratio_near_the_size_of_the_batch(size):
    drawn = torch.multinomial(COUNTS, 20_000 * size, replacement=True, generator=torch.Generator().manual_seed(0))
    present = F.one_hot(drawn.view(-1, size), 5).amax(dim=1).double()
    v = (present / present.sum(dim=1, keepdim=True)).mean(dim=0) / COUNTS
    ratio = v[-1] / v[0]
    assert ratio < size * COUNTS[0] / COUNTS.sum() < 0.6 * COUNTS[0] / COUNTS[-1]
