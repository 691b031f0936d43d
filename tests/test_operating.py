"""The operating curve against a bias that is really added."""

import warnings

import pytest
import torch
from sklearn.metrics import average_precision_score

from helpers.operating import area_under, operating_curve, precision_at

RARE = torch.tensor([False, True, False, True])


def drawn(seed, samples=60):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(samples, 4, generator=generator, dtype=torch.float64)
    return logits, torch.cat([torch.arange(4), torch.randint(4, (samples - 4,), generator=generator)])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bias", [-1.0, -0.3, 0.0, 0.4, 1.5])
def test_each_bias_gives_a_point_of_the_curve(seed, bias):
    z, y = drawn(seed)
    recall, precision = operating_curve(z, y, RARE)
    named = (z + bias * RARE).argmax(dim=1)
    hits = ((named == y) & RARE[y]).sum()
    away = (recall - hits / RARE[y].sum()).abs() + (precision - hits / RARE[named].sum()).abs()
    assert away.min() < 1e-6


def test_curve_of_one_rare_class_is_scikit_learns():
    z, y = drawn(7)
    rare = torch.tensor([True, False, False, False])
    recall, precision = operating_curve(z, y, rare)
    assert recall[0] == 0
    assert recall[-1] == 1
    margin = z[:, 0] - z[:, 1:].amax(dim=1)
    assert area_under(recall, precision) == pytest.approx(average_precision_score(y == 0, margin))


def test_a_shift_of_all_rare_logits_leaves_the_curve_alone():
    z, y = drawn(3)
    before, after = operating_curve(z, y, RARE), operating_curve(z + 5.0 * RARE, y, RARE)
    assert torch.allclose(before[0], after[0])
    assert torch.allclose(before[1], after[1])


def test_a_network_that_confuses_rare_classes_cannot_reach_full_recall():
    z = torch.tensor([[0.0, 1, 2, 3], [0, 4, 2, 1], [5, 0, 0, 0]])
    recall, precision = operating_curve(z, torch.tensor([1, 1, 0]), RARE)
    assert recall[-1] == 0.5
    assert area_under(recall, precision) == pytest.approx(0.5 * 1.0)


def test_a_network_that_never_names_a_rare_class_rightly_has_a_curve_of_nothing():
    z = torch.tensor([[0.0, 1, 2, 3], [0, 4, 2, 1], [5, 0, 0, 0]])
    with warnings.catch_warnings(action="error"):
        recall, precision = operating_curve(z, torch.tensor([1, 3, 0]), RARE)
    assert recall.max() == area_under(recall, precision) == 0
    assert precision_at(torch.tensor([0.1], dtype=torch.float64), recall, precision) == 0


def test_precision_at_a_recall_is_the_best_that_reaches_it():
    recall = torch.tensor([0.0, 0.2, 0.2, 0.6], dtype=torch.float64)
    precision = torch.tensor([1.0, 0.5, 0.4, 0.7], dtype=torch.float64)
    wanted = torch.tensor([0.0, 0.1, 0.2, 0.21, 0.6, 0.61], dtype=torch.float64)
    assert precision_at(wanted, recall, precision).tolist() == [1.0, 0.7, 0.7, 0.7, 0.7, 0.0]


@pytest.mark.parametrize("rare", [[False] * 4, [True] * 4, [1, 0, 0, 0], [False, False, False, True]])
def test_a_curve_without_a_rare_and_another_class_is_refused(rare):
    with pytest.raises(ValueError, match="rare is"):
        operating_curve(torch.zeros(3, 4), torch.tensor([0, 1, 2]), torch.tensor(rare))


@pytest.mark.parametrize(("recall", "precision"), [((3,), (2,)), ((3,), (1,)), ((), ()), ((3, 1), (3, 1))])
def test_a_curve_is_as_many_recalls_as_precisions(recall, precision):
    curve = torch.zeros(recall, dtype=torch.float64), torch.ones(precision, dtype=torch.float64)
    for call in (lambda: area_under(*curve), lambda: precision_at(curve[0], *curve)):
        with pytest.raises(ValueError, match=r"recall has shape .*; expected one shape"):
            call()


@pytest.mark.parametrize("targets", [[0, 1, -1], [0, 3, 4], [0.0, 1.0, 3.0], [0, 3], [[0], [1], [3]]])
def test_targets_that_are_no_class_of_their_logits_are_refused(targets):
    with pytest.raises(ValueError, match=r"^(targets holds what is not from 0 to 3|logits has shape \(3, 4\))"):
        operating_curve(torch.zeros(3, 4), torch.tensor(targets), RARE)


def test_logits_of_16_bits_have_the_curve_of_their_numbers():
    z, targets = 4 * torch.randn(400, 4, generator=torch.Generator().manual_seed(0)), torch.arange(400) % 4
    for short in (z.bfloat16(), z.half()):
        curves = operating_curve(short, targets, RARE), operating_curve(short.double(), targets, RARE)
        for found, wanted in zip(*curves, strict=True):
            assert found.tolist() == wanted.tolist()


def test_logits_of_a_model_have_the_curve_of_their_numbers():
    z, y = drawn(0)
    assert torch.equal(*(operating_curve(logits, y, RARE)[1] for logits in (z, z.clone().requires_grad_())))


def test_a_class_may_be_taken_away_while_another_of_its_kind_is_left():
    z, y = drawn(0)
    z[3, RARE.nonzero()[0]] = -1e30
    finite = operating_curve(z, y, RARE)
    z[3, RARE.nonzero()[0]] = -torch.inf
    assert all(map(torch.equal, operating_curve(z, y, RARE), finite))
    for bad in (-torch.inf, torch.nan):
        z[3, RARE] = bad
        with pytest.raises(ValueError, match=r"^logits, rare less common, holds a number that is not finite"):
            operating_curve(z, y, RARE)


def test_a_precision_in_the_place_of_a_recall_is_refused():
    recall, precision = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1.0, 0.8, 0.5])
    with pytest.raises(ValueError, match="recall descends"):
        area_under(precision, recall)


@pytest.mark.parametrize("name", ["logits", "targets", "rare", "recall", "precision"])
def test_a_list_in_the_place_of_a_tensor_is_named(name):
    given = {"logits": torch.zeros(3, 4), "targets": torch.tensor([1, 1, 1]), "rare": RARE}
    call = operating_curve
    if name not in given:
        given, call = {"recall": torch.tensor([0.0, 1.0]), "precision": torch.tensor([1.0, 0.5])}, area_under
    call(**given)
    with pytest.raises(TypeError, match=f"{name} is a list; expected a tensor"):
        call(**given | {name: given[name].tolist()})
