"""What goes into diagnose, what is refused, and what comes out in a notebook, a figure and a terminal."""

import inspect
import os
import re
import subprocess
import sys
from collections import Counter
from html import unescape

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from matplotlib.figure import Figure
from test_diagnosis import EDGES

from helpers.datasets import shuttle
from helpers.diagnosis import diagnose
from helpers.diagnosis.__main__ import main
from helpers.diagnosis.facts import EPSILON
from helpers.diagnosis.finding import short
from helpers.diagnosis.report import NAMES as IN_THE_CURES
from helpers.diagnosis.report import rows

LABELS = [2, 0, 0, 0, 1, 1, 0, 0, 0, 0] * 10  # 70, 20 and 10 samples, the rarest first
NAMES = np.array(["cat", "dog", "emu"])[LABELS]
HUGE = 10**400  # no float holds it


@pytest.mark.parametrize(
    "given",
    [
        *([70, 20, 10], (70, 20, 10), np.array([70, 20, 10]), torch.tensor([70, 20, 10]), torch.tensor([70.0, 20, 10])),
        *({"cat": 70, "dog": 20, "emu": 10}, {2: 10, 1: 20, 0: 70}, Counter(LABELS), Counter(NAMES.tolist())),
        *(pd.Series(LABELS).value_counts(), pd.Series(NAMES).value_counts(), pd.Series([70, 20, 10])),
    ],
)
def test_counts_come_in_any_form_and_the_weights_in_the_order_of_the_classes(given):
    d = diagnose(given)
    assert d.weights.tolist() == pytest.approx([10 / 21, 10 / 6, 10 / 3])
    assert d.names == (("class 0", "class 1", "class 2") if "class 0" in str(d.names) else ("cat", "dog", "emu"))
    assert str(d) == repr(d)


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        *((LABELS, {}), (torch.tensor(LABELS).reshape(10, 10), {}), (np.array(LABELS, dtype=float), {})),
        *(([-100, *LABELS], {}), ([255, *LABELS], {"ignore_index": 255}), (LABELS, {"classes": ["cat", "dog", "emu"]})),
        *((NAMES, {}), (NAMES.tolist(), {}), (pd.Series(NAMES, dtype="category"), {})),
    ],
)
def test_labels_come_in_any_form(labels, options):
    assert diagnose(labels=labels, **options).facts.counts.tolist() == [70, 20, 10]


def test_classes_say_the_order_and_which_have_no_sample():
    assert diagnose(labels=NAMES, classes=["emu", "dog", "cat"]).facts.counts.tolist() == [10, 20, 70]
    assert diagnose(labels=LABELS, classes=5).facts.counts.tolist() == [70, 20, 10, 0, 0]
    assert diagnose(labels=[1, 5, 5], classes=[1, 5]).facts.counts.tolist() == [1, 2]
    assert diagnose({"a": 9, "c": 1}, classes=["c", "b", "a"]).facts.counts.tolist() == [1, 0, 9]
    assert diagnose([9, 1], classes=["a", "b"]).names == ("a", "b")
    assert "No sample of class 0" in str(diagnose(labels=np.array(LABELS) + 1))  # labels from 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"counts": [0.9, 0.09, 0.01]}, "these are shares"),
        ({"counts": pd.Series(NAMES).value_counts(normalize=True)}, "these are shares"),
        ({"counts": {"a": 90.5, "b": 9.5}}, "these are percentages"),
        ({"counts": LABELS}, "look like labels; give labels="),
        ({"counts": NAMES}, "give labels="),
        ({"counts": pd.Series(NAMES)}, "give labels="),
        ({"counts": Counter(torch.tensor(LABELS))}, "counts has tensors as keys"),
        ({"counts": pd.DataFrame({"label": NAMES})}, "counts is a table"),
        ({"counts": "ab"}, "counts is 'ab'"),
        ({}, "give either counts"),
        ({"counts": [3, 4], "labels": LABELS}, "give either counts"),
        ({"counts": {"cats": 3, "dogs": -1}}, r"counts\['dogs'\] is -1"),
        ({"counts": [3, float("nan")]}, r"counts\[1\] is nan"),
        ({"counts": [3, 10**400]}, "counts holds a number that no float can hold"),
        ({"counts": {"a": 3, "b": "4"}}, r"counts\['b'\] is '4'"),
        ({"counts": {"a": 3, "b": True}}, r"counts\['b'\] is True"),
        ({"counts": [3, 0]}, "fewer than two classes"),
        ({"counts": [[3, 4]]}, "counts has shape"),
        ({"counts": np.array([3, 4], dtype="datetime64[ns]")}, "dtype datetime64"),
        ({"labels": torch.eye(3)[LABELS]}, "looks one-hot"),
        ({"labels": [0.2, 0.9]}, "labels holds 0.2"),
        ({"labels": [[0.5, 0.5], [0.25, 0.75]]}, "labels holds 0.5"),
        ({"labels": [0, -1]}, "labels holds -1"),
        ({"labels": [0, float("nan"), 1]}, "labels holds nan"),
        ({"labels": [-100, -100]}, "labels holds no sample"),
        ({"labels": [0, 10**9]}, "labels holds 1000000000"),
        ({"labels": ["a", None]}, "missing value"),
        ({"labels": ["0", "1"]}, "numbers as text"),
        ({"labels": ["0.0", "1.0", "10.0", "2.0"]}, "numbers as text"),
        ({"labels": np.array([0, 1, 1], dtype=object)}, "numbers of dtype object; give numbers, labels.astype"),
        ({"labels": pd.Series([0.0, 1.0, 2.0, 10.0], dtype=object)}, "numbers of dtype object"),
        ({"labels": np.array([0.0, 1.0, -100.0], dtype=object)}, "numbers of dtype object"),
        ({"labels": NAMES, "classes": ["cat", "dog"]}, "classes lacks 'emu'"),
        ({"counts": [3, 4], "batch_size": 8}, "batch_size is 8, but counts has only 7 samples"),
        ({"counts": [3, 4], "weight": [1, 2, 3]}, r"weight has shape \(3,\)"),
        ({"counts": [3, 4], "weight": ["1", "9"]}, "weight has shape .*, dtype <U1; expected numbers, one a class"),
        ({"counts": [3, 4], "weight": [1, -2]}, "expected numbers from 0 to 1e30"),
        ({"counts": [3, 4, 0], "weight": [0, 0, 1]}, "not zero for all with samples"),
        ({"counts": [3, 4], "weight": [1, 1.1e30]}, "expected numbers from 0 to 1e30"),
        ({"counts": [3, 4], "weight": [1e308, 1e308]}, "expected numbers from 0 to 1e30"),
        ({"counts": [3, 4], "lr": 10**400}, "lr is a number that no float can hold"),
        ({"counts": [3, 4], "scheme": 10**400}, "scheme is a number that no float can hold"),
        ({"counts": [3, 4], "weight": [1, 2], "scheme": 0.5}, "^weight is given beside"),
        ({"counts": [3, 4], "weight": [1, 2], "pos_weight": 2.0}, "^weight is given beside"),
        ({"counts": [3, 4], "pos_weight": 2.0, "scheme": 0.5}, "^pos_weight is given beside"),
        ({"counts": [3, 4], "scheme": "log"}, "scheme is 'log'"),
        ({"counts": [3, 4], "optimizer": torch.optim.LBFGS}, "optimizer is"),
        ({"counts": [3, 4], "reduction": "average"}, "reduction is 'average'"),
        ({"counts": [3, 4], "dtype": torch.int64}, "dtype is torch.int64"),
        ({"counts": [3, 4], "autocast": True}, "autocast computes in"),
        ({"counts": [3, 4, 5], "loss": "bce"}, "loss is bce with 3 classes"),
        ({"counts": [3, 4], "lr": 0.0}, "lr is 0.0"),
        ({"counts": [3, 4], "momentum": 1.5}, "momentum is 1.5; expected a number from 0 to 1"),
        ({"counts": [3, 4], "inputs": torch.ones(7, 2)}, "without labels="),
        ({"labels": LABELS, "inputs": torch.ones(7, 2)}, r"inputs has shape \(7, 2\)"),
        ({"labels": ["a", "a", "b"], "inputs": torch.ones(3, 2)}, "labels holds names; with inputs= expected numbers"),
        ({"counts": [3e307] * 8}, "counts sums to infinity"),
        ({"labels": LABELS, "inputs": torch.full((100, 2), torch.inf)}, "expected finite features"),
        ({"labels": LABELS, "inputs": [[1e200]] * 100}, "expected finite features .*, none beyond 1e.100"),
    ],
)
def test_what_cannot_be_read_is_named(given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        diagnose(**given)


def test_what_may_be_something_else_is_said():
    assert "look like labels" in str(diagnose([1 + n for n in LABELS]))
    assert "look like labels" in str(diagnose([1, 2] * 10))
    assert "look like labels" not in str(diagnose([1, 2] * 9 + [1]))  # few classes
    assert "look like percentages" in str(diagnose([90, 9, 1]))
    assert "look like" not in str(diagnose([5000, 300, 20, 9]))


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [("adamw", "AdamW"), ("sgd", "SGD"), (torch.optim.AdamW, "AdamW"), (torch.optim.Adagrad, "Adagrad"),
     (type("Mine", (torch.optim.RMSprop,), {}), "RMSprop"), ("MOMENTUM", "momentum")],
)  # fmt: skip
def test_optimisers_by_name_or_class(optimizer, name):
    assert diagnose([3, 4], optimizer=optimizer).facts.optimizer == name


@pytest.mark.parametrize("name", ["SGD", "ASGD", "RMSprop", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad"])
def test_each_optimiser_is_known_with_pytorchs_own_epsilon(name):
    kind = getattr(torch.optim, name)
    own = inspect.signature(kind).parameters.get("eps")
    assert EPSILON[diagnose([3, 4], optimizer=kind).facts.optimizer] == (own.default if own else None)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_number_formats_by_name_or_as_torch_has_them(name):
    kind = getattr(torch, name)
    assert [diagnose([3, 4], dtype=given).facts.dtype for given in (name, kind)] == [kind, kind]


def test_the_report_holds_what_was_asked_and_what_follows(snapshot):
    counts = dict(zip(shuttle().class_names, shuttle().counts.tolist(), strict=True))
    d = diagnose(counts, reduction="none", lr=0.1, batch_size=128, clip_norm=1.0, momentum=0.9)
    assert str(d) == snapshot
    page = d._repr_html_()
    assert page.count("<li>") == page.count("<pre>") == len(d.findings)
    told = [f"{f.severity} · {f.sentence}{f.figure}{f.cure}shown in {f.notebook}" for f in d.findings]
    table = [name + value for name, value in rows(d.facts)]
    assert unescape(re.sub(r"</?[a-z][^>]*>", "", page)) == "".join([*table, *told, IN_THE_CURES])
    assert '<a href="03_gradient_scaling.ipynb">03_gradient_scaling</a>' in page
    assert "<script>" not in diagnose({"<script>": 5, "b": 7})._repr_html_()
    assert "1 sample," in str(diagnose([90, 1]))


@pytest.mark.parametrize(("name", "counts", "options"), [(name, *speaks) for name, _, speaks in EDGES])
def test_what_a_finding_says_at_its_edge(name, counts, options, snapshot):
    (found,) = [f for f in diagnose(counts, lr=0.1, **options).findings if f.name == name]
    assert "\n".join([found.sentence, found.figure, found.cure, found.notebook]) == snapshot


def test_the_few_are_named_as_one_or_as_many():
    for counts, said in (
        ([90, 7, 7, 7], "class 1, one of the 3 rarest classes, says little on one split: it has 7 samples."),
        ([90, 7, 8], "class 1, the rarest class, says little on one split: it has 7 samples."),
        ([90, 0, 1], "class 2, the rarest class, cannot be measured: it has 1 sample, to train on or to test on."),
        ([1, 1], "any class cannot be measured: each has 1 sample, to train on or to test on."),
        ([5, 5], "any class says little on one split: each has 5 samples."),
    ):
        assert f"The recall of {said}" in str(diagnose(counts))
    assert "figure   a quarter held out leaves 1.75\n" in str(diagnose([90, 7, 7, 7]))
    assert "figure   a quarter held out leaves none\n" in str(diagnose([90, 0, 1]))
    assert "# no class has a second sample" in str(diagnose([1, 1]))
    assert "# no class has a second sample" in str(diagnose([1, 1, 0]))
    early = diagnose([90, 10], reduction="none", optimizer="RAdam", clip_norm=1.0)
    assert "in its first five steps, as a learning rate 2 times larger." in str(early)
    assert "ordinary steps" not in str(early)
    assert "no sample of class 1, one of the 2 rarest classes." in str(diagnose([90, 7, 7], batch_size=2))


def test_numbers_are_written_short():
    assert [short(x) for x in (9.994e6, 1e7, 1e-4, 9.994e-5)] == ["9,990,000", "1e+07", "0.0001", "9.99e-05"]


def test_what_the_others_say(snapshot):
    below = diagnose([50, 50], weight=[0.25, 0.25], reduction="none", weight_decay=0.1, clip_norm=1.0)
    binary = diagnose(
        labels=[0] * 90 + [1] * 10,
        inputs=[[1.0]] * 90 + [[10.0]] * 10,
        loss="bce",
        lr=1.0,
        momentum=0.9,
        reduction="none",
    )
    pieces = diagnose(
        [50, 0, 3], batch_size=2, accumulation_steps=3, world_size=4, label_smoothing=0.5, sampler=True,
        dtype="float16", autocast=True, optimizer="Adam", state_dtype="float16",
    )  # fmt: skip
    assert "\n\n".join(str(d) for d in (below, binary, pieces)) == snapshot


def test_a_million_classes_are_no_trouble():
    d = diagnose(torch.arange(1, 10**6 + 1), batch_size=256)
    with pytest.raises(ValueError, match="counts has 1000001 classes; expected 2 to 1000000"):
        diagnose(torch.arange(1, 10**6 + 2))
    assert len(d.weights) == len(d.shift) == 10**6
    assert "1,000,000 and 500,000,500,000 samples" in str(d)


def test_the_figure_draws_weights_and_what_is_let_through():
    d = diagnose([10, 0, 90], batch_size=4)
    asked, through, batch = d.draw(Figure().add_subplot()).lines
    assert asked.get_xdata().tolist() == [10, 90]
    assert asked.get_ydata().tolist() == pytest.approx([5.0, 5 / 9])
    assert through.get_ydata().tolist() == pytest.approx(d.facts.through[[0, 2]].tolist())
    assert batch.get_ydata() == [4, 4]
    *_, step = diagnose([10, 90], batch_size=4, accumulation_steps=3).draw(Figure().add_subplot()).lines
    assert step.get_ydata() == [12, 12]


@pytest.mark.parametrize(
    ("text", "options", "like"),
    [
        ("class,count\ncat,900\ndog,50\n", [], {"counts": {"cat": 900, "dog": 50}}),
        ("label\n1\n0\n0\n1\n0\n", ["--batch", "2", "--lr", "0.1", "--optimizer", "adam", "--scheme", "0.5"],
         {"labels": [1, 0, 0, 1, 0], "batch_size": 2, "lr": 0.1, "optimizer": "adam", "scheme": 0.5}),
        ("id,y\n7,cat\n8,dog\n9,cat\n", ["--labels", "y", "--sampler"],
         {"labels": ["cat", "dog", "cat"], "sampler": True}),
        ("n\n900\n50\n", ["--counts", "n", "--pos-weight", "18"], {"counts": [900, 50], "pos_weight": 18.0}),
        ("\ufefflabel\nä\nb\nä\n", [], {"labels": ["ä", "b", "ä"]}),  # as Excel saves it
        ("label\n1_0\n1_0\n2_0\n", [], {"labels": ["1_0", "1_0", "2_0"]}),
        ("label\n007\n7\nA1\n1E5\nA1\n", [], {"labels": ["007", "7", "A1", "1E5", "A1"]}),
        ("name,count\n007,5\n7,90\nnan,3\n-100,4\ninf,8\ncat,9\n", [],
         {"counts": {"007": 5, "7": 90, "nan": 3, "-100": 4, "inf": 8, "cat": 9}}),
        ("class,count\n0.0,5\n1e3,90\n2,3\n", [], {"counts": {0: 5, 2: 3, 1000: 90}}),
        ("class,count\n0,5\ninf,90\nnan,3\n", [], {"counts": {"0": 5, "inf": 90, "nan": 3}}),
        ("name,count\ncat,900\n,\ndog,50\n,\n,\n", [], {"counts": {"cat": 900, "dog": 50}}),  # as spreadsheets add
        ("label,note\na,\n,\nb,x\na,\n", [], {"labels": ["a", "b", "a"]}),
        ("n,label\n1,a\n2,b\n3,a\n", ["--labels", "label"], {"labels": ["a", "b", "a"]}),
        ("label,n\na,1.5\nb,2\na,7\n", [], {"labels": ["a", "b", "a"]}),
        ("label,n,size\na,,3\nb,2,9\na,7,5\n", [], {"labels": ["a", "b", "a"]}),
        ("\n  \nname,count\ncat,900\ndog,50\n", [], {"counts": {"cat": 900, "dog": 50}}),
        (",name,count\n0,cat,900\n1,dog,50\n", [], {"counts": {"cat": 900, "dog": 50}}),  # as to_csv saves it
        (",label,count\n0,cat,900\n1,dog,50\n", [], {"counts": {"cat": 900, "dog": 50}}),
        ("id,n,class\n0,900,cat\n1,50,dog\n", ["--counts", "n"], {"counts": {"cat": 900, "dog": 50}}),
        (f"class,count\n{HUGE},5\n2,90\n", [], {"counts": {HUGE: 5, 2: 90}}),
        (f"class,count\n{HUGE},5\n2,90\n-100,3\n", [], {"counts": {HUGE: 5, 2: 90}}),
    ],
)  # fmt: skip
def test_the_terminal_says_the_same(tmp_path, capsys, text, options, like):
    file = tmp_path / "counts.csv"
    file.write_text(text, encoding="utf-8")
    assert main([str(file), *options]) == 0
    assert capsys.readouterr().out == f"{diagnose(**like)}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,y\n1,cat\n", "--counts COLUMN or --labels COLUMN"),
        (b"", "has the columns []"),
        (b"class,count\na,1\na,2\n", "twice"),
        (b"count,count\n1,2\n3,4\n", "expected no name twice, and rows below them"),
        (b"class,count\n", "expected no name twice, and rows below them"),
        (b"id,label\n1,a\n2,b\n3, \n", "has no label in row 3; drop that row or fill it in"),
        (b'label\na\n""\na\n', "has no label in row 2"),
        (b"label,note\na,\n,x\na,\n", "has no label in row 2"),
        (b"label,split,N\na,x,50\nb,x,4\na,y,5\nb,y,1\n", "column N of whole numbers; give --labels label if a row is"),
        (b"name,count\na,3\n,4\n", "has a count without a name in row 2; name that class"),
        (b"name,count\na,3\nb\n", "counts.csv has another number of cells in row 2 than its header"),
        (b"name,count\na,3,7\nb,1\n", "counts.csv has another number of cells in row 1 than its header"),
        (b"name;count\ncat;3\ndog;4\n", "['name;count']; expected, apart by commas, one named count"),
        (b"id,size,count\n0,cat,3\n1,dog,4\n", "in one column named name, class, label"),
        (b"name,class,count\n0,cat,3\n1,dog,4\n", "in one column named name, class, label"),
        (b"name,count\ncat,3\ndog,%d\n" % HUGE, "counts holds a number that no float can hold"),
        (b"\xff\xfe\x00", "counts.csv is no CSV in UTF-8"),
        ("label\ncat\ncat\n".encode("utf-16-le"), "counts.csv is no CSV in UTF-8 (it holds the character NUL"),
        (b"name,count\n" + b"a" * 200_000 + b",3\n", "counts.csv is no CSV in UTF-8"),
        (None, "counts.csv"),
    ],
    ids=[
        "names",
        "empty",
        "twice",
        "a header twice",
        "no rows",
        "no label",
        "an empty cell",
        "no label beside a note",
        "counts beside labels",
        "a count without a name",
        "a cell too few",
        "a cell too many",
        "semicolons",
        "columns without a name",
        "columns of two names",
        "a count without end",
        "no text",
        "UTF-16",
        "a cell without end",
        "no file",
    ],
)
def test_the_terminal_never_guesses(tmp_path, capsys, content, said):
    file = tmp_path / "counts.csv"
    if content is not None:
        file.write_bytes(content)
    assert main([str(file)]) == 2
    assert said in capsys.readouterr().err


def test_spaces_around_a_cell_make_no_class(tmp_path, capsys):
    file = tmp_path / "labels.csv"
    file.write_text("id , label \n1, cat \n2,cat\n3,dog \n")
    assert main([str(file)]) == 0
    assert capsys.readouterr().out == f"{diagnose(labels=['cat', 'cat', 'dog'])}\n"


def test_own_weights_are_not_taken_for_weight_decay(tmp_path, capsys):
    file = tmp_path / "counts.csv"
    file.write_text("class,count\ncat,900\ndog,50\n")
    with pytest.raises(SystemExit, match="2"):
        main([str(file), "--weight", "25000"])
    assert "own weights are one a class" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--classes", "--inputs"])
def test_what_the_file_holds_is_no_flag(tmp_path, capsys, flag):
    file = tmp_path / "counts.csv"
    file.write_text("class,count\ncat,900\ndog,50\n")
    with pytest.raises(SystemExit, match="2"):
        main([str(file), flag, "2"])
    assert f"unrecognized arguments: {flag}" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--lr", "--ignore-index", "--batch", "--scheme"])
def test_an_option_without_end_is_refused(tmp_path, capsys, option):
    file = tmp_path / "counts.csv"
    file.write_text("class,count\ncat,900\ndog,50\n")
    assert main([str(file), option, str(HUGE)]) == 2
    assert re.match(r"(lr|ignore_index|batch_size|scheme) is ", capsys.readouterr().err)


def test_it_runs_as_a_module_and_spells_out_what_a_terminal_cannot_write(tmp_path):
    file = tmp_path / "counts.csv"
    file.write_text("class,count\ncat,900\n\U0001f408,50\n", encoding="utf-8")
    command = [sys.executable, "-m", "helpers.diagnosis", file, "--batch", "32"]
    for encoding in ("ascii", "cp1252"):
        environment = os.environ | {"PYTHONIOENCODING": encoding}
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout
        assert re.search(rb"rarest class +\\U0001f408", told)
