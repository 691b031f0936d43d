"""What notebook 12 derives, against torch, scikit-learn and brute force; what it measures is in tools/verdicts."""

import pytest
import torch
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score
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


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_keeps_auc_and_average_precision_of_two_classes_and_moves_the_log_loss(seed):
    generator = torch.Generator().manual_seed(seed)
    y = (torch.rand(2_000, generator=generator) < 0.05).long()
    m = torch.randn(2_000, generator=generator, dtype=torch.float64) + y - 3
    for score in (roc_auc_score, average_precision_score):
        assert score(y, m + torch.tensor(20.0).log()) == pytest.approx(score(y, m), abs=1e-9)
    losses = [F.binary_cross_entropy_with_logits(z, y.double()) for z in (m, m + torch.tensor(20.0).log())]
    assert losses[1] > 1.5 * losses[0]


@pytest.mark.parametrize("cost", [1 / 3, 1.0, 3.0, 100.0])
def test_the_ratio_of_the_costs_decides_as_the_average_cost_does(cost):
    p = torch.linspace(0.001, 0.999, 1_001).double()
    cheaper = (1 - p) < cost * p
    assert torch.equal(cheaper, p.logit() + torch.tensor(cost).double().log() > 0)
    weighted = torch.stack([1 - p, cost * p]) / (1 - p + cost * p)  # what the weighted loss is smallest at
    assert torch.equal(cheaper, weighted[1] > 0.5)


def test_mean_recall_is_the_price_list_of_one_over_the_counts():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(5).repeat_interleave(COUNTS.long())
    for _ in range(3):
        named = torch.where(torch.rand(len(y), generator=generator) < 0.6, y, 4 - y)
        paid = ((named != y) / COUNTS[y]).sum() / len(COUNTS)
        assert 1 - paid == pytest.approx(balanced_accuracy_score(y, named), abs=1e-12)


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


@pytest.mark.parametrize("seed", range(3))
def test_kish_predicts_the_spread_of_a_weighted_mean_where_all_losses_spread_alike(seed):
    generator = torch.Generator().manual_seed(seed)
    w = torch.repeat_interleave(1 / COUNTS, COUNTS.long())
    drawn = (w * torch.randn(4_000, len(w), generator=generator, dtype=torch.float64)).sum(dim=1) / w.sum()
    n_eff = w.sum() ** 2 / w.square().sum()
    assert drawn.std() == pytest.approx(float(n_eff**-0.5), rel=0.05)
    assert n_eff == pytest.approx(float(len(COUNTS) ** 2 / (1 / COUNTS).sum()))


def test_an_infinite_weight_of_a_missing_class_is_harmless_until_it_is_normalised():
    y = torch.tensor([0, 1, 1, 1])
    w = len(y) / torch.bincount(y, minlength=3).double()
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).double()
    assert w[2].isinf() and F.cross_entropy(z, y, weight=w).isfinite()
    assert F.cross_entropy(z, y, weight=w / w.sum()).isnan()
    assert F.cross_entropy(z, y, weight=w, label_smoothing=0.1).isinf()
