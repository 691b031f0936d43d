"""diagnose: its facts against closed forms and simulation, each finding on both sides of its edge, bad input."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from conftest import LESSONS
from hypothesis import given
from hypothesis import strategies as st

from helpers.datasets import austen_pairs, shuttle
from helpers.diagnosis import diagnose
from helpers.diagnosis.facts import EPSILON, absent_share, effective_ratio, scheme_weights


def findings(counts, **options):
    return {finding.name: finding for finding in diagnose(counts, **options).findings}


@pytest.mark.parametrize(("count", "samples", "batch"), [(3, 20, 4), (1, 5, 5), (2, 9, 1), (5, 12, 8), (4, 10, 6)])
def test_absent_share_is_counted_over_all_batches(count, samples, batch):
    draws = list(itertools.combinations(range(samples), batch))
    without = sum(min(draw) >= count for draw in draws)
    assert absent_share(count, samples, batch) == pytest.approx(without / len(draws), abs=1e-12)


def test_absent_share_of_many_samples_joins_smoothly():
    below, above = absent_share(1e6, 1e12, 1_000_000), absent_share(1_000_001, 1e12, 1_000_001)
    assert below == pytest.approx(math.exp(-1), rel=1e-5)
    assert above == pytest.approx(below, rel=1e-5)


@given(
    counts=st.lists(st.integers(1, 1000), min_size=2, max_size=6),
    batch=st.integers(1, 4),
    scheme=st.sampled_from(["inverse frequency", "square root", "sum to one", "none"]),
)
def test_effective_ratio_is_the_sum_over_all_batches(counts, batch, scheme):
    n = torch.tensor(counts, dtype=torch.float64)
    w, share = scheme_weights(n, scheme), n / n.sum()
    loss = torch.zeros(len(n), dtype=torch.float64)
    for draw in itertools.product(range(len(n)), repeat=batch):
        index = torch.tensor(draw)
        loss.index_add_(0, index, share[index].prod() * w[index] / w[index].sum())
    exact = loss / share
    for first, second in ((0, 1), (-1, 0)):
        found = effective_ratio(n, w, first, second, batch)
        assert found == pytest.approx(float(exact[first] / exact[second]), rel=1e-8)


def test_effective_ratio_runs_from_one_to_nominal():
    n = torch.tensor([900.0, 90.0, 10.0], dtype=torch.float64)
    w = n.sum() / n
    ratios = [effective_ratio(n, w, 2, 0, batch) for batch in (1, 4, 16, 64, 1000, 10**6)]
    assert ratios[0] == pytest.approx(1.0, abs=1e-9)
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(90.0, rel=1e-3)


def test_many_classes_are_binned_without_harm(monkeypatch):
    n = austen_pairs().counts.double()
    w = n.sum() / n
    binned = effective_ratio(n, w, 6518, 0, 64)
    monkeypatch.setattr("helpers.diagnosis.facts._binned", lambda share, weights: (share, weights))
    assert binned == pytest.approx(effective_ratio(n, w, 6518, 0, 64), rel=1e-7)


def test_facts_of_shuttle():
    facts = diagnose(shuttle().counts, reduction="none", batch_size=256).facts
    assert facts.scale == pytest.approx(7.0)
    assert facts.ranges["as they are"] == pytest.approx((58000 / 45586, 5800.0))
    assert facts.ranges["max one"] == pytest.approx((10 / 45586, 1.0))
    assert facts.ranges["sample mean one"] == pytest.approx((58000 / 45586 / 7, 5800 / 7))
    assert facts.nominal_ratio == facts.effective_ratio == pytest.approx(4558.6)
    assert facts.room_above == pytest.approx(torch.finfo(torch.float32).max / (5800 * math.log(7)))


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("none", [1.0, 1.0]),
        ("inverse frequency", [100 / 99, 100.0]),
        ("balanced", [50 / 99, 50.0]),
        ("sum to one", [0.01, 0.99]),
        ("square root", [(100 / 99) ** 0.5, 10.0]),
        ("effective number", [2 / (1 + 1000 * (1 - 0.999**99)), 2 * (1 - 1 / (1 + 1000 * (1 - 0.999**99)))]),
    ],
)
def test_schemes(scheme, expected):
    assert diagnose([99, 1], scheme=scheme).facts.weights.tolist() == pytest.approx(expected)


def test_the_scale_is_one_where_the_weights_cancel():
    assert diagnose([900, 100], reduction="mean").facts.scale == 1.0
    assert diagnose([900, 100], reduction="sum").facts.scale == pytest.approx(2.0)


# Each pair stands just inside and just outside the edge of the finding.
def classes(k, count=1000):
    return [count] * k


@pytest.mark.parametrize(
    ("name", "quiet", "speaks"),
    [
        # Equal classes: the average sample weighs K under N / n_c, so K is the scale.
        ("scale", ([1000, 1], {"reduction": "none", "scheme": "none"}), (classes(2), {"reduction": "none"})),
        ("scale", (classes(2), {"reduction": "mean"}), (classes(2), {"reduction": "sum"})),
        ("scale", (classes(2), {"reduction": "none", "optimizer": "Adam"}),
         (classes(2), {"reduction": "none", "optimizer": "Nesterov"})),
        # Sum to one over K equal classes: weights 1 / K, average entry 2 / K^2 against 1e-8.
        ("epsilon", (classes(14_142), {"reduction": "none", "scheme": "sum to one", "optimizer": "Adam"}),
         (classes(14_143), {"reduction": "none", "scheme": "sum to one", "optimizer": "Adam"})),
        ("epsilon", (classes(14_143), {"reduction": "none", "scheme": "sum to one", "optimizer": "Adagrad"}),
         (classes(14_143), {"reduction": "none", "scheme": "sum to one", "optimizer": "RMSprop"})),
        # float16 ends at 65 504. Without weights the sum over B samples of K classes is B log K.
        ("overflow", (classes(20), {"reduction": "sum", "scheme": "none", "dtype": torch.float16}),
         (classes(22), {"reduction": "sum", "scheme": "none", "dtype": torch.float16})),
        ("overflow", ([65_503, 1], {"reduction": "none", "dtype": torch.float16}),
         ([65_504, 1], {"reduction": "none", "dtype": torch.float16})),
        ("overflow", ([65_504, 1], {"reduction": "none", "dtype": torch.bfloat16}),
         ([65_504, 1], {"reduction": "none", "dtype": torch.float16})),
        # Two equal classes without weights: the smallest entry is 1 / (2 B), half the smallest number 2^-25.
        ("underflow", (classes(2, 2**23), {"reduction": "none", "scheme": "none", "dtype": torch.float16}),
         (classes(2, 2**23 + 1), {"reduction": "none", "scheme": "none", "dtype": torch.float16})),
        # The ratio 9 of a batch of B arrives as 1 at B = 1 and passes a half between 12 and 13.
        ("batch", ([900, 100], {"batch_size": 13}), ([900, 100], {"batch_size": 2})),
        ("batch", ([900, 100], {"batch_size": 2, "reduction": "sum"}), ([900, 100], {"batch_size": 2})),
        # One sample in 100: half of the batches of 50 hold it.
        ("absent", ([99, 1], {"batch_size": 50}), ([99, 1], {"batch_size": 49})),
        ("few samples", ([1000, 40], {}), ([1000, 39], {})),
        ("calibration", ([199, 100], {}), ([200, 100], {})),
    ],
)  # fmt: skip
def test_a_finding_speaks_from_its_edge(name, quiet, speaks):
    assert name not in findings(quiet[0], **quiet[1])
    assert name in findings(speaks[0], **speaks[1])


@pytest.mark.parametrize(("k", "severity"), [(9, "hurts"), (10, "breaks")])
def test_a_tenfold_scale_breaks(k, severity):
    assert findings(classes(k), reduction="none")["scale"].severity == severity


def test_small_scales_speak_too():
    assert "scale" not in findings([1000, 1000], reduction="none", scheme="balanced")
    found = findings(classes(2), reduction="none", scheme="sum to one", lr=0.1)["scale"]
    assert "2 times smaller, so your 0.1 acts as 0.05" in found.sentence
    assert "lr = 0.2" in found.cure


def test_the_half_of_the_ratio_is_where_the_batch_finding_turns():
    n = [900, 100]
    sizes = range(1, 40)
    lost = [diagnose(n, batch_size=b).facts.effective_ratio < 4.5 for b in sizes]
    spoken = ["batch" in findings(n, batch_size=b) for b in sizes]
    assert lost == spoken
    assert sorted(lost, reverse=True) == lost
    assert 1 < sum(lost) < 38


def test_a_healthy_case_says_so():
    diagnosis = diagnose({"cats": 500, "dogs": 480})
    assert diagnosis.findings == ()
    assert "Nothing to mend" in str(diagnosis)
    assert "Nothing to mend" in diagnosis._repr_html_()


def test_findings_come_in_order_of_severity():
    case = diagnose(austen_pairs().counts, reduction="none", dtype=torch.float16, batch_size=64, scheme="sum to one")
    order = [finding.severity for finding in case.findings]
    assert order == sorted(order, key=["breaks", "hurts", "note"].index)
    assert {"breaks", "hurts", "note"} == set(order)


def test_every_cure_is_code_and_every_notebook_exists():
    stems = {path.stem for path in LESSONS}
    counts, options = austen_pairs().counts, {"batch_size": 64, "lr": 0.1}
    for dtype, optimizer, reduction in itertools.product(
        (torch.float16, torch.float32), EPSILON, ("mean", "sum", "none")
    ):
        for scheme in ("inverse frequency", "sum to one"):
            options |= {"dtype": dtype, "optimizer": optimizer, "reduction": reduction, "scheme": scheme}
            case = diagnose(counts, **options)
            for finding in case.findings:
                compile(finding.cure, "cure", "exec")
                assert finding.notebook in stems


@pytest.mark.parametrize(
    "counts",
    [[30, 10], (30, 10), np.array([30, 10]), torch.tensor([30, 10]), {"a": 30, "b": 10}, Counter(a=30, b=10),
     torch.bincount(torch.tensor([0] * 30 + [1] * 10))],
)  # fmt: skip
def test_counts_come_in_any_form(counts):
    diagnosis = diagnose(counts)
    assert diagnosis.facts.weights.tolist() == pytest.approx([4 / 3, 4.0])
    assert ("b, 10" if isinstance(counts, dict) else "class 1, 10") in str(diagnosis)
    assert str(diagnosis) == repr(diagnosis)


def test_html_escapes_names():
    assert "<script>" not in diagnose({"<script>": 5, "b": 7})._repr_html_()


def test_a_million_classes_are_no_trouble():
    counts = torch.arange(1, 10**6 + 1)
    diagnosis = diagnose(counts, batch_size=256)
    assert len(diagnosis.facts.weights) == 10**6
    assert "1,000,000 and 500,000,500,000" in str(diagnosis)


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ([3, 0], {}, "class 1 has no sample"),
        ({"cats": 3, "dogs": 0}, {}, r"counts\['dogs'\] is 0"),
        ({"cats": 3, "dogs": math.nan}, {}, r"counts\['dogs'\] is nan"),
        ([3, -1], {}, r"counts\[1\] is -1"),
        ([3, math.inf], {}, r"counts\[1\] is inf"),
        ([3], {}, "counts has one class"),
        ([], {}, "counts has shape"),
        ([[3, 4]], {}, "counts has shape"),
        ([3, 4], {"reduction": "average"}, "reduction is 'average'"),
        ([3, 4], {"optimizer": "sgd"}, "optimizer is 'sgd'"),
        ([3, 4], {"scheme": "log"}, "scheme is 'log'"),
        ([3, 4], {"dtype": torch.int64}, "dtype is torch.int64"),
        ([3, 4], {"lr": 0.0}, "lr is 0.0"),
        ([3, 4], {"lr": math.nan}, "lr is nan"),
        ([3, 4], {"batch_size": 0}, "batch_size is 0"),
        ([3, 4], {"batch_size": 8}, "batch_size is 8; expected 1 to 7"),
    ],
)
def test_bad_input_is_named(counts, options, message):
    with pytest.raises(ValueError, match=message):
        diagnose(counts, **options)


@pytest.mark.parametrize("counts", ["ab", None, {"a": "x", "b": "y"}, ["3", "4"]])
def test_counts_of_another_kind_are_refused(counts):
    with pytest.raises(TypeError, match="counts"):
        diagnose(counts)
