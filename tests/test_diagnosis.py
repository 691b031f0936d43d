"""diagnose: its formulas against enumeration and closed forms, and each finding on both sides of its edge."""

import inspect
import itertools
import math
import re
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from conftest import LESSONS, refuse
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.datasets import shuttle
from helpers.diagnosis import advised_lr, diagnose
from helpers.diagnosis.formulas import absent_share, curvature_of_inputs, let_through, misled_share
from helpers.losses import weighted_cross_entropy
from helpers.stability import largest_curvature
from helpers.weights import SCHEMES


def findings(counts, **options):
    return {finding.name: finding for finding in diagnose(counts, **options).findings}


@pytest.mark.parametrize(("count", "samples", "batch"), [(3, 20, 4), (1, 5, 5), (2, 9, 1), (5, 12, 8), (4, 10, 6)])
def test_absent_share_is_counted_over_all_batches(count, samples, batch):
    draws = list(itertools.combinations(range(samples), batch))
    without = sum(min(draw) >= count for draw in draws)
    assert absent_share(count, samples, batch) == pytest.approx(without / len(draws), abs=1e-12)


@given(st.lists(st.integers(1, 99), min_size=2, max_size=6), st.integers(1, 60))
def test_batches_without_the_rarest_class_are_those_of_whole_samples(counts, batch):
    batch, n = min(batch, sum(counts)), sum(counts)
    wanted = math.comb(n - min(counts), batch) / math.comb(n, batch)
    assert diagnose(counts, batch_size=batch).facts.absent_share == pytest.approx(wanted, rel=1e-9)


def test_exactly_half_of_the_batches_are_not_most():
    assert "absent" not in findings([97, 1], batch_size=49)
    assert "absent" in findings([97, 1], batch_size=48)


def test_a_class_without_samples_neither_overflows_nor_vanishes():
    for weight in (1e-30, 1e30):
        with_empty, without = (diagnose(n, weight=w).facts for n, w in (([9, 3, 0], [1, 2, weight]), ([9, 3], [1, 2])))
        assert with_empty.heaviest == pytest.approx(without.heaviest)
        assert with_empty.room_below == pytest.approx(without.room_below * 2 / 3)


def test_absent_share_of_many_samples_joins_smoothly():
    assert absent_share(200, 1000, 150) == pytest.approx(math.comb(800, 150) / math.comb(1000, 150), rel=1e-9)
    below, above = absent_share(1e6, 1e12, 1_000_000), absent_share(1_000_001, 1e12, 1_000_001)
    assert below == pytest.approx(math.exp(-1), rel=1e-5)
    assert above == pytest.approx(below, rel=1e-5)


@given(
    counts=st.lists(st.integers(1, 1000), min_size=2, max_size=6),
    batch=st.integers(1, 4),
    exponent=st.sampled_from([0, 0.5, 1]),
)
def test_what_the_batch_lets_through_is_the_mean_over_all_batches(counts, batch, exponent):
    share = torch.tensor(counts, dtype=torch.float64) / sum(counts)
    w = share**-exponent
    loss = torch.zeros(len(counts), dtype=torch.float64)
    for draw in itertools.product(range(len(counts)), repeat=batch):
        index = torch.tensor(draw)
        loss.index_add_(0, index, share[index].prod() * w[index] / w[index].sum())
    assert let_through(share, w, batch).tolist() == pytest.approx((loss / share).tolist(), rel=1e-8)


def test_what_is_let_through_runs_from_nothing_to_the_weights():
    share = torch.tensor([0.9, 0.09, 0.01], dtype=torch.float64)
    ratios = [float(v[2] / v[0]) for v in (let_through(share, 1 / share, b) for b in (1, 4, 16, 64, 1000, 10**6))]
    assert ratios[0] == pytest.approx(1.0, abs=1e-9)
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(90.0, rel=1e-3)


def test_many_classes_are_binned_without_harm():
    """Twice the classes, each half as frequent, are so many that they are binned, and get the same."""
    share = 1 / torch.arange(1, 3001, dtype=torch.float64)
    share = share / share.sum()
    twins = let_through(share.repeat(2) / 2, 1 / share.repeat(2), 64)
    assert torch.allclose(twins.view(2, -1), let_through(share, 1 / share, 64), rtol=1e-5)


def test_a_zero_weight_is_drawn_and_adds_nothing():
    """Against the mean over all batches that have a loss, those with a sample that weighs something."""
    share, w = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64), torch.tensor([0.0, 1.0, 30.0], dtype=torch.float64)
    loss = torch.zeros(3, dtype=torch.float64)
    for draw in itertools.product(range(3), repeat=5):
        index = torch.tensor(draw)
        if w[index].any():
            loss.index_add_(0, index, share[index].prod() * w[index] / w[index].sum())
    assert let_through(share, w, 5).tolist() == pytest.approx((loss / share / loss.sum()).tolist(), rel=1e-8)


@pytest.mark.parametrize(
    ("scheme", "smoothing", "right"),
    [("inverse frequency", 0.1, 0.0042), ("inverse frequency", 0.01, 0.0605), ("square root", 0.1, 0.2140)],
)
def test_smoothing_misleads_a_network_that_knows_every_class(scheme, smoothing, right):
    facts = diagnose(shuttle().counts, scheme=scheme, label_smoothing=smoothing).facts
    assert 1 - facts.misled_share == pytest.approx(right, abs=5e-5)
    # torch's own loss is at rest where q is proportional to w t, and its largest entries name the same classes wrongly.
    w, y = facts.weights, torch.arange(7)
    target = (1 - smoothing) * torch.eye(7, dtype=torch.float64) + smoothing / 7
    z = (w * target).log().requires_grad_()
    F.cross_entropy(z, y, w, reduction="sum", label_smoothing=smoothing).backward()
    assert float((z.grad / w.max()).abs().max()) < 1e-12
    assert float(facts.share[z.argmax(1) == y].sum()) == pytest.approx(1 - facts.misled_share, abs=1e-9)


def test_a_batch_that_lets_smoothing_through_otherwise_has_no_cure_from_its_edge():
    """What comes from other classes is 1.009 times a tenth of a class's own part at 28, and 0.971 times it at 29."""
    for batch, none in ((28, True), (29, False)):
        cure = findings([900, 100], label_smoothing=0.1, batch_size=batch)["calibration"].cure
        assert ("no shift undoes smoothing" in cure) is none


def test_smoothing_without_weights_misleads_nobody():
    assert misled_share(torch.full((4,), 0.25), torch.ones(4), 0.5) == 0
    assert "smoothing" not in findings(shuttle().counts, scheme="none", label_smoothing=0.1)


@given(seed=st.integers(0, 50), classes=st.integers(2, 4))
def test_the_curvature_bound_holds_everywhere(seed, classes):
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(40, 3, generator=g, dtype=torch.float64), torch.randint(0, classes, (40,), generator=g)
    w = torch.rand(classes, generator=g, dtype=torch.float64) + 0.1
    w = w / w[y].mean()
    at = torch.randn(4, classes, generator=g, dtype=torch.float64)

    def loss(p):
        return weighted_cross_entropy(F.pad(x, (0, 1), value=1.0) @ p, y, w, divide_by="samples")

    assert largest_curvature(loss, at) <= 0.5 * curvature_of_inputs(x, w[y]) * (1 + 1e-9)


@pytest.mark.parametrize("sampler", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_curvature_knows_smoothed_labels_and_a_sampler(classes, smoothing, sampler):
    """Two classes reach the bound where all logits are zero."""
    g = torch.Generator().manual_seed(classes)
    y = torch.tensor([0] * 90 + [1] * 10 + [2] * 5 * (classes - 2))
    x = torch.randn(len(y), 3, generator=g, dtype=torch.float64) * (1 + y[:, None])
    w = torch.tensor([0.1, 3.0, 7.0], dtype=torch.float64)[:classes]
    drawn = 1 / torch.bincount(y)[y] if sampler else torch.ones(len(y))
    facts = diagnose(labels=y, weight=w, inputs=x, label_smoothing=smoothing, sampler=sampler).facts
    w = facts.advised

    def loss(p):
        z = F.pad(x, (0, 1), value=1.0) @ p
        each = F.cross_entropy(z, y, w, label_smoothing=smoothing, reduction="none")
        return (drawn * each).sum() / (drawn * w[y]).sum()

    found = largest_curvature(loss, torch.zeros(4, classes, dtype=torch.float64))
    assert found <= 0.5 * facts.curvatures[1] * (1 + 1e-9)
    assert classes > 2 or found == pytest.approx(0.5 * facts.curvatures[1])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Nesterov"])
def test_the_rate_below_which_descent_is_stable(optimizer, reduction):
    """PyTorch's own steps on a parabola with the curvature that is named: stable below that rate, not above."""
    labels = torch.tensor([0] * 90 + [1] * 10)
    momentum = 0.0 if optimizer == "SGD" else 0.9
    options = {"optimizer": optimizer, "momentum": momentum, "reduction": reduction}
    rows = torch.where(labels == 1, 10.0, 1.0)[:, None]
    d, in_batches = (diagnose(labels=labels, inputs=rows, batch_size=size, **options) for size in (None, 20))
    (figure,) = [f.figure for f in d.findings if f.name == "curvature"]
    assert reduction == "mean" or figure in {f.figure for f in in_batches.findings}  # it is that of the full batch
    curvature, limit = (float(number.replace(",", "")) for number in re.findall(r"[\d.,]*\d", figure))
    assert curvature == pytest.approx(0.5 * d.facts.curvatures[1] * (100 if reduction == "sum" else 1), rel=0.01)
    for share, stable in ((0.95, True), (1.05, False)):
        at = torch.ones(1, dtype=torch.float64, requires_grad=True)
        descent = torch.optim.SGD([at], share * limit, momentum, nesterov=optimizer == "Nesterov")
        for _ in range(1000):
            at.grad = curvature * at.detach()
            descent.step()
        assert bool(at.abs() < 1e-6) is stable


def test_without_a_brake_no_rate_is_called_stable():
    labels = torch.tensor([0] * 90 + [1] * 10)
    d = diagnose(labels=labels, inputs=torch.where(labels == 1, 10.0, 1.0)[:, None], momentum=1.0)
    (figure,) = [f.figure for f in d.findings if f.name == "curvature"]
    assert "stable" not in figure


def test_a_class_of_weight_zero_is_no_work_of_the_smoothing_and_has_no_odds():
    assert not {"smoothing", "calibration"} & set(findings([900, 60, 40], weight=[0, 1, 1], label_smoothing=0.1))
    found = findings([900, 60, 40], weight=[0, 0.01, 1], label_smoothing=0.1)["smoothing"]
    assert found.figure == "a network that knows every class is right on 40.00% of the samples that weigh anything"


def test_the_advised_rate_asks_for_nothing_without_weights_and_for_less_with_more():
    share = torch.tensor([0.9, 0.09, 0.01], dtype=torch.float64)
    for batch in (1, 64, 4096):
        rates = [advised_lr(0.3, share**-e, share, batch) for e in (0, 0.25, 0.5, 0.75, 1)]
        assert rates[0] == pytest.approx(0.3)
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] == advised_lr(0.3, 7 / share, share, batch)  # the scale is not its matter
    assert advised_lr(0.3, 1 / share, share, 1e9) == pytest.approx(0.3, rel=1e-4)
    half_way = advised_lr(1.0, 1 / share, share, 64)
    assert advised_lr(1.0, 1 / share, share, 64, adaptive=True) == pytest.approx(half_way**0.75)
    # One sample a batch: the rate falls as fast as the batch shrinks, from B to B / E[w^2].
    assert advised_lr(0.3, 1 / share, share, 1e-9) == pytest.approx(0.3 / float((1 / share).sum() / 9))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lr": -0.1}, "lr is -0.1"),
        ({"batch": -600}, "batch is -600.0"),
        (
            {"share": torch.ones(2)},
            r"share has shape \(2,\) and sum 2 .*; expected .* sum one: give counts / counts.sum",
        ),
        ({"share": torch.tensor([1.5, -0.5])}, "share has .* none negative"),
        ({"share": torch.full((3,), 1 / 3)}, r"share has shape \(3,\) .* for weights of \(2,\)"),
        ({"share": torch.full((2,), math.nan)}, "share has"),
        ({"weights": torch.zeros(2)}, "weights are zero for every class with a share"),
        ({"weights": torch.tensor([1.0, -1.0])}, "weight of class 1 is -1.0"),
        ({"weights": [1.0, 9.0]}, "weights is a list"),
    ],
)
def test_a_rate_is_advised_for_weights_and_shares_alone(change, said):
    given = {"lr": 0.3, "weights": torch.tensor([1.0, 9.0]), "share": torch.tensor([0.9, 0.1]), "batch": 64}
    assert 0 < advised_lr(**given) < 0.3
    with pytest.raises((TypeError, ValueError), match=f"^{said}"):
        advised_lr(**given | change)


@pytest.mark.parametrize(
    ("heavy", "dtype"), [(25_000, torch.float16), (100, torch.int8), (1e20, torch.float32), (1e38, torch.float32)]
)
def test_a_rate_is_that_of_float64_for_weights_in_any_dtype(heavy, dtype):
    share = torch.tensor([0.99, 0.01])
    w = torch.tensor([1, heavy], dtype=torch.float64)
    exact = advised_lr(0.1, w, share.double(), 32)
    assert advised_lr(0.1, w.to(dtype), share, 32) == pytest.approx(exact, rel=1e-3)


# The weights of the counts 99 and 1, by hand.
SERIES = 1000 * (1 - 0.999**99)
OF_99_AND_1 = {
    "none": [1.0, 1.0],
    "inverse frequency": [100 / 99, 100.0],
    "balanced": [50 / 99, 50.0],
    "sum to one": [0.01, 0.99],
    "square root": [(100 / 99) ** 0.5, 10.0],
    "effective number": [2 / (1 + SERIES), 2 * SERIES / (1 + SERIES)],
}


def test_each_scheme_has_its_numbers_and_its_name_in_the_documentation():
    by_hand = "tests/test_diagnosis.py: OF_99_AND_1 lacks the scheme {!r}: work its weights out by hand"
    named = "helpers/diagnosis/compute.py: the docstring of diagnose does not name the scheme {!r}"
    refuse(
        [by_hand.format(name) for name in SCHEMES if name not in OF_99_AND_1]
        + [named.format(name) for name in SCHEMES if f'"{name}"' not in diagnose.__doc__]
    )


def test_each_option_is_told_in_the_documentation():
    words = inspect.getdoc(diagnose)  # which has no indent on any Python; from 3.13 on a docstring has none either
    heads = re.findall(r"^ {4}(\w[\w, ]*):", words, re.M)
    told = {*", ".join(heads).split(", "), *re.findall(r"``(\w+)``", words)}
    assert set(inspect.signature(diagnose).parameters) - told == set()


@pytest.mark.parametrize(("scheme", "expected"), [*OF_99_AND_1.items(), (0.75, [(100 / 99) ** 0.75, 100**0.75])])
def test_schemes(scheme, expected):
    d = diagnose([99, 1], scheme=scheme)
    assert d.facts.weights.tolist() == pytest.approx(expected)
    assert d.weights.dtype == torch.float32
    assert d.weights.tolist() == pytest.approx(
        (d.facts.weights / (d.facts.weights @ torch.tensor([0.99, 0.01]).double())).tolist()
    )


def test_a_class_without_a_sample_weighs_one_and_changes_nothing_else():
    with_it, without = diagnose([90, 0, 10], lr=0.1, batch_size=8), diagnose([90, 10], lr=0.1, batch_size=8)
    assert with_it.weights.tolist() == pytest.approx([without.weights[0].item(), 1.0, without.weights[1].item()])
    assert with_it.lr == pytest.approx(without.lr)
    assert with_it.shift[[0, 2]].tolist() == pytest.approx(without.shift.tolist())
    assert "empty" in findings([90, 0, 10])
    assert with_it.facts.rarest == 2


def test_a_sampler_has_corrected_already():
    assert diagnose([90, 10], sampler=True).weights.tolist() == [1.0, 1.0]
    # The square root, of which the sampler does twice as much: the weights take half of it back.
    w = diagnose([90, 10], sampler=True, scheme="square root").weights
    assert float(w[1] / w[0]) == pytest.approx((1 / 9) ** 0.5)
    assert diagnose([90, 10], sampler=True, scheme="none").shift.diff().exp().item() == pytest.approx(9.0)
    assert {"twice"} <= set(findings([90, 10], sampler=True))
    # It draws with replacement: each of 6 draws passes over one of three classes in two cases of three.
    assert diagnose([5, 3, 2], sampler=True, batch_size=6).facts.absent_share == pytest.approx((2 / 3) ** 6)
    assert "twice" not in findings([90, 10], sampler=True, scheme="none")
    assert "twice" in findings([90, 10], sampler=True, weight=[1.0, 1.01])
    # Drawn equally often, each of two classes is missing from half of the batches of one sample, and no more.
    assert "(1 / d.facts.counts)" in findings([90, 10], scheme="square root", batch_size=1)["absent"].cure


def test_a_diagnosis_does_not_change_once_it_is_made():
    """Its facts are kept as they are first asked for: what was set later would not reach them."""
    d = diagnose([90, 10], batch_size=2, lr=0.1)
    for of, name in ((d, "facts"), (d.facts, "lr"), (d.findings[0], "name")):
        with pytest.raises(FrozenInstanceError):
            setattr(of, name, None)


def test_pos_weight_and_the_binary_loss():
    d = diagnose([900, 100], pos_weight=9, batch_size=64)
    assert d.facts.divisor == "samples"
    assert d.facts.scale == pytest.approx(1.8)
    assert d.weights.tolist() == pytest.approx([1 / 1.8, 5.0])
    assert d.shift.exp().tolist() == pytest.approx([1 / 1.8, 5.0])


# Each pair stands just inside and just outside the edge of the finding.
def classes(k, count=1000):
    return [count] * k


HALF = {"dtype": torch.float16}
LIGHT = HALF | {"weight": [1e-6, 1e-6]}
NONE, SUM, ADAM = {"reduction": "none"}, {"reduction": "sum"}, {"optimizer": "Adam"}
PLAIN, DECAY = {"scheme": "none"}, {"weight_decay": 0.1}
TO_ONE = NONE | {"scheme": "sum to one"}


EDGES = [
    # Equal classes: the average sample weighs K under N / n_c, so K is the scale.
    ("scale", ([1000, 1], NONE | PLAIN), (classes(2), NONE)),
    ("scale", (classes(2), {"reduction": "mean"}), (classes(2), SUM)),
    ("scale", (classes(2), NONE | ADAM), (classes(2), NONE | {"optimizer": "nesterov"})),
    ("scale", (classes(2), NONE | ADAM), (classes(2), NONE | {"optimizer": "RAdam"})),
    ("scale", (classes(2), TO_ONE | {"optimizer": "RAdam"}), (classes(2), NONE | {"optimizer": "RAdam"})),
    ("decay", (classes(2), NONE | DECAY | {"optimizer": "AdamW"}), (classes(2), NONE | DECAY | ADAM)),
    # Sum to one over K equal classes: weights 1 / K, average entry 2 / K^2 against 1e-8.
    ("epsilon", (classes(14_142), TO_ONE | ADAM), (classes(14_143), TO_ONE | ADAM)),
    ("epsilon", (classes(14_143), TO_ONE | {"optimizer": "Adagrad"}),
     (classes(14_143), TO_ONE | {"optimizer": "RMSprop"})),
    ("epsilon", (classes(14_143), TO_ONE | ADAM | SUM | {"batch_size": 2}), (classes(14_143), TO_ONE | ADAM)),
    # float16 ends at 65,504. Without weights the sum over B samples of K classes is B log K.
    ("overflow", (classes(20), SUM | PLAIN | HALF), (classes(22), SUM | PLAIN | HALF)),
    ("overflow", ([65_503, 1], NONE | HALF), ([65_504, 1], NONE | HALF)),
    # A weight of K meets a loss of log K.
    ("overflow", (classes(7_357), NONE | HALF), (classes(7_358), NONE | HALF)),
    ("overflow", ([65_504, 1], NONE | {"dtype": "bfloat16"}), ([65_504, 1], NONE | HALF)),
    # The default's backward pass begins with one over the sum of a batch's weights.
    ("overflow", (classes(2), LIGHT | {"batch_size": 16}), (classes(2), LIGHT | {"batch_size": 15})),
    ("overflow", (classes(2), LIGHT | SUM | {"batch_size": 15}), (classes(2), LIGHT | {"batch_size": 15})),
    # Under autocast the loss is float32; the gradient of the logits, w / B, must still fit.
    ("overflow", ([65_504, 1], NONE | HALF | {"autocast": True}), ([65_504, 1], NONE | HALF)),
    ("overflow", ([65_503, 1], SUM | HALF | {"autocast": True}), ([65_504, 1], SUM | HALF | {"autocast": True})),
    # Two equal classes without weights: the smallest entry is 1 / (2 B), half the smallest number 2^-25.
    ("underflow", (classes(2, 2**23), NONE | PLAIN | HALF), (classes(2, 2**23 + 1), NONE | PLAIN | HALF)),
    ("state", (classes(2), ADAM | HALF | {"autocast": True}), (classes(2), ADAM | HALF)),
    ("state", (classes(2), ADAM | {"dtype": "bfloat16"}), (classes(2), ADAM | {"state_dtype": "float16"})),
    # 99 to 1: the rare sample weighs 50 average ones.
    ("outweighs", ([99, 1], NONE | {"batch_size": 50}), ([99, 1], NONE | {"batch_size": 49})),
    ("outweighs", ([99, 1], {"batch_size": 49}), ([99, 1], SUM | {"batch_size": 49})),
    ("outweighs", ([99, 1], NONE | {"batch_size": 5, "accumulation_steps": 5, "world_size": 2}),
     ([99, 1], NONE | {"batch_size": 5, "world_size": 2})),
    # The ratio 9 of a batch of B arrives as 1 at B = 1 and passes a half between 6 and 7.
    ("batch", ([900, 100], {"batch_size": 7}), ([900, 100], {"batch_size": 6})),
    ("batch", ([900, 100], SUM | {"batch_size": 2}), ([900, 100], {"batch_size": 2, "world_size": 64})),
    # One sample in 100: half of the batches of 50 hold it.
    ("absent", ([99, 1], {"batch_size": 50}), ([99, 1], {"batch_size": 49})),
    ("absent", ([99, 1], {"batch_size": 49, "sampler": True}), ([99, 1], {"batch_size": 49})),
    ("absent", (classes(100), {"batch_size": 16}), ([99, 1], {"batch_size": 49})),
    ("absent", ([99, 1], PLAIN | {"batch_size": 49}), ([99, 1], {"batch_size": 49})),
    # Shares that sum to one but for rounding: without weights no sample is heavier than another.
    ("absent", ([23, 28, 12, 4], PLAIN | {"batch_size": 1}), ([23, 28, 12, 4], {"batch_size": 1})),
    ("few samples", ([1000, 40], {}), ([1000, 39], {})),
    ("few samples", ([40, 40], {}), ([39, 39], {})),
    ("calibration", ([199, 100], {}), ([200, 100], {})),
    ("smoothing", ([999, 1], {"label_smoothing": 0.001}), ([999, 1], {"label_smoothing": 0.01})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "quiet", "speaks"), EDGES)
def test_a_finding_speaks_from_its_edge(name, quiet, speaks):
    assert name not in findings(quiet[0], **quiet[1])
    assert name in findings(speaks[0], **speaks[1])


TWENTY_SIX, TWENTY_FIVE = (NONE | {"batch_size": size} for size in (26, 25))


@pytest.mark.parametrize(
    ("name", "counts", "options", "severity"),
    [
        ("scale", classes(9), NONE, "hurts"),
        ("scale", classes(10), NONE, "breaks"),
        ("scale", classes(2990), NONE | {"optimizer": "RAdam"}, "note"),
        ("scale", classes(3010), NONE | {"optimizer": "RAdam"}, "hurts"),
        ("scale", classes(29), NONE | {"optimizer": "RAdam", "lr": 0.1}, "note"),
        ("scale", classes(31), NONE | {"optimizer": "RAdam", "lr": 0.1}, "hurts"),
        ("scale", classes(8), SUM | {"optimizer": "RAdam", "lr": 0.01, "batch_size": 37}, "note"),
        ("scale", classes(8), SUM | {"optimizer": "RAdam", "lr": 0.01, "batch_size": 38}, "hurts"),
        ("outweighs", [99, 1], TWENTY_SIX, "hurts"),
        ("outweighs", [99, 1], TWENTY_FIVE, "breaks"),
        ("outweighs", [99, 1], TWENTY_FIVE | ADAM, "note"),
    ],
)
def test_a_finding_breaks_from_its_edge(name, counts, options, severity):
    assert findings(counts, **options)[name].severity == severity


def test_radam_notices_a_factor_for_five_steps():
    """As ``diagnose`` says: PyTorch's RAdam divides by no variance before its sixth step."""
    moves = {}
    for k in (1.0, 1000.0):
        place = torch.zeros((), dtype=torch.float64, requires_grad=True)
        optimizer, seen = torch.optim.RAdam([place], lr=0.01), [0.0]
        for _ in range(9):
            place.grad = torch.tensor(k, dtype=torch.float64)
            optimizer.step()
            seen.append(place.item())
        moves[k] = np.diff(seen)
    ratio = moves[1000.0] / moves[1.0]
    assert ratio[:5].tolist() == pytest.approx([1000.0] * 5)
    assert ratio[5:].tolist() == pytest.approx([1.0] * 4, rel=1e-6)


def test_features_tell_the_curvature():
    labels = torch.tensor([0] * 90 + [1] * 10)
    same, far = torch.ones(100, 1), torch.where(labels == 1, 10.0, 1.0)[:, None]
    assert "curvature" not in {f.name for f in diagnose(labels=labels, inputs=same).findings}
    d = diagnose(labels=labels, inputs=far, lr=1.0, dtype="float32")
    assert "curvature" in {f.name for f in d.findings}
    # By hand: X'WX / N of (x, 1) at half weight each, against shares of 0.9 and 0.1.
    curved, flat = (
        float(np.linalg.eigvalsh(p * np.outer([10, 1], [10, 1]) + (1 - p) * np.ones((2, 2)))[-1]) for p in (0.5, 0.1)
    )
    assert d.facts.curvatures == pytest.approx((flat, curved))
    assert d.lr <= flat / curved


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_a_weight_that_is_divided_by_itself_changes_no_learning_rate(optimizer):
    labels = torch.tensor([0] * 90 + [1] * 10)
    given = {"labels": labels, "inputs": torch.where(labels == 1, 10.0, 1.0)[:, None], "lr": 0.03}
    alone = diagnose(**given, batch_size=1, accumulation_steps=4, optimizer=optimizer)
    assert alone.facts.through.tolist() == pytest.approx([1, 1])
    assert alone.lr == 0.03
    assert "curvature" not in {f.name for f in alone.findings}
    for options in ({"batch_size": 2}, {"batch_size": 1, "reduction": "none"}, {"batch_size": 1, "reduction": "sum"}):
        assert diagnose(**given, **options, optimizer=optimizer).lr < 0.02


@pytest.mark.parametrize(
    "options", [{}, {"batch_size": 16}, {"optimizer": "Adam", "lr": 1e-3}, NONE | {"scheme": "balanced"}]
)
def test_balance_is_met_with_silence(options):
    for diagnosis in (diagnose([50, 50, 50], **options), diagnose({"cats": 5000, "dogs": 4900}, **options)):
        assert diagnosis.findings == ()
        assert "Nothing to mend" in str(diagnosis)
        assert "Nothing to mend" in diagnosis._repr_html_()
    assert "rarest class" not in str(diagnose([50, 50, 50], **options))


def test_every_finding_names_a_notebook_and_the_severe_come_first():
    stems = {path.stem for path in LESSONS}
    for _, _, (counts, options) in EDGES:
        found = diagnose(counts, lr=0.1, clip_norm=1.0, **options).findings
        assert [f.severity for f in found] == sorted((f.severity for f in found), key=["breaks", "hurts", "note"].index)
        for finding in found:
            compile(finding.cure, "cure", "exec")
            assert finding.notebook in stems


def test_a_bound_of_infinity_clips_nothing():
    """With it, clip_grad_norm_ measures alone."""
    facts = {"reduction": "none", "lr": 0.1, "batch_size": 128}
    measured, plain = (diagnose([9000, 900, 90, 10], clip_norm=bound, **facts) for bound in (math.inf, None))
    assert str(measured) == str(plain)
