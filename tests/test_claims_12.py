"""What notebook 12 derives, against draws; what it measures is in tools/verdicts."""

import pytest
import torch
from torch.nn import functional as F

from helpers.exercises.core import Exercise, find_exercise

COUNTS = torch.tensor([3_000, 600, 200, 40, 12]).double()


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
def test_the_share_of_noise_is_what_wrong_labels_weigh(tau):
    generator, eps, found = torch.Generator().manual_seed(0), 0.05, []
    y = torch.arange(5).repeat_interleave(COUNTS.long())
    for _ in range(200):
        wrong = torch.rand(len(y), generator=generator) < eps
        labels = torch.where(wrong, (y + torch.randint(1, 5, (len(y),), generator=generator)) % 5, y)
        w = torch.bincount(labels).double() ** -tau
        found.append((w[labels] * wrong).sum() / w[labels].sum())
    exercise = find_exercise("12.2")
    assert isinstance(exercise, Exercise)
    assert torch.stack(found).mean() == pytest.approx(float(exercise.right(COUNTS, eps, tau)), rel=0.05)


@pytest.mark.parametrize("size", [16, 128])
def test_counts_of_the_batch_cap_the_ratio_near_the_size_of_the_batch(size):
    drawn = torch.multinomial(COUNTS, 20_000 * size, replacement=True, generator=torch.Generator().manual_seed(0))
    present = F.one_hot(drawn.view(-1, size), 5).amax(dim=1).double()
    v = (present / present.sum(dim=1, keepdim=True)).mean(dim=0) / COUNTS
    ratio = v[-1] / v[0]
    assert ratio < size * COUNTS[0] / COUNTS.sum() < 0.6 * COUNTS[0] / COUNTS[-1]
