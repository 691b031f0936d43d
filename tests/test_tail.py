"""What the problems with a long tail refuse; their claims are in test_claims_14.py."""

import math

import pytest
import torch

from helpers.datasets import austen_pairs
from helpers.tail import LARGEST_SIZE, descend, pair_counts, table_gradient, thirds, zipf_samples


@pytest.mark.parametrize("counts", [[0, 0], [5, -3], [5, math.nan], [5, math.inf], [[5, 3]], []])
def test_counts_without_thirds_are_refused(counts):
    with pytest.raises(ValueError, match="counts has shape"):
        thirds(torch.tensor(counts))


@pytest.mark.parametrize("shape", [(2, 1), (1, 3), (3,), (2, 3, 1)])
def test_shares_that_torch_would_stretch_are_refused(shape):
    with pytest.raises(ValueError, match=r"theta has shape \(2, 3\) and shares"):
        table_gradient(torch.zeros(2, 3), torch.zeros(shape))


def test_a_size_that_no_memory_holds_is_refused():
    with pytest.raises(ValueError, match=f"size is {LARGEST_SIZE + 1}; expected 1 to {LARGEST_SIZE}"):
        zipf_samples(LARGEST_SIZE + 1, seed=0)


@pytest.mark.parametrize("num_words", [0, 7001])
def test_words_that_austen_lacks_are_refused(num_words):
    with pytest.raises(ValueError, match="expected 1 to 7000"):
        pair_counts(num_words)


def test_pairs_are_counted_one_by_one():
    words = austen_pairs(test_fraction=0.0)
    by_hand = torch.zeros(3, 3)
    for before, after in zip(words.train_inputs.tolist(), words.train_targets.tolist(), strict=True):
        if before < 3 and after < 3:
            by_hand[before, after] += 1
    assert torch.equal(pair_counts(3), by_hand)


def test_a_seed_gives_its_samples_again():
    one, again, other = (zipf_samples(3, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_one_sample_of_one_class_is_frequent_middle_and_rare_at_once():
    assert thirds(torch.tensor([1])).tolist() == [1]
    assert thirds(torch.tensor([2, 2, 2])).tolist() == [0, 1, 2]


@pytest.mark.parametrize("counts", [torch.tensor([3e4, 2e4, 15600]).half(), torch.tensor([2**62] * 3)])
def test_counts_whose_sum_their_dtype_cannot_hold_have_thirds(counts):
    assert thirds(counts).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rule": "Nesterov"}, ValueError, "rule is 'Nesterov'"),
        ({"lr": 0.0}, ValueError, "lr is 0.0"),
        ({"steps": -1}, ValueError, "steps is -1"),
        ({"steps": 1.5}, TypeError, "steps is 1.5"),
    ],
)
def test_what_no_rule_can_do_is_refused_at_the_first_step(change, error, message):
    steps = descend(
        **{"gradient": torch.ones_like, "start": torch.zeros(2), "rule": "sign", "lr": 0.1, "steps": 1} | change
    )
    with pytest.raises(error, match=message):
        next(steps)


def test_no_step_is_no_step():
    assert list(descend(torch.ones_like, torch.zeros(2), "sign", 0.1, 0)) == []
