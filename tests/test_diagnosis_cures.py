"""Each cure of diagnose is run as it stands: it leaves what its finding asks for, and the finding falls silent."""

import pytest
import torch
from test_diagnosis import EDGES, findings
from torch.nn import functional as F
from torch.utils.data import TensorDataset

from helpers.diagnosis import diagnose
from helpers.diagnosis.formulas import let_through
from helpers.models import softmax_regression

LONG_TAIL = [3000, 600, 120, 24, 8]
W = torch.tensor(LONG_TAIL).sum() / torch.tensor(LONG_TAIL)
DIVISORS = [("mean", torch.sum), ("sum", lambda _: 1), ("none", len)]


def cure(d, name, **names):
    """What the cure of this name leaves behind, run on these names."""
    (code,) = [f.cure for f in d.findings if f.name == name]
    scope = {"d": d, "F": F, "torch": torch, "diagnose": diagnose, **names}
    exec(code, scope)
    return scope


def batch(classes=5, samples=12):
    z = torch.randn(samples, classes, generator=torch.Generator().manual_seed(0))
    return z, torch.arange(samples) % classes


@pytest.mark.parametrize(("reduction", "divisor"), DIVISORS)
def test_the_loss_advised_is_yours_in_float32_with_weights_of_sample_mean_one(reduction, divisor):
    z, y = batch()
    own = torch.tensor([1e3, 1e4, 1e5, 1e6, 1e7])
    w = own / (own @ torch.tensor(LONG_TAIL).float() / sum(LONG_TAIL))
    loss = cure(diagnose(LONG_TAIL, weight=own, reduction=reduction, dtype="float16"), "overflow", z=z.half(), y=y)
    wanted = (w[y] * F.cross_entropy(z.half().float(), y, reduction="none")).sum() / divisor(w[y])
    assert loss["loss"].item() == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize(("reduction", "by_hand"), [("mean", "mean"), ("none", "mean"), ("sum", "sum")])
def test_the_binary_loss_is_that_of_two_classes_at_the_advised_rate(reduction, by_hand):
    d = diagnose([990, 10], pos_weight=99.0, batch_size=8, lr=0.1, reduction=reduction)
    z, y = batch(2)[0][:, 0], batch(2)[1]
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    loss = cure(d, "outweighs", z=z, y=y.float(), optimizer=optimizer)["loss"]
    two = F.cross_entropy(F.pad(z[:, None], (1, 0)), y, d.weights, reduction="none")
    assert loss.item() == pytest.approx(float(getattr(two, by_hand)()), rel=1e-5)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(d.lr, rel=0.05)


# What ends with other weights, in float32, and needs no other step, draw or format.
SPEAKS = [(name, *speaks) for name, _, speaks in EDGES if name in ("scale", "decay", "epsilon", "overflow")]
SPEAKS = [case for case in SPEAKS if "autocast" not in case[2]] + [("twice", LONG_TAIL, {"sampler": True})]


@pytest.mark.parametrize(("name", "counts", "options"), SPEAKS)
def test_under_the_loss_advised_the_finding_is_silent(name, counts, options):
    d = diagnose(counts, **options)
    z, y = batch(len(counts), 2)
    weights = cure(d, name, z=z, y=y)["d"].weights
    kept = {option: value for option, value in options.items() if option not in ("scheme", "weight", "dtype")}
    assert name not in findings(counts, weight=weights, **kept)


@pytest.mark.parametrize(
    ("name", "counts", "options"),
    [
        ("overflow", [210_000, 1], {"reduction": "sum", "batch_size": 8, "autocast": True}),
        ("state", [90, 10], {"optimizer": "Adam"}),
    ],
)
def test_autocast_in_bfloat16_over_a_model_in_float32_is_silent(name, counts, options):
    d, model = diagnose(counts, dtype="float16", **options), softmax_regression(3, 2, dtype=torch.float16)
    if name == "overflow":
        model.float()
    z = cure(d, name, model=model, inputs=torch.ones(1, 3))["z"]
    assert (z.dtype, model.weight.dtype) == (torch.bfloat16, torch.float32)
    assert name not in findings(counts, **options | {"dtype": z.dtype, "autocast": True})


def test_the_largest_and_the_smallest_entries_come_back_in_float16():
    z, y = torch.zeros(8, 2, dtype=torch.float16, requires_grad=True), torch.ones(8, dtype=torch.int64)
    d = diagnose([131_008, 1], dtype="float16", reduction="sum", batch_size=8)
    assert not F.cross_entropy(z, y, d.facts.weights.half(), reduction="sum").isfinite()
    assert cure(d, "overflow", z=z, y=y)["loss"].isfinite()

    d = diagnose([50, 50], dtype="float16", reduction="none", weight=[1e-8, 1.0])
    F.cross_entropy(z.float(), 1 - y, d.weights, reduction="none").mean().backward()
    assert not z.grad.any()
    cure(d, "underflow", z=z, y=1 - y)
    assert z.grad.all()


@pytest.mark.parametrize(("reduction", "divisor"), DIVISORS)
def test_each_sample_is_weighed_on_its_whole_smoothed_target(reduction, divisor):
    z, y = batch()
    d = diagnose(LONG_TAIL, label_smoothing=0.1, reduction=reduction)
    each = d.weights[y] * F.cross_entropy(z, 0.9 * F.one_hot(y, 5) + 0.02, reduction="none")
    wanted = each.sum() / divisor(d.weights[y])
    assert cure(d, "smoothing", z=z, y=y)["loss"].item() == pytest.approx(float(wanted), rel=1e-5)


def test_probabilities_are_corrected_by_what_the_batch_lets_through():
    z, n = batch()[0].double(), torch.tensor(LONG_TAIL).double()
    for size in (4, 64):
        v = let_through(n / n.sum(), W.double(), size)
        right = v.reciprocal() * z.exp()
        found = cure(diagnose(LONG_TAIL, batch_size=size), "calibration", z=z)["probabilities"]
        assert torch.allclose(found, right / right.sum(dim=1, keepdim=True))
    z = torch.tensor(9 * 0.1 / 0.9).log()  # what the weighted loss learns where one in ten is positive
    found = cure(diagnose([900, 100], pos_weight=9.0), "calibration", z=z)["probabilities"]
    assert found.item() == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["batch", "absent"])
def test_draws_by_weight_bring_the_rare_class_with_the_weight_asked_for(name):
    torch.manual_seed(0)
    labels = torch.repeat_interleave(torch.arange(5), torch.tensor(LONG_TAIL))
    scope = cure(diagnose(LONG_TAIL, batch_size=4), name, labels=labels, dataset=TensorDataset(labels))
    batches = [y for (y,) in scope["loader"]]
    assert {len(y) for y in batches} == {4}
    assert sum(bool((y == 4).any()) for y in batches) > 0.5 * len(batches)
    # Each class has the share of the loss that N / n_c asks for, one in five.
    assert (torch.bincount(torch.cat(batches), minlength=5) / len(labels) - 0.2).abs().max() < 0.03


def test_a_sampler_is_advised_where_one_brings_the_class_into_most_batches():
    """A balanced draw of 128 from 185 classes misses one of them in 49.98% of the batches, from 186 in 50.2%."""
    for others, mends in ((184, True), (185, False)):
        counts = [100_000, *[50] * others]
        (code,) = [f.cure for f in diagnose(counts, batch_size=128).findings if f.name == "absent"]
        assert ("WeightedRandomSampler" in code) is mends
    assert code == "# a balanced sampler does not mend it: with it the class is still missing from 50.2% of the batches"
    (code,) = [f.cure for f in diagnose(counts, batch_size=128, sampler=True).findings if f.name == "absent"]
    assert code == "# the balanced sampler leaves it at that: a larger batch holds the class more often"


def test_where_the_weights_are_too_mild_the_draw_is_balanced():
    torch.manual_seed(0)
    labels = torch.repeat_interleave(torch.arange(2), torch.tensor([10_000, 10]))
    d = diagnose([10_000, 10], scheme="square root", batch_size=16)
    scope = cure(d, "absent", labels=labels, dataset=TensorDataset(labels))
    # (1 - 1 / (1 + sqrt(1000))) ** 16
    assert "missing from 60.8% of the batches; balanced, beyond your weights for that class:" in str(d)
    held = [bool((y == 1).any()) for (y,) in scope["loader"]]
    assert sum(held) > 0.95 * len(held)


def test_beyond_what_a_sampler_takes_the_cure_says_so():
    for most, said in ((2**24 - 50, False), (2**24 - 49, True)):
        (code,) = [f.cure for f in diagnose([most, 50], batch_size=8).findings if f.name == "absent"]
        assert code.startswith("# a sampler takes at most 16,777,216 samples") is said
        compile(code, "cure", "exec")


def learned(loss, classes):
    """The logits of one table row that minimise ``loss``, by descent."""
    z = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([z], max_iter=200, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(z)
        value.backward()
        return value

    optimizer.step(closure)
    return z.detach()[None]


@pytest.mark.parametrize("epsilon", [0.05, 0.3])
@pytest.mark.parametrize(
    ("sampler", "scheme"), [(False, "inverse frequency"), (True, "none"), (True, "inverse frequency"), (True, 0.5)]
)
def test_probabilities_are_corrected_for_the_smoothing_too(epsilon, sampler, scheme):
    """What minimises PyTorch's smoothed loss, weighted, over a balanced draw, or both, by descent; then corrected."""
    n = torch.tensor([300, 60, 12])
    w = None if scheme == "none" else (n.sum() / n).double() ** (0.5 if scheme == 0.5 else 1)
    d = diagnose(n, label_smoothing=epsilon, sampler=sampler, scheme=scheme)
    y = torch.repeat_interleave(torch.arange(3), torch.tensor([100] * 3) if sampler else n)
    z = learned(lambda z: F.cross_entropy(z.expand(len(y), 3), y, w, label_smoothing=epsilon), 3)
    found = cure(d, "calibration", z=z)["probabilities"]
    assert found[0].tolist() == pytest.approx((n / n.sum()).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "options", "offered"),
    [
        ([9900, 100], {"label_smoothing": 0.01, "batch_size": 16}, False),
        ([9900, 100], {"label_smoothing": 0.1, "batch_size": 450}, False),
        ([9900, 100], {"label_smoothing": 0.01, "batch_size": 5000}, True),
        # The heaviest class, which the batch lets through least, need not be the rarest.
        ([900, 60, 40], {"label_smoothing": 0.1, "batch_size": 8, "weight": [1.0, 15.0, 1.0]}, False),
        ([9900, 100], {"label_smoothing": 0.1, "batch_size": 16, "reduction": "none"}, True),
        # Nor need a rare class be heavy: a light one has its part in the others' labels lost with them.
        ([6000, 3900, 100], {"label_smoothing": 0.1, "batch_size": 4, "weight": [1.0, 2.0, 0.1]}, False),
    ],
)
def test_where_batches_let_smoothing_through_otherwise_no_shift_is_offered(counts, options, offered):
    (code,) = [f.cure for f in diagnose(counts, **options).findings if f.name == "calibration"]
    assert ("F.normalize" in code) is offered
    assert code.startswith("# no shift undoes smoothing in such batches") is not offered


def test_a_class_without_weight_or_samples_is_left_out_of_the_correction():
    """What minimises the smoothed loss, by descent, then corrected: the shares among the classes that it holds."""
    n, w = torch.tensor([90, 10, 0]), torch.tensor([1.0, 9.0, 0.0], dtype=torch.float64)
    y = torch.repeat_interleave(torch.arange(3), n)
    z = learned(lambda z: F.cross_entropy(z.expand(len(y), 3), y, w, label_smoothing=0.1), 3)
    found = cure(diagnose(n, weight=w, label_smoothing=0.1), "calibration", z=z)["probabilities"]
    assert found[0].tolist() == pytest.approx([0.9, 0.1, 0.0], abs=1e-4)


def test_samples_without_weight_smooth_the_others_beyond_any_shift():
    """Two places with the same odds of the other two classes, learned as different ones."""
    w, odds = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64), []
    for n in ([10, 81, 9], [810, 171, 19]):
        y = torch.repeat_interleave(torch.arange(3), torch.tensor(n))
        z = learned(lambda z, y=y: F.cross_entropy(z.expand(len(y), 3), y, w, label_smoothing=0.1), 3)
        odds.append(float((z[0, 1] - z[0, 2]).exp()))
    assert odds[0] > 1.5 * odds[1]
    for options in ({}, {"batch_size": 50}, {"reduction": "none"}):
        d = diagnose([820, 252, 28], weight=w, label_smoothing=0.1, **options)
        (code,) = [f.cure for f in d.findings if f.name == "calibration"]
        assert code.startswith("# samples of a class without weight smooth the others")
        compile(code, "cure", "exec")


SATURATED = "effective number"  # whose two common classes weigh the same


def test_beside_a_sampler_no_cure_takes_the_sampler_away_and_the_cured_run_is_well():
    counts = [3000, 600, 120, 24, 8]
    for scheme in ("inverse frequency", "square root"):
        d = diagnose(counts, scheme=scheme, sampler=True, batch_size=4)
        cures = {f.name: f.cure for f in d.findings}
        assert cures["batch"] == "loss = F.cross_entropy(z, y, d.weights.to(z.device))"
        assert cures["twice"] == cures["batch"] + "  # what the weights asked for, once; for equal classes give none"
        again = diagnose(counts, weight=d.weights, sampler=True, batch_size=4)
        assert not {"batch", "twice"} & {f.name for f in again.findings}
        assert again.weights.tolist() == pytest.approx(d.weights.tolist())
    for counts, given in (([5000, 4900, 50], {"weight": [1, 1, 100]}), ([100_000, 50_000, 100], {"scheme": SATURATED})):
        d = diagnose(counts, sampler=True, **given)
        assert "twice" in {f.name for f in d.findings}
        assert float(d.weights[0] / d.weights[1]) == pytest.approx(counts[0] / counts[1])
    light = diagnose([900, 100], weight=[19.0, 1.0], sampler=True)
    assert float(light.weights[0] / light.weights[1]) == pytest.approx(19)


def test_the_order_of_the_classes_changes_no_weight_beside_a_sampler():
    for counts, weight in (([900, 50, 50], [1.0, 18.0, 9.0]), ([900, 900, 40], [1.0, 2.0, 15.0])):
        there, back = (diagnose(counts[::k], weight=weight[::k], sampler=True) for k in (1, -1))
        assert "twice" in {f.name for f in there.findings} & {f.name for f in back.findings}
        assert there.weights.tolist() == pytest.approx(back.weights.flip(0).tolist())


def test_ties_and_rounding_hide_no_second_correction():
    for counts, weight, times in (
        ([900, 40, 40], [1, 0, 15], 15 * 900 / 40),
        ([900, 900, 40], [0, 2, 15], 7.5 * 900 / 40),
        ([900, 60, 40], [1, 1 - 1e-13, 15], 15 * 900 / 40),
    ):
        (said,) = [f.figure for f in diagnose(counts, weight=weight, sampler=True).findings if f.name == "twice"]
        assert said.startswith(f"the rarest class counts {times:.3g} times")


@pytest.mark.parametrize(
    "weight", [[1, 1.5, 1], [1, 1 + 1e-13, 1 + 1e-13], [0, 15, 0], [1, 15, 1], [1, 0.9, 15], [0, 1, 15]]
)
def test_weights_that_do_not_follow_the_counts_stay_as_they_are_beside_a_sampler(weight):
    d = diagnose([900, 60, 40], weight=weight, sampler=True)
    assert "twice" not in {f.name for f in d.findings}
    assert (d.weights / d.weights.max()).tolist() == pytest.approx([w / max(weight) for w in weight])


def test_labels_smoothed_to_nothing_teach_no_odds():
    assert "calibration" not in {f.name for f in diagnose([900, 60, 40], label_smoothing=1.0).findings}
    assert "calibration" in {f.name for f in diagnose([900, 60, 40], label_smoothing=0.99).findings}


def test_corrected_probabilities_sum_to_one():
    z = torch.tensor([[9.0, 0.0, -3.0], [0.0, 0.0, 0.0]])
    found = cure(diagnose([300, 60, 12], label_smoothing=0.3), "calibration", z=z)["probabilities"]
    assert found.sum(dim=1).tolist() == pytest.approx([1.0, 1.0])
    assert (found >= 0).all()


def test_the_input_the_empty_and_the_few():
    labels = [0, 1, 1, 2] * 10
    d = diagnose([n + 1 for n in labels])
    assert "input" not in {f.name for f in cure(d, "input", counts=[n + 1 for n in labels])["d"].findings}
    d = diagnose([90, 9, 1])
    assert sum(cure(d, "input", counts=[90, 9, 1], total=5000)["counts"]) == 5000
    d = cure(diagnose([0, 1, 2]), "input", labels=torch.tensor(labels))["d"]
    assert d.facts.counts.tolist() == [10, 20, 10]

    labels = torch.tensor([0, 1, 1, 3] * 10)
    renumbered = cure(diagnose(labels=labels), "empty", labels=labels)["labels"]
    assert "empty" not in {f.name for f in diagnose(labels=renumbered).findings}
    void = torch.tensor([0, 1, 1, 2, 255] * 10)
    d = cure(diagnose(labels=void), "empty", labels=void, diagnose=diagnose)["d"]
    assert d.facts.counts.tolist() == [10, 20, 10]
    for labels in (void.where(void < 255, 254), torch.tensor([0, 254, 255]), torch.tensor([0, 255, 299])):
        assert "ignore_index" not in next(f.cure for f in diagnose(labels=labels).findings if f.name == "empty")
    called = diagnose(labels=void, classes=[f"c{c}" for c in range(256)])
    assert "ignore_index" not in next(f.cure for f in called.findings if f.name == "empty")

    labels = torch.tensor([0] * 1000 + [1] * 20)
    splits = cure(diagnose(labels=labels), "few samples", labels=labels)["splits"]
    assert len({tuple(test.tolist()) for _, test in splits}) == 10
    assert {int((labels[test] == 1).sum()) for _, test in splits} == {5}

    d = diagnose([900, 1, 50])  # the one sample is in no test that leaves it to the training
    assert cure(d, "few samples")["tested"].tolist() == [True, False, True]
