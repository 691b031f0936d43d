"""Edges and defaults that mutation testing found untested."""

import math

import pytest
import torch
from torch.nn import functional as F

from helpers import datasets
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model, one_hidden_layer, softmax_regression
from helpers.stability import critical_scale, largest_curvature, logistic_descents, logistic_minimum
from helpers.training import fit
from helpers.weights import effective_number

X = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
Y = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("make", [softmax_regression, lambda *n, **o: one_hidden_layer(2, *n, **o), next_word_model])
def test_seed_is_zero_and_one_is_the_smallest_size(make):
    assert torch.equal(flat(make(2, 3)), flat(make(2, 3, seed=0)))
    assert len(flat(make(1, 1))) >= 2


def test_a_hidden_layer_bends_and_words_have_32_dimensions():
    x = torch.tensor([[-1.0], [0.0], [1.0]])
    z = one_hidden_layer(1, 8, 2)(x)
    assert not torch.allclose(z[2] - z[1], z[1] - z[0])
    assert next_word_model(3)[0].embedding_dim == 32


def test_effective_number_keeps_the_dtype_of_the_counts():
    counts = torch.tensor([1.0, 3.0], dtype=torch.float64)
    assert {effective_number(counts, beta).dtype for beta in (0.0, 0.9)} == {torch.float64}
    assert effective_number([1, 3], 0.9).dtype == torch.float32


def test_one_class_and_any_ignore_index():
    assert float(weighted_cross_entropy(torch.zeros(2, 1), torch.tensor([0, 0]))) == 0.0
    z = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    for far in (-(2**63), 2**63 - 1):
        value = weighted_cross_entropy(z, torch.tensor([0, far]), ignore_index=far)
        torch.testing.assert_close(value, F.cross_entropy(z[:1], torch.tensor([0])))
    for beyond in (-(2**63) - 1, 2**63):
        with pytest.raises(ValueError, match="ignore_index"):
            weighted_cross_entropy(z, torch.tensor([0, 1]), ignore_index=beyond)


def train(batch_size=None, steps=1, loss=F.cross_entropy, **options):
    words = torch.arange(6)
    model = next_word_model(6, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return fit(model, words, words, optimizer, steps=steps, batch_size=batch_size, loss=loss, **options)


@pytest.mark.parametrize("size", [2, 3, 6])
def test_every_epoch_takes_each_sample_once(size):
    seen = []
    train(size, 12 // size, lambda z, y: (seen.append(y), F.cross_entropy(z, y))[1])
    first, second = torch.cat(seen).split(6)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(6))
    assert torch.equal(torch.cat(seen)[:6], torch.randperm(6, generator=torch.Generator().manual_seed(0)))


def test_progress_is_shown_where_asked_for(capsys):
    train()
    assert capsys.readouterr().err == ""
    train(progress="descending")
    assert "descending" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [0.0, math.inf, math.nan])
def test_clip_norm_is_above_zero_and_finite(bad):
    with pytest.raises(ValueError, match="clip_norm"):
        train(clip_norm=bad)


def test_fit_takes_one_sample_and_no_scalar():
    model = softmax_regression(1, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    fit(model, torch.ones(1, 1), torch.tensor([0]), optimizer, steps=1)
    with pytest.raises(ValueError, match=r"inputs has shape \(\)"):
        fit(model, torch.tensor(1.0), torch.tensor([0]), optimizer, steps=1)


def test_curvature_wants_a_number_and_numbers_to_vary():
    with pytest.raises(ValueError, match="loss returned"):
        largest_curvature(lambda p: p, torch.zeros(2))
    with pytest.raises(ValueError, match=r"parameters are 2 of dtype torch\.float16"):
        largest_curvature(lambda p: p.sum(), torch.zeros(2, dtype=torch.float16))
    with pytest.raises(ValueError, match="lr is inf"):
        critical_scale(math.inf, 1.0)


def test_descents_keep_no_path_unless_asked_and_one_step_is_enough():
    start = torch.zeros(2, dtype=torch.float64)
    run = logistic_descents(start, X, Y, lr=0.1, scale=1.0, steps=1)
    assert run.path is None
    assert run.sign_changes.dtype == torch.int64
    # A gradient of exactly zero, which two same classes at opposite places have, changes no sign.
    still = logistic_descents(
        start, torch.tensor([[-1.0], [1.0]]).double(), Y[:2] * 0 + 0.5, lr=0.1, scale=1.0, steps=3
    )
    assert int(still.sign_changes) == 0


def test_targets_alone_may_differ_from_run_to_run():
    targets = torch.stack([Y, 1 - Y])
    both = logistic_descents(torch.zeros(2).double(), X, targets, lr=0.1, scale=1.0, steps=4)
    for run in range(2):
        alone = logistic_descents(torch.zeros(2).double(), X, targets[run], lr=0.1, scale=1.0, steps=4)
        torch.testing.assert_close(both.parameters[run], alone.parameters)


def test_runs_with_their_own_samples_of_two_features():
    inputs = torch.stack([torch.cat([X, X**2], dim=1), torch.cat([-X, X], dim=1)])
    start = torch.tensor([[0.3, -0.2, 0.5], [1.0, 2.0, -1.0]]).double()
    both = logistic_descents(start, inputs, Y, lr=0.1, scale=1.0, steps=4)
    for run in range(2):
        alone = logistic_descents(start[run], inputs[run], Y, lr=0.1, scale=1.0, steps=4)
        torch.testing.assert_close(both.parameters[run], alone.parameters)


def test_minimum_of_wrong_rank_is_named():
    with pytest.raises(ValueError, match=r"inputs has shape \(4,\)"):
        logistic_minimum(X[:, 0], Y)


def test_loaded_sets_have_the_promised_dtypes_and_scale():
    shuttle, austen = datasets.shuttle(), datasets.austen_pairs()
    assert (shuttle.train_inputs.dtype, shuttle.test_inputs.dtype) == (torch.float32, torch.float32)
    assert (shuttle.train_targets.dtype, austen.train_inputs.dtype, austen.test_inputs.dtype) == (torch.int64,) * 3
    x = shuttle.train_inputs.double()
    assert x.mean(dim=0).abs().max() < 1e-6
    assert (x.std(dim=0, correction=0) - 1).abs().max() < 1e-6
    assert [len(part) for part in (shuttle.test_inputs, austen.test_inputs)] == [
        len(part) for part in (shuttle.test_targets, austen.test_targets)
    ]
    for default, named in ((shuttle, datasets.shuttle(0, 0.25)), (austen, datasets.austen_pairs(0, 0.25))):
        assert torch.equal(default.test_targets, named.test_targets)
