"""What diagnose takes at the ends of each range, what it refuses just beyond, and by which name."""

import math
import re
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.diagnosis import diagnose
from helpers.diagnosis.formulas import misled_share

LABELS = [2, 0, 0, 0, 1, 1, 0, 0, 0, 0] * 10  # 70, 20 and 10 samples
REAL = {
    "label_smoothing": (0, 1),
    "lr": (1e-30, 1e30),
    "momentum": (0, 1),
    "weight_decay": (0, 1e30),
    "clip_norm": (1e-30, math.inf),
    "pos_weight": (1e-30, 1e30),
    "scheme": (-10, 10),
}
WHOLE = {"accumulation_steps": (1, 10**6), "world_size": (1, 10**6), "ignore_index": (-(2**63), 2**63 - 1)}


def refused(said: str, *counts, **options) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{said}"):
        diagnose(*counts, **options)


@pytest.mark.parametrize("name", REAL)
def test_a_real_number_is_taken_to_both_ends_and_refused_beyond(name):
    low, high = REAL[name]
    for end in (low, high, (low + min(high, 5)) / 2):
        diagnose([3, 4], **{name: end})
    beyond = [math.nextafter(low, -math.inf), math.nextafter(high, math.inf), math.nan]
    for bad in beyond[: None if high < math.inf else 1]:
        refused(f"{name} is {re.escape(str(bad))}; expected a number from {low:g} to ", [3, 4], **{name: bad})
    if name != "scheme":  # whose names are text
        refused(f"{name} is 'x'; expected a real number", [3, 4], **{name: "x"})


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_number_is_taken_to_both_ends_and_refused_beyond(name):
    low, high = WHOLE[name]
    for end in (low, high):
        diagnose([3, 4], **{name: end})
    for bad in (low - 1, high + 1):
        refused(f"{name} is {bad}; expected {low} to {high}$", [3, 4], **{name: bad})
    refused(f"{name} is 1.5; expected a whole number", [3, 4], **{name: 1.5})


def test_a_batch_holds_all_samples_or_fewer():
    diagnose([3, 4], batch_size=7)
    refused("batch_size is 8, but counts has only 7", [3, 4], batch_size=8)
    refused("batch_size is 0; expected at least 1", [3, 4], batch_size=0)
    refused("batch_size is 2.0; expected a whole", [3, 4], batch_size=2.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"loss": "nll"}, "loss is 'nll'; expected one of 'cross entropy', 'bce'$"),
        ({"sampler": 1}, "sampler is 1; expected True or False"),
        ({"autocast": "yes"}, "autocast is 'yes'; expected True or False"),
        ({"state_dtype": "int8"}, "state_dtype is 'int8'; expected one of float16"),
        ({"weight": [[1], [1, 2]]}, "weight is a list that numpy cannot read"),
        ({"classes": 1}, "classes is 1; expected 2 to 1000000"),
        ({"classes": 10**6 + 1}, "classes is 1000001; expected 2 to 1000000"),
        ({"classes": 2.5}, "classes is 2.5; expected a whole number"),
        ({"classes": ["a"]}, "classes has 1 names for 2 counts; expected one a class"),
        ({"classes": ["a", "b", "c"]}, "classes has 3 names for 2 counts; expected one a class"),
        ({"classes": ["a", "a"]}, r"classes is \['a', 'a'\]; expected a list of the names in the order of the logits"),
        ({"classes": ["a", None]}, r"classes is \['a', None\]; expected a list of the names"),
        ({"classes": {"a": 0, "b": 1}}, r"classes is {'a': 0, 'b': 1}; expected a list of the names"),
        ({"classes": {"a"}}, r"classes is {'a'}; expected a list of the names"),
        ({"classes": torch.tensor([0, 1])}, r"classes is tensor\(\[0, 1\]\); expected a list of the names"),
        ({"classes": "ab"}, "classes is 'ab'; expected a list of the names"),
        ({"classes": np.array(1)}, "classes is 1; expected 2 to 1000000"),
    ],
)
def test_an_option_is_refused_by_its_name(options, said):
    refused(said, [3, 4], **options)


def test_labels_and_inputs_are_refused_by_their_names():
    refused("labels is a list that numpy cannot read", labels=[[0], [0, 1]])
    refused("inputs is a list that numpy cannot read", labels=LABELS, inputs=[[0], [0, 1]])
    refused(r"inputs has shape \(100, 1\); expected finite features", labels=LABELS, inputs=[["a"]] * 100)
    for table in (pd.DataFrame({"id": [3, 4, 5], "y": [0, 1, 1]}), pd.DataFrame({"y": [0, 1, 1]})):
        refused(r"labels is a table; give one column: df\['label'\]$", labels=table)
    refused("labels holds 1000000; expected 0 to 999999", labels=[0, 1, 10**6])
    refused("labels holds numbers as text", labels=["-1", "0"])
    refused("labels holds a missing value, NA; drop those samples", labels=["0", "NA", "10", "1"])
    samples = [("a.jpg", 0), ("b.jpg", 1)]
    for rows in (samples, np.array(samples, dtype=object)):
        refused("labels holds rows of text and numbers; give the labels alone", labels=rows)
    assert diagnose(labels=[["a", -100], ["b", "b"]]).names == ("a", "b")
    refused(r"labels has shape \(2, 2\) and looks one-hot", labels=[[0, 1], [1, 0]])
    refused("counts or labels hold samples of fewer than two", labels=[[1], [1]])
    said = "expected one entry a class or sample"
    # A list of the values would be in the order in which the classes came.
    refused(rf"counts is dict_values\(\[2, 1\]\); {said}: give the mapping itself$", Counter([1, 0, 1]).values())
    refused(rf"labels is <generator .*>; {said}: give list\(...\) of it$", labels=(c for c in LABELS))
    refused(rf"labels is 7; {said}$", labels=7)
    refused(r"counts has shape \(2,\), dtype timedelta64", np.array([3, 4], dtype="timedelta64[s]"))
    refused("classes lacks 0, which has samples", labels=[0, 1, 2], classes=["a", "b"])


def test_weights_may_be_zero_or_huge_but_must_differ_by_what_float32_can_hold():
    diagnose([3, 4], weight=[0, 1])
    diagnose([3, 4], weight=[1e30, 1e30])
    diagnose([3, 4], weight=torch.tensor([1.0, 2.0], requires_grad=True))
    refused("counts or weight span more than float32", [3, 4], weight=[1e-30, 1e30])


def test_a_class_without_a_sample_carries_the_average_weight_but_for_own_ones():
    assert diagnose([1, 0, 3]).facts.weights.tolist() == pytest.approx([4, 2, 4 / 3])
    assert diagnose([1, 0, 3], weight=[4, 7, 1]).facts.weights.tolist() == [4, 7, 1]


@pytest.mark.parametrize(
    ("given", "order", "names"),
    [
        ([3, 4], "by number", ("class 0", "class 1")),
        ({1: 3, 0: 4}, "by number", ("class 0", "class 1")),
        ({"b": 3, "a": 4}, "as given", ("b", "a")),
        (Counter({"b": 3, "a": 4}), "alphabetical", ("a", "b")),
        (Counter({"b": 3, 2: 4}), "alphabetical", ("class 2", "b")),
        (pd.Series({"b": 3, "a": 4}), "alphabetical", ("a", "b")),
        (torch.tensor([3, 4], dtype=torch.bfloat16), "by number", ("class 0", "class 1")),
    ],
)
def test_where_the_order_of_the_classes_comes_from(given, order, names):
    d = diagnose(given)
    assert (d.facts.order, d.names) == (order, names)
    assert d.facts.counts.sum() == 7
    assert diagnose([3, 4], classes=["u", "v"]).facts.order == "as in classes"
    assert diagnose(labels=["u", "v", "v"], classes=["v", "u"]).facts.order == "as in classes"
    for kind in (int, np.int64, float):  # as numpy.unique counts them
        d = diagnose({kind(2): 5, kind(0): 7}, classes=["ok", "bad", "odd"])
        assert (d.names, d.facts.counts.tolist()) == (("ok", "bad", "odd"), [7, 0, 5])
    for classes in (pd.Index(["v", "u"]), pd.Series(["v", "u"], index=[1, 0])):
        assert diagnose(labels=["u", "v", "v"], classes=classes).facts.keys == ["v", "u"]
    # Numbers that are names of classes are names, and not places.
    assert diagnose({0: 900, 1: 90, 2: 10}, classes=[2, 1, 0]).facts.counts.tolist() == [10, 90, 900]
    assert diagnose(labels=[1] * 9 + [2] * 3, classes=[1, 2, 3]).facts.counts.tolist() == [9, 3, 0]
    assert diagnose(labels=[0, 0, 2], classes=torch.tensor(3)).facts.counts.tolist() == [2, 0, 1]


def test_counts_whose_classes_are_numbers_as_text_have_no_order_of_their_own():
    labels = [str(c) for c in range(11) for _ in range(c + 1)]
    for counts in (Counter(labels), pd.Series(labels).value_counts()):
        refused("counts has numbers as text for its classes; give numbers, or their order as classes=", counts)
        d = diagnose(counts, classes=[str(c) for c in range(11)])
        assert d.facts.counts.tolist() == list(range(1, 12))
    assert diagnose(Counter([*labels, "none"])).facts.order == "alphabetical"
    assert diagnose(dict(Counter(labels))).facts.counts.tolist() == list(range(1, 12))


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, ""])
def test_a_missing_name_is_no_class(missing):
    for labels in (["cat", missing, "dog"], [["cat", "dog"], ["cat", missing]]):
        with pytest.raises(ValueError, match="labels holds a missing value"):
            diagnose(labels=labels)
    assert diagnose(labels=[np.array(["a", "b"]), np.array(["a", "a"])]).facts.counts.tolist() == [3, 1]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, ""])
def test_a_missing_name_or_number_among_counts_is_refused_and_what_the_loss_ignores_left_out(missing):
    refused("counts has a missing value as a class", {"cat": 50, "dog": 9, missing: 500})
    refused("counts has a missing value as a class", pd.Series(["cat", "dog", missing]).value_counts(dropna=False))
    assert diagnose({0: 50, 1: 9, -100: 500}).names == ("class 0", "class 1")


@pytest.mark.parametrize("ignore_index", [-100, 0, 1, 2, 3, 255])
def test_counts_leave_out_what_labels_leave_out(ignore_index):
    labels = [0] * 50 + [1] * 9 + [2] * 7 + [255] * 30
    counted = Counter(labels)
    if ignore_index != 255:
        labels, counted = labels[:-30], Counter(labels[:-30])
    told = diagnose(labels=labels, ignore_index=ignore_index).facts.counts.tolist()
    assert diagnose(counted, ignore_index=ignore_index).facts.counts.tolist() == told
    whole = ([*told, 0])[:3]  # a list keeps the place of an ignored last class
    for counts in ([50, 9, 7], pd.Series([50, 9, 7])):
        assert diagnose(counts, ignore_index=ignore_index).facts.counts.tolist() == whole
    named = diagnose(counted, ignore_index=ignore_index, classes=["a", "b", "c"])
    assert (named.names, named.facts.counts.tolist()) == (("a", "b", "c"), whole)
    numbers = dict(zip([10, 20, 30], [50, 9, 7], strict=True))  # of which ignore_index is none
    assert diagnose(numbers, ignore_index=ignore_index, classes=[10, 20, 30]).facts.counts.tolist() == [50, 9, 7]
    names = ["c", "a", "b"]
    by_name = dict(zip(names, [50, 9, 7], strict=True))
    for given in ({"counts": by_name}, {"labels": [name for name, n in by_name.items() for _ in range(n)]}):
        assert diagnose(**given, ignore_index=ignore_index, classes=names).facts.counts.tolist() == whole


@pytest.mark.parametrize("count", [None, pd.NA, [1, 2], np.array([1, 2]), "3", True])
@pytest.mark.parametrize("classes", [None, ["a", "b"]])
def test_a_count_that_is_no_number_is_refused_by_name(count, classes):
    for counts in ({"a": 5, "b": count}, {"a": 5, "b": 3, "odd": count}):
        with pytest.raises(TypeError, match=r"counts\['(b|odd)'\] is .*; expected a number of samples"):
            diagnose(counts, classes=classes)


def test_a_masked_array_is_refused():
    mask = np.ma.masked_equal([[0, 1], [1, 255]], 255)
    for labels in (mask, list(mask)):
        refused(
            r"labels holds a masked array, whose masked entries would count: give its .compressed\(\)", labels=labels
        )
    assert diagnose(labels=mask.compressed()).facts.counts.tolist() == [1, 2]
    refused("counts holds a masked array", np.ma.masked_equal([5, 4, 255], 255))
    refused("weight holds a masked array", [5, 4], weight=np.ma.masked_equal([1.0, 9.0], 9))


@pytest.mark.parametrize("ignore_index", [-100, 255])
def test_what_the_loss_ignores_is_no_name(ignore_index):
    labels = ["a", "b", ignore_index, "b"]
    for given in ({"labels": labels}, {"labels": pd.Series(labels)}, {"counts": Counter(labels)}):
        d = diagnose(**given, ignore_index=ignore_index)
        assert (d.names, d.facts.counts.tolist()) == (("a", "b"), [1, 2])
    assert diagnose(labels=["a", "b", "-100"]).names == ("-100", "a", "b")
    assert diagnose(labels=["a", 3, "b", -100]).names == ("3", "a", "b")  # only what is ignored is left out


def test_a_series_of_weights_keeps_no_order_of_its_own():
    counts = pd.Series(["z"] * 900 + ["a"] * 40).value_counts()
    refused("weight is a Series with an index of its own", counts, weight=counts.sum() / counts)
    refused("weight is a table", counts, weight=(counts.sum() / counts).to_frame())
    assert diagnose([900, 40], weight=pd.Series([1.0, 9.0])).weights.tolist() == pytest.approx([0.746, 6.71], rel=1e-2)


@pytest.mark.parametrize(
    ("counts", "doubt"),
    [
        ([1, 2, 3, 4] * 5, "20 numbers that are only 1 to 4 look like labels"),
        ([1, 2] * 10, "20 numbers that are only 1 to 2 look like labels"),
        ([1, 2, 3, 4, 5] * 5, "25 numbers that are only 1 to 5 look like labels"),
        (list(range(1, 101)) * 5, "500 numbers that are only 1 to 100 look like labels"),
        (([1, 2, 3, 4] * 5)[:19], ""),
        ([1, 2, 3, 4, 5] * 4, ""),
        ([1, 2, 3, 5] * 5, "20 numbers that are only 1 to 5 look like labels"),
        ([2, 3, 4, 6] * 5, ""),
        ([1, 1.5, 2, 3, 5] * 6, ""),
        ([1.5, 2, 3, 4] * 5, ""),
        ([1, 2, 3, 7] * 5, "20 numbers that are only 1 to 7 look like labels"),
        ([1, 2, 3, 8] * 5, ""),
        ([1, 3] * 10, "20 numbers that are only 1 to 3 look like labels"),
        ([7] * 20, ""),
        (list(range(1, 102)) * 5, "505 numbers that are only 1 to 101 look like labels"),
        (list(range(2, 103)) * 5, ""),
        (list(range(1, 1001)) * 5, "5,000 numbers that are only 1 to 1000 look like labels"),
        (list(range(1, 1002)) * 5, ""),
        ([1, 2] * 90 + [4] * 20, "200 numbers that are only 1 to 4 look like labels"),
        ([1, 2] * 91 + [4] * 20, ""),
        ([0, 1, 2], "counts that are 0 to 2 in order look like numbers of classes"),
        (dict(zip("abcde", range(5), strict=True)), "counts that are 0 to 4 in order look like numbers of classes"),
        ([0, 1, 3], ""),
        ([1, 0, 2], ""),
        ([50, 30, 20], "counts that sum to exactly 100 look like percentages"),
        ([50, 30, 21], ""),
        ([60, 40], ""),
    ],
)
def test_counts_that_may_be_something_else(counts, doubt):
    assert diagnose(counts).facts.doubt == doubt


# The mean of long tails and of balanced classes, with few samples and many.
MEANS = {
    "a long tail": lambda c: 5000 / (c + 1),
    "a short tail": lambda c: 500 / (c + 1) ** 0.5,
    "a geometric tail": lambda c: 600 * 0.01 ** (c / 999),
    "balanced": lambda c: 500 + 0 * c,
    "few and many": lambda c: np.where(c % 20, 2, 900),
}


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize("classes", [10, 100, 1000, 7000])
def test_real_counts_are_not_doubted(name, classes):
    mean = MEANS[name](np.arange(classes))
    rounded, drawn = np.maximum(1, mean.round()), 1 + np.random.default_rng(classes).poisson(mean)
    for counts in (rounded, drawn, np.minimum(rounded, 300)):
        assert diagnose(counts).facts.doubt == ""


def test_only_counts_are_doubted():
    assert diagnose(labels=LABELS).facts.doubt == ""
    assert diagnose(labels=[1, 2, 2, 3, 3, 3]).facts.counts.tolist() == [0, 1, 2, 3]
    refused("counts holds 400 numbers that are only 0 to 2 look like labels; give labels=", [0, 2] * 200)
    coco = [c for c in range(1, 91) if c not in {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}]  # as its files number them
    assert "1 to 90 look like labels" in diagnose(np.random.default_rng(0).choice(coco, 2000)).facts.doubt
    refused("counts holds 100 numbers that are only 0 to 2 look like labels; give labels=", pd.Series(LABELS))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([0.5, 0.514], "counts sums to 1.01, so these are shares; multiply them by the number of samples$"),
        ([50.75, 50.75], "counts sums to 102, so these are percentages; multiply them by the number of samples / 100$"),
        ([98.6, 0.0, 0.1], "counts sums to 98.7, so these are percentages"),
    ],
)
def test_shares_and_percentages_are_told_within_their_rounding(counts, said):
    refused(said, counts)


@pytest.mark.parametrize("counts", [[0.5, 0.516], [51.0, 50.6], [100.6, 1.0]])
def test_what_sums_to_something_else_are_counts(counts):
    assert diagnose(counts).facts.counts.tolist() == counts


def test_ignored_rows_take_no_part_in_the_curvature():
    rows = torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    plain = diagnose(labels=LABELS, inputs=rows).facts.curvatures
    with_ignored = diagnose(labels=[7, *LABELS], inputs=torch.cat([rows[:1] * 100, rows]), ignore_index=7)
    assert with_ignored.facts.curvatures == pytest.approx(plain)


def test_rows_have_the_weight_of_their_class_wherever_classes_puts_it():
    rows = torch.randn(100, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor(LABELS)[:, None]
    plain = diagnose(labels=LABELS, inputs=rows).facts.curvatures
    assert plain[1] > 1.1 * plain[0]
    for classes in ([0, 1, 2], [2, 0, 1], [1, 2, 0], ["a", "b", "c"]):
        assert diagnose(labels=LABELS, inputs=rows, classes=classes).facts.curvatures == pytest.approx(plain)
    tens = [10 * label for label in LABELS]
    assert diagnose(labels=tens, inputs=rows, classes=[20, 0, 10]).facts.curvatures == pytest.approx(plain)


def test_features_without_a_column_are_refused():
    with pytest.raises(ValueError, match=r"inputs has shape \(100, 0\); expected finite features"):
        diagnose(labels=LABELS, inputs=torch.zeros(100, 0))


def test_a_series_that_names_a_class_twice_is_refused():
    with pytest.raises(ValueError, match=r"names a class twice; add them up: counts.groupby\(level=0\).sum\(\)"):
        diagnose(pd.Series([900, 90, 3, 5], index=["a", "b", "a", "b"]))


@pytest.mark.parametrize("kind", [dict, OrderedDict, lambda pairs: defaultdict(int, pairs)])
def test_a_mapping_keeps_its_order_and_a_counter_has_none(kind):
    pairs = [("b", 5), ("a", 90), ("c", 7)]
    assert diagnose(kind(pairs)).facts.keys == ["b", "a", "c"]
    assert diagnose(Counter(dict(pairs))).facts.keys == ["a", "b", "c"]


def test_the_report_names_a_state_that_differs_and_a_ratio_only_where_a_batch_is_a_part():
    said = str(diagnose([90, 10], dtype="bfloat16", state_dtype="float32", batch_size=20))
    assert re.search(r"^format +bfloat16, state float32$", said, re.MULTILINE)
    assert "ratio that the batch lets through" in said
    assert "ratio that the batch lets through" not in str(diagnose([90, 10], batch_size=100))
    assert "figure" not in str(diagnose([50, 50], weight=[0.25, 0.25], weight_decay=0.1))


def test_smoothing_misleads_from_its_edge_on():
    share = torch.tensor([0.9, 0.1]).double()
    edge = 0.1 / (2 * 0.9 + 0.1)  # e / K = w (1 - e + e / K) for w, at e = 0.1 and K = 2
    weights = [torch.tensor([factor * edge, 1.0]).double() for factor in (0.999, 1.001)]
    assert [misled_share(share, w, 0.1) for w in weights] == [share[0], 0.0]


@pytest.mark.parametrize("name", ["Total", "all", "SUM", " Summe:", "Grand Total", "Totals", "Total samples", "\u03a3"])
def test_a_row_of_sums_is_no_class(name):
    for kind in (dict, pd.Series):
        refused(f"counts has a class {name}, the sum of the others", kind({"cat": 50, "dog": 30, name: 80}))
    refused(f"counts has a class {name}", {"cat": np.uint8(100), "dog": np.uint8(50), name: np.uint8(150)})
    # Where each sample is counted, or each class named, there is no such row.
    assert diagnose(Counter({"cat": 50, "dog": 30, name: 80})).facts.counts.sum() == 160
    assert diagnose({"cat": 50, "dog": 30, name: 80}, classes=["cat", "dog", name]).facts.counts.sum() == 160
    for counts in ({"cat": 50, "dog": 30, name: 81}, {"cat": 80, name: 80}, {"cat": 50, "dog": 30, "birds": 80}):
        assert diagnose(counts).facts.counts.tolist() == list(counts.values())
