"""The page that diagnoses: the same answers as the package, and what a reader does with it, in Chromium."""

import csv
import io
import math
import random
import re
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
import torch
from browsing import complaints, new_page
from playwright.sync_api import Browser, Page, expect
from test_diagnosis import EDGES
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from helpers.diagnosis import diagnose, facts
from helpers.diagnosis.__main__ import COUNTING, main, read
from helpers.diagnosis.doubts import MISSING, TOTALS
from helpers.diagnosis.finding import samples, short
from helpers.diagnosis.options import optimizer_name
from helpers.diagnosis.report import NAMES as IN_THE_CURES
from helpers.diagnosis.report import rows
from helpers.moving import module
from helpers.weights import SCHEMES

INPUTS = 300
DRAW = random.Random(16)
# What the page calls the options of diagnose.
NAMES = {
    "smoothing": "label_smoothing",
    "decay": "weight_decay",
    "clip": "clip_norm",
    "batch": "batch_size",
    "accumulation": "accumulation_steps",
    "ranks": "world_size",
    "positive": "pos_weight",
    "state": "state_dtype",
}
TEMPLATE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><body>
<main id="here"></main><script type="module">%s
window.answers = (all) => all.map(compute);
Object.assign(window, { general, fixed, brief, samples, EPSILON, FORMATS });
render({ el: document.getElementById("here") });</script></body></html>"""
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[+-]\d+)?")


@pytest.fixture(scope="module")
def page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    phone = new_page(chromium, viewport={"width": 390, "height": 844})
    file = tmp_path_factory.mktemp("calculator") / "page.html"
    file.write_text(TEMPLATE % module("calculator"), encoding="utf-8")
    phone.goto(file.as_uri())
    yield phone
    phone.close()


def spread(low: float, high: float) -> float:
    return math.exp(DRAW.uniform(math.log(low), math.log(high)))


def draw() -> tuple[list[int], dict[str, Any]]:
    """Counts of two to sixty classes, and options that cross every edge now and then."""
    binary = DRAW.random() < 0.15
    classes = 2 if binary else round(spread(2, 60))
    counts = [round(spread(1, 10 ** DRAW.uniform(1, 6))) for _ in range(classes)]
    if classes > 2 and DRAW.random() < 0.1:
        counts[DRAW.randrange(classes)] = 0
    dtype = DRAW.choice(["float16", "bfloat16", "float32"])
    positive = spread(0.01, 1e4) if binary and DRAW.random() < 0.3 else None
    own = [DRAW.choice([0.0, 1.0, spread(0.01, 1e4)]) for _ in counts[:-1]] + [spread(0.01, 1e4)]
    return counts, {
        "weight": own if counts[-1] and positive is None and DRAW.random() < 0.15 else None,
        "positive": positive,
        "state": DRAW.choice([None, None, None, "float16", "float32"]),
        "scheme": DRAW.choice([*SCHEMES, round(DRAW.uniform(0, 1.5), 2)]),
        "loss": "bce" if binary else "cross entropy",
        "reduction": DRAW.choice(["mean", "sum", "none"]),
        "smoothing": 0 if binary else DRAW.choice([0, 0, 0.1, 0.01]),
        "optimizer": DRAW.choice(["SGD", "momentum", "Nesterov", "Adam", "AdamW", "RMSprop", "Adagrad", "Adamax"]),
        "lr": DRAW.choice([None, float(f"{spread(1e-4, 10):.2g}")]),
        "momentum": DRAW.choice([0, 0.9]),
        "decay": DRAW.choice([0, 1e-4, 0.01]),
        "clip": DRAW.choice([None, 1.0]),
        "batch": DRAW.choice([None, min(sum(counts), round(spread(1, 4096)))]),
        "accumulation": DRAW.choice([1, 1, 4]),
        "ranks": DRAW.choice([1, 1, 8]),
        "sampler": DRAW.random() < 0.2,
        "dtype": dtype,
        "autocast": dtype != "float32" and DRAW.random() < 0.5,
    }


def on_page(options: dict[str, Any]) -> dict[str, Any]:
    """Options of the package as the page calls them."""
    called = {name: option for option, name in NAMES.items()}
    given = {called.get(name, name): str(value) if "dtype" in name else value for name, value in options.items()}
    given |= {name: given[name].removeprefix("torch.") for name in ("dtype", "state") if name in given}
    return given | {"optimizer": optimizer_name(options.get("optimizer", "SGD"))}


def in_python(options: dict[str, Any]) -> dict[str, Any]:
    """The page lets own weights and ``pos_weight`` take the place of the scheme; the package refuses both."""
    if options.get("weight") or options.get("positive") is not None or options.get("pos_weight") is not None:
        options = {name: value for name, value in options.items() if name != "scheme"}
    return {NAMES.get(name, name): value for name, value in options.items()}


def same(page_says: str, package_says: str) -> bool:
    """The same words, and the same numbers but for a last digit that rounding of a half decides."""
    if page_says == package_says:
        return True
    left, right = ([float(number.replace(",", "")) for number in NUMBER.findall(t)] for t in (page_says, package_says))
    words = NUMBER.sub("#", page_says) == NUMBER.sub("#", package_says)
    return words and left == pytest.approx(right, rel=0.011)


def test_the_page_offers_every_scheme_and_says_what_the_cures_name(page: Page):
    offered = page.get_by_label("weights", exact=True).locator("option").all_inner_texts()
    assert set(SCHEMES) <= set(offered)
    text = module("calculator")
    assert IN_THE_CURES.partition("z and y the logits")[2] in text


def test_answers_are_those_of_the_package(page: Page):
    cases = [draw() for _ in range(INPUTS)]
    # And what random inputs seldom are: like labels or percentages, and on either side of each edge.
    cases += [(counts, on_page({})) for counts in ([1, 2, 3] * 8, [1, 2, 3, 4] * 5, [61, 62, 63] * 8, [70, 20, 10])]
    like_labels = [[1, 2, 3, 5], [1, 2, 3, 7], [1, 2, 3, 8], [2, 3, 5], [1.5, 2, 3, 5]]
    like_labels += [list(range(*ends)) for ends in ((1, 102), (2, 103), (1, 1001), (1, 1002))]
    cases += [(some * 6, on_page({})) for some in like_labels]
    cases += [([1, 2] * n + [4] * 20, on_page({})) for n in (90, 91)] + [(list(range(k)), on_page({})) for k in (3, 7)]
    cases += [(counts, on_page(options)) for _, *sides in EDGES for counts, options in sides]
    # And 256 classes of which the last may mark what has no label, or may not.
    cases += [([71, 20, *[0] * 252, *last], on_page({})) for last in ([0, 1], [1, 10], [5, 0], [0, 10, 0], [10])]
    # A batch of one of two classes, which a balanced sampler fills with either as often.
    cases += [([900, 100], on_page({"batch_size": 1, "scheme": "square root", "lr": lr})) for lr in (None, 0.03)]
    # Smoothing whose correction is not offered, or leaves classes out; RAdam's start; weights beside a sampler.
    smoothed = {"label_smoothing": 0.1, "batch_size": 128}
    cases += [(counts, on_page(smoothed | options)) for counts, options in (
        ([9000, 990, 10], {"weight": [0.0, 1.0, 1.0]}),
        ([6000, 3900, 100], {"weight": [1.0, 2.0, 0.1], "batch_size": 4}),
        ([900, 60, 40], {"weight": [1.0, 15.0, 0.0], "batch_size": 1000}),
        ([900, 100, 0], {"weight": [1.0, 9.0, 0.0], "batch_size": 1000}),
    )]  # fmt: skip
    cases += [([5] * k, on_page({"reduction": "none", "optimizer": torch.optim.RAdam})) for k in (2990, 3010)]
    cases += [
        ([90, 10], on_page({"label_smoothing": 1.0})),
        ([900, 60, 40], on_page({"label_smoothing": 0.1, "weight": [0, 0.02, 2]})),
    ]
    beside = {"sampler": True, "batch_size": 4}
    cases += [(counts, on_page(beside | options)) for counts, options in (
        ([3000, 600, 120, 24, 8], {}),
        ([900, 100], {"weight": [1.5, 0.5]}),
        ([900, 60, 40], {"weight": [1.0, 15.0, 1.0]}),
        ([900, 900, 40], {"weight": [1.0, 2.0, 15.0]}),
        ([900, 60, 40], {"weight": [0.0, 15.0, 1.0]}),
        ([5000, 4900, 50], {"weight": [1.0, 1.0, 100.0]}),
        ([5000, 4900, 50], {"weight": [1.0, 0.9, 100.0]}),
        ([5000, 4900, 50], {"weight": [1.0, 0.0, 100.0]}),
        ([100_000, 50_000, 100], {"scheme": "effective number"}),
    )]  # fmt: skip
    cases += [(counts, on_page({"reduction": "none"} | options)) for counts, options in (
        ([5] * 31, {"optimizer": torch.optim.RAdam, "lr": 0.1}),
        ([321, 1], {"batch_size": 161}),
        ([5] * 8, {"optimizer": torch.optim.RAdam, "lr": 0.01, "reduction": "sum", "batch_size": 40}),
    )]  # fmt: skip
    texts = [{"text": ", ".join(map(str, counts)), "kind": "counts", **options} for counts, options in cases]
    seen, unequal = set(), 0
    for answer, (counts, options) in zip(page.evaluate("all => answers(all)", texts), cases, strict=True):
        d = diagnose(counts, **in_python(options))
        for one, finding in zip(answer["findings"], d.findings, strict=True):
            assert all(one[part] == getattr(finding, part) for part in ("severity", "name", "notebook"))
            pairs = [(one[part], getattr(finding, part)) for part in ("sentence", "figure", "cure")]
            assert all(same(*pair) for pair in pairs), pairs
            unequal += sum(a != b for a, b in pairs)
            seen.add(finding.name)
        for (name, value), (known, right) in zip(answer["rows"], rows(d.facts), strict=True):
            assert name == known
            assert same(value, right), (name, value, right)
            unequal += value != right
        assert answer["weights"] == pytest.approx(d.facts.advised.tolist(), rel=1e-9)
        assert answer["shift"] == pytest.approx(d.facts.shift.tolist(), abs=1e-9)
        assert answer["lr"] == (None if d.lr is None else pytest.approx(d.lr, rel=1e-9))
    assert unequal <= 5
    # Each finding that needs no features was met.
    assert seen == {
        *("overflow", "underflow", "state", "scale", "decay", "outweighs", "twice"),
        *("smoothing", "batch", "calibration", "empty", "absent", "few samples", "epsilon", "input"),
    }


def test_the_mark_of_what_has_no_label_is_that_of_the_package_to_the_last_digit(page: Page):
    counts = [71, 20, *[0] * 253, 10]
    (answer,) = page.evaluate("all => answers(all)", [{"text": " ".join(map(str, counts)), "kind": "counts"}])
    (cure,) = (one["cure"] for one in answer["findings"] if one["name"] == "empty")
    assert "ignore_index=255)" in cure
    assert cure == next(finding.cure for finding in diagnose(counts).findings if finding.name == "empty")


def test_words_among_numbers_are_labels_where_they_are_called_so(page: Page):
    (answer,) = page.evaluate("all => answers(all)", [{"text": "cats 3 dogs cats", "kind": "labels"}])
    assert answer["keys"] == ["3", "cats", "dogs"]
    (pairs,) = page.evaluate("all => answers(all)", [{"text": "dogs, 40\ncats, 5000", "kind": "auto"}])
    assert pairs["keys"] == ["dogs", "cats"]
    (mixed,) = page.evaluate("all => answers(all)", [{"text": "cats, 3\ndogs\ncats", "kind": "labels"}])
    assert mixed["keys"] == ["3", "cats", "dogs"]
    assert answer["weights"] == pytest.approx(diagnose(labels=["cats", "3", "dogs", "cats"]).facts.advised.tolist())


def test_code_runs_and_gives_the_advised_weights(page: Page):
    cases = [draw() for _ in range(20)]
    texts = [{"text": " ".join(map(str, counts)), "kind": "counts", **options} for counts, options in cases]
    for answer, (counts, options) in zip(page.evaluate("all => answers(all)", texts), cases, strict=True):
        binary = options["loss"] == "bce"
        z = torch.randn(8) if binary else torch.randn(8, len(counts))
        y = torch.randint(0, 2, (8,)).float() if binary else torch.randint(0, len(counts), (8,))
        space: dict[str, Any] = {"z": z, "y": y}
        exec(answer["code"], space)
        d = diagnose(counts, **in_python(options))
        assert space["weights"].tolist() == pytest.approx(d.weights.tolist(), rel=1e-6)
        assert space["loss"].shape == ()
        if d.lr is not None:
            assert space["lr"] == pytest.approx(d.lr, rel=0.01)


TABLES = [
    "name,count\ncats,5000\ndogs,40\n",
    'name,count\n"cats, wild",5000\n"a ""dog""",40\nbirds,70\n',
    "class,count\n2,70\n0,5000\n10,40\n",
    "count\n5000\n40\n",
    "name,count\ncats,70\n7,5000\n2,40\n",
    "name,count\ncats,45.5860\ndogs,0.500\n",
    "name,count\n007,70\n7,5000\ncat,40\n",
    "label\ncats\ndogs\ncats\nants\n",
    "id,label\na,0\nb,2\nc,2\nd,0\ne,-100\n",
    "class,count\n1,40\n-100,70\n0,5000\n",
    ",name,count\n0,cats,70\n1,dogs,40\n",
    "label,note\ncats,\ndogs,two\ncats,\n",
    "size,label\n1.5,cats\n2,cats\n,dogs\n",
    "legs,label\n4,cats\n4,cats\n2,birds\n",
    "label\ncats\nNA\ncats\n",
    'label\n"Weird" Al\nabc\n"Weird" Al\n"a ""b""" "c"\n"ab"c\n "z" \n',
    "text,label\nhello; you,1\nhello,0\nyou,0\n",
    "name,count\ncats,5000\n,\ndogs,40\n,\n",
    "label\n\U0001f600\n\uff5e\n\uff5e\n",
    '\n  \nname,count\n\n cats ,5000\n"dogs ",40\n',
]
COUNTED = ["COUNT(*)", "count(id)", "count_star()", "n()", "Count of id", "# images"]  # by a form, not by a name
# The table, what the page says of it; the terminal refuses it, too.
REFUSED = [
    ("name,count\ncats,5,000\ndogs,40\n", 'the table has 2 columns, and its line "cats,5,000" has 3; write 5000'),
    ("name;count\ncats;1,234\ndogs;40\n", 'counts of cats is "1,234"'),
    ("name,size,count\ncats,5000\ndogs,1,40\n", 'its line "cats,5000" has 2'),
    ("name,count\ncats,5000\n   \ndogs,40\n", 'its line "   " has 1'),
    ("name,count,count\ncats,5000,1\ndogs,40,2\n", "expected no name twice"),
    (",kind,count\n0,cats,5000\n1,dogs,40\n", "expected beside count the names of the classes alone"),
    ('name,count\n"cats,5000\ndogs,40\n', "a quote has no end"),
    ("name,n\ncats,5000\ndogs,40\n", "no column is named count; expected a first line name,count"),
    ("class,samples\ncats,40\ndogs,40\nants,40\n", "no column is named count"),
    ("sep=;\nname;count\ncats;40\ndogs;40\n", "no column is named count"),
    ("split,label,0\ntrain,cats,25.0\ntest,cats,25\ntrain,dogs,15.\n", "has beside label a column 0 of whole numbers"),
    ('split,label,n\na,cats,"1,025"\nb,cats,40\na,dogs,5\n', "has beside label a column n of whole numbers"),
    ("# of 2026\nname,count\ncats,40\ndogs,40\n", "no column is named count"),
    ("label,count\n", "the table has the columns label, count; expected rows below them"),
    ("label\n\n", "expected rows below them"),
    ("label\n0    900\n1    100\n", "no label comes twice, as in a table"),
    ("name | count\ncats | 5000\ndogs | 40\n", "no label comes twice, as in a table"),
    ("name,count\ncats,45.586\ndogs,50\n", 'counts of cats is "45.586"; write 45586, or 45.5860 if the'),
]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_read_as_in_a_terminal(page: Page, tmp_path, table: str):
    path = tmp_path / "table.csv"
    path.write_text(table, encoding="utf-8")
    d = diagnose(**read(path, None, None))
    (answer,) = page.evaluate("all => answers(all)", [{"text": table, "kind": "auto"}])
    assert [str(key) for key in answer["keys"]] == [str(key) for key in d.facts.keys]
    assert answer["rows"] == [list(row) for row in rows(d.facts)]
    with redirect_stdout(io.StringIO()) as printed:
        assert main([str(path)]) == 0
    assert all(one["sentence"] in printed.getvalue() for one in answer["findings"])


@pytest.mark.parametrize(("table", "words"), REFUSED)
def test_a_table_is_refused_as_in_a_terminal(page: Page, tmp_path, table: str, words: str):
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    assert main([str(tmp_path / "table.csv")]) == 2
    (answer,) = page.evaluate("all => answers(all)", [{"text": table, "kind": "auto"}])
    assert words in answer["error"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("100,200,300", [0, 1, 2]),
        ("100, 200, 300", [0, 1, 2]),
        ("100, 200,\n300", [0, 1, 2]),
        ("class1,200\nclass2,300", ["class1", "class2"]),
        ("cats,5000\n\ndogs,40", ["cats", "dogs"]),
        ("class 1\nclass 2\nclass 1", ["class 1", "class 2"]),
        ("cats dogs cats\n", ["cats", "dogs"]),
        ("4000, 40,\n40, 7", [0, 1, 2, 3]),
        ("4000 40", [0, 1]),
        ("4E3 40", [0, 1]),
        # Beyond 2 ** 53 a number in a browser is one of its neighbours: these are names.
        ("id,count\n12345678901234568,5\n12345678901234567,7", ["12345678901234568", "12345678901234567"]),
        ("id,count\n9007199254740991,5\n7,7", [7, 9007199254740991]),
        ("\tcount\ncats\t5\ndogs\t7", ["cats", "dogs"]),
        ("name\tcount\ncats\t5\ndogs\t7\n\t\n", ["cats", "dogs"]),
        ("name\tnote\tcount\ncats\t\t5\ndogs\t\t7", ["cats", "dogs"]),
        ("label,n\ncats,few\ndogs,7\ncats,9", ["cats", "dogs"]),
        ("[UNK],500\nthe,40", ["[UNK]", "the"]),
        (">50K\n<=50K\n<=50K", ["<=50K", ">50K"]),
        ("18-24\n25-34\n18-24", ["18-24", "25-34"]),
        ("2 doors\n4 doors\n2 doors", ["2 doors", "4 doors"]),
        ('name,count\ncats,5\ndogs,7\n"",""\n , ', ["cats", "dogs"]),
    ],
)
def test_what_is_clear_is_read(page: Page, text: str, keys: list[Any]):
    (answer,) = page.evaluate("all => answers(all)", [{"text": text, "kind": "auto"}])
    assert answer["keys"] == keys


@pytest.mark.parametrize(
    "text",
    [
        "[4000, 40, 40, 7]",
        "[4000,40,40,7],",
        "tensor([4000, 40, 40, 7])",
        "tensor([4000.,   40.,\n          40.,    7.], dtype=torch.float64)",
        "np.array([4000,   40,   40,    7], dtype=int64)",
        "[4000   40   40    7]",
        "[4000 40\n 40 7]",
        "[np.int64(4000), np.int64(40), np.uint8(40), np.float32(7.0)]",
        "[tensor(4000), tensor(40), tensor(40), tensor(7)]",
    ],
)
def test_a_list_is_read_as_python_prints_it(page: Page, text: str):
    plain, *lists = page.evaluate(
        "all => answers(all)",
        [{"text": "4000 40 40 7", "kind": "counts"}, {"text": text, "kind": "auto"}, {"text": text, "kind": "counts"}],
    )
    assert "error" not in plain
    assert lists == [plain, plain]
    labels = "[" + str(torch.tensor([0, 1, 2] * 40)).partition("[")[2].partition("]")[0] + "]"
    (answer,) = page.evaluate("all => answers(all)", [{"text": labels, "kind": "labels"}])
    assert answer["keys"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        ("(4000, 40, 40, 7)", {}, '"(4000" may be counts or names; write counts as numbers alone'),
        ("[[4000, 40], [40, 7]]", {}, "may be counts or names"),
        ("{0: 4000, 1: 40, 2: 40}", {}, "may be counts or names"),
        ("90%\n5%\n5%", {}, '"90%" may be counts or names'),
        ("5'000\n40\n40", {}, '"5\'000" may be counts or names'),
        ("a\t5,5\nb\t3", {}, '"a" and "5" may be counts or names'),
        ("cats 3 dogs cats", {}, "choose labels if these are names"),
        ("[4000, 40], 7, 8", {}, "may be counts or names"),
        ("tensor([4000, 40]), 7, 8", {}, "may be counts or names"),
        (",label\ncats,5000\ndogs,40", {}, "no label comes twice, as in a table; expected a first line name,count"),
        ("cats: 5000\ndogs: 40", {"kind": "labels"}, "and a line such as cat,5000 for each class"),
        (",0\ncats,5000\ndogs,40", {}, "a class has no name; expected one in each row"),
        ('text,label\n"a\nb",cats\nx,dogs', {}, "leave out a column with line breaks in its cells"),
        ("name,count\ncats,5\n,,,", {}, "the table has 2 columns"),
        ("0  5000\n1    40\n1    40\nName: count, dtype: int64", {}, "may be counts or names"),
        ("['cats', 'dogs', 'dogs']", {}, """the brackets hold "'cats'"; expected numbers"""),
        ("[4000 40 ... 7]", {"kind": "labels"}, 'the brackets hold "..."; expected numbers'),
        ("label,N\ncats,5000\ndogs,40\ncats,7", {}, "beside label a column N of whole numbers; leave it out"),
        ("n,label\n5000,cats\n40,dogs\n7,cats", {}, "beside label a column n of whole numbers; leave it out"),
        ("id,label\n1,cats\n2,\n3,cats", {}, "labels holds a missing value"),
        ("0    5000\n1      40\n2       7", {}, "no column is named count"),
        ("cats;45.586\ndogs;50", {}, 'counts of cats is "45.586"; write 45586'),
        ("45.586; 50; 171", {}, 'counts holds "45.586"; write 45586, or 45.5860 if the point is decimal'),
        ("5, -1", {}, "counts[1] is -1"),
        ("5", {}, "fewer than two classes"),
        ("0.2, 0.8", {}, "shares"),
        ("20.5, 79.5", {}, "percentages"),
        ("900 100", {"autocast": True}, "autocast computes in float16 or bfloat16"),
        ("9 9 9", {"loss": "bce"}, "the loss is bce"),
        ("9 9 9", {"positive": 3}, "the loss is bce"),
        ("9 9", {"positive": 2, "weight": [1, 2]}, "weight is given beside pos_weight"),
        ("9 9", {"weight": [1, 2, 3]}, "weight has 3 numbers; expected one a class, 2"),
        ("9 9", {"weight": [1, -2]}, "expected numbers from 0 to 1e30"),
        ("9 0 9", {"weight": [0, 1, 0]}, "not zero for all with samples"),
        ("name,count\na,1\na,2", {}, "named twice"),
        ("label\na;b\nc\na;b", {}, "a name with a comma, semicolon or tab in quotes"),
        ("name,count\na,1\nb,many", {}, "expected a number of samples"),
        (" ", {}, "nothing to read yet"),
        ("name,size\na,1\nb,2", {"kind": "table"}, "expected one named count"),
        ("0 1 2 2 1 0 " * 4, {}, "look like labels"),
        ("0 2 " * 200, {}, "counts holds 400 numbers that are only 0 to 2 look like labels; choose labels"),
        ("5,000\n40\n700", {}, '"5,000" is one number or two; write 5000'),
        ("5 000\n40\n7", {"kind": "counts"}, '"5 000" is one number or two'),
        ("5,200;40;7", {}, 'write 5200 if one, "5, 200" if two'),
        ("1,200, 40, 7", {}, '"1,200" is one number or two'),
        ("5,000,40,7", {}, 'counts holds "000"; expected numbers of samples, 5000 and not 5,000'),
        ("cats, 5,000\ndogs, 40", {}, '"5,000" is one number or two'),
        ("0,5000\n1,40\n2,7", {}, "no column is named count"),
        ("cats 5000\ndogs 40", {}, "no label comes twice"),
        ("0 1 1000000", {"kind": "labels"}, "labels holds 1000000; expected 0 to 999999"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(page: Page, text: str, options: dict[str, Any], word: str):
    (answer,) = page.evaluate("all => answers(all)", [{"text": text, "kind": "auto", **options}])
    assert word in answer["error"]


# What holds no names of classes alone, and a part of what the page says of it.
NO_NAMES = [
    ("filename,class\n1.jpg,cat\n2.jpg,dog\n3.jpg,cat", 'the line "filename,class" holds several fields'),
    ("a1\tpug\na2\tpug\na3\tcorgi", 'the line "a1\\tpug" holds several fields'),
    ("+---+---+\n| a | n |\n+---+---+\n| cat | 50 |\n+---+---+", '"+---+---+" looks like no name'),
    ("| cat | 50 |\n| cat | 50 |\n| dog | 30 |", '"| cat | 50 |" looks like no name'),
    ("\\hline\ncat & x\n\\hline", "looks like no name"),
    ("<tr>\n<td>cat</td>\n</tr>\n<tr>", '"<tr>" looks like no name'),
    ('{"id": 1, "class": "cat"}\n{"id": 2, "class": "cat"}', "looks like no name"),
    ('"kind":"cat",\n"kind":"dog",\n"kind":"cat",', "looks like no name"),
    ("- name: cat\n  count: 50\n- name: cat", '"- name: cat" looks like no name'),
    ('[[class]]\nname = "cat"\n[[class]]\nname = "dog"', "looks like no name"),
    ("split  kind\ntest   cat  25\n       dog  15\ntrain  cat  25\n       dog  15", '"split  kind" looks like no name'),
    ("12k, 3k, 3k", '"12k" looks like no name of a class; write counts as numbers alone'),
    ("1.2M\n40K\n40K", '"1.2M" looks like no name'),
    ("50L, 3L, 3L", '"50L" looks like no name'),
    ("3 images\n40 images\n3 images", '"3 images" looks like no name'),
    ("cat (50)\ndog (30)\ndog (30)", '"cat (50)" looks like no name'),
    ("('cat', 'dog', 'dog', 'cat')", "looks like no name"),
    ("Index(['cat', 'dog', 'dog'])", "looks like no name"),
    ("\uff13\uff14 \uff13\uff14 \uff15", "may be counts or names"),
    ("\u0663\n\u0663\n\u0665", "may be counts or names"),
]


@pytest.mark.parametrize(("text", "words"), NO_NAMES)
def test_what_looks_like_no_name_is_no_label(page: Page, text: str, words: str):
    (answer,) = page.evaluate("all => answers(all)", [{"text": text, "kind": "auto"}])
    assert words in answer["error"]


@pytest.mark.parametrize("text", ["12k, 3k, 3k", "3k,12k\n3k,3k"])
def test_it_is_one_where_it_is_called_so(page: Page, text: str):
    (answer,) = page.evaluate("all => answers(all)", [{"text": text, "kind": "labels"}])
    assert answer["keys"] == ["12k", "3k"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("50\t\t7\t3", 'an empty cell or line stands before "7\\t3"; fill it in'),
        ("50,,30,7", 'an empty cell or line stands before "30,7"'),
        ("50\n\n30\n7", "an empty cell or line stands before"),
        ("\t50\t30", "an empty cell or line stands before"),
        ("cat\n\ndog\ncat", "an empty cell or line stands before"),
        ("cat,,dog,cat", "an empty cell or line stands before"),
        ("57,5; 34,5; 8,0", '"57,5" is one number or two; write 57.5 if one, "57, 5" if two'),
        ("57,5; 34; 8", '"57,5" is one number or two'),
        ("0,5 0,3 0,2", '"0,5" is one number or two'),
        ("5,5E+03;4,1e1;2", '"5,5E+03" is one number or two; write 5.5E+03 if one, "5, 5E+03" if two'),
        ('"5000","","7"', "an empty cell or line stands before"),
        ('"50""40"', "may be counts or names"),
        ("45586,0\t50,0\t171,0", '"45586,0" is one number or two'),
        ("50 2 1\n3 30 2\n1 1 7", "no column is named count"),
        ("0 1 2\n50 30 7", "no column is named count"),
        ("dict_keys([0, 1, 2])", "may be counts or names"),
        ("Index([0, 1, 2], dtype='int64')", "may be counts or names"),
        ("torch.Size([128, 10])", "may be counts or names"),
        ("torch.zeros([50, 30])", "may be counts or names"),
        ("np.log([50, 30, 7])", "may be counts or names"),
        ("1e308 1e308 5", "counts sums to infinity; expected numbers of samples"),
        ("5 " * 1_000_001, "counts has 1000001 classes; expected 2 to 1000000: merge the rarest"),
        ("cat,50\ndog,30\n,80", "a class has no name"),
        ("cat,50\ndog,30\nTotal,80", "counts has a class Total, the sum of the others"),
        ("cat,50\ndog,30\nTotal:,80", "counts has a class Total:, the sum of the others"),
        ("\0".join("cat\ncat\ndog\n"), "the text holds the character NUL, as UTF-16 does"),
    ],
)
def test_numbers_that_may_be_others_are_refused(page: Page, text: str, words: str):
    (answer,) = page.evaluate("all => answers(all)", [{"text": text, "kind": "auto"}])
    assert words in answer["error"]


@pytest.mark.parametrize(
    "table",
    [
        "count\n5000\n\n40\n7\n",
        "label\ncat\n\ndog\ncat\n",
        "label\ncat\ndog\ncat\n   \n",
        "label,count\ncat,50\n,3\n",
        "name,count\ncat,50\ndog,30\nTotal,80\n",
        "name,count,\ncats,5,000\ndogs,1,234\n",
        "count,\n5,000\n1,234\n",
        "name,count\ncat,\uff13\uff14\ndog,\u0665\n",
        "label\n\u0663\n\u0663\n\u0665\n",
        "label\n1\nnan\n1\n",
        "l\0a\0b\0e\0l\0\n\0a\0\n\0a\0\n\0b\0\n\0",
        *(f'"label"\n0\n{word.upper()}\n10\n10\n' for word in MISSING),
        *(f"name,count\ncat,50\ndog,30\n{name},80\n" for name in (*TOTALS, "TOTAL", "Totale", "Total (all)")),
        *(f"split,label,{name}\ntrain,cat,25\ntest,cat,25\ntrain,dog,15\n" for name in (*COUNTING, *COUNTED)),
    ],
)
def test_a_table_with_a_hole_or_a_sum_is_refused_as_in_a_terminal(page: Page, tmp_path, table: str):
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    with pytest.raises((TypeError, ValueError)):
        diagnose(**read(tmp_path / "table.csv", None, None))
    (answer,) = page.evaluate("all => answers(all)", [{"text": table, "kind": "auto"}])
    assert "error" in answer


def test_empty_lines_at_the_end_and_between_pairs_are_none(page: Page, tmp_path):
    tables = {
        "count\n5000\n40\n\n\n": [5000, 40],
        "label\ncat\ncat\ndog\n\n": [2, 1],
        "name,count\ncat,5\n\ndog,7\n\n": [5, 7],
    }
    for table, counts in tables.items():
        (tmp_path / "table.csv").write_text(table, encoding="utf-8")
        d = diagnose(**read(tmp_path / "table.csv", None, None))
        assert d.facts.counts.tolist() == counts
        (answer,) = page.evaluate("all => answers(all)", [{"text": table, "kind": "auto"}])
        assert answer["weights"] == pytest.approx(d.facts.advised.tolist())


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('"cats, wild"\ndogs\n"cats, wild"', ["cats, wild", "dogs"]),
        ("cat, dog, cat,\ndog, ant", ["ant", "cat", "dog"]),
        ("cat,\ndog,\ncat,", ["cat", "dog"]),
        ("10, 20,30", [0, 1, 2]),
        ("50 30 7 8\n9 10", [0, 1, 2, 3, 4, 5]),
        ("jnp.Array([5, 6], dtype=int32)", [0, 1]),
        ("dict_values([5, 6])", [0, 1]),
        ("sum,50\nproduct,50", ["sum", "product"]),
        ("5000,40,7,,", [0, 1, 2]),
        ('"5000","40"," 7"', [0, 1, 2]),
        ('"900"\n"60"\n40', [0, 1, 2]),
        ("cat\t\t\ndog\t\t\ncat\t\t\n\t\t\n", ["cat", "dog"]),
        ("<s>\nthe\n" * 5, ["<s>", "the"]),
        ("dog (domestic)\ncat (wild)\ncat (wild)", ["cat (wild)", "dog (domestic)"]),
    ],
)
def test_what_is_close_to_a_refusal_is_read(page: Page, text: str, keys: list[Any]):
    (answer,) = page.evaluate("all => answers(all)", [{"text": text, "kind": "auto"}])
    assert answer["keys"] == keys


def test_a_first_line_that_no_other_repeats_may_be_a_header(page: Page):
    texts = ["species\nant\nant\nbee\nbee", "ant\nspecies\nant\nbee\nbee", "species, ant, ant, bee, bee"]
    asked = [{"text": text, "kind": kind} for kind in ("auto", "labels") for text in texts]
    for answer, given in zip(page.evaluate("all => answers(all)", asked), asked, strict=True):
        notes = [one for one in answer["findings"] if one["name"] == "input"]
        assert len(notes) == (given["text"] == texts[0])
        assert all("species stands in the first line alone" in note["sentence"] for note in notes)


def number() -> float:
    """Any size, often with few digits, so that halves have to be rounded."""
    return DRAW.choice([-1, 1]) * round(DRAW.uniform(1, 20_000)) * DRAW.choice([2.0**-6, 0.5, 1e-9, 1e-7, 1e-3, 1, 1e6])


def test_numbers_are_written_as_python_writes_them(page: Page):
    edges = [0, 1, 1e-4, 9.99e-5, 1.05e-4, 9_995_000, 9_994_000, 1e7, 1e15, 1234567, math.inf, -math.inf, math.nan]
    for digits in (1, 2, 3, 6, 10):
        numbers = [*edges, *(number() for _ in range(60))]
        texts = page.evaluate(f"all => all.map(x => [general(x, {digits}), brief(x), samples(x)])", numbers)
        assert texts == [[f"{x:.{digits}g}", short(x), samples(x)] for x in numbers]
        assert page.evaluate("all => all.map(x => general(x))", numbers) == [f"{x:g}" for x in numbers]
        finite = [x for x in numbers if math.isfinite(x)]
        decimals = digits % 4
        assert page.evaluate(f"all => all.map(x => fixed(x, {decimals}))", finite) == [
            f"{x:.{decimals}f}" for x in finite
        ]


def test_formats_and_epsilons_are_those_of_pytorch(page: Page):
    assert page.evaluate("() => EPSILON") == facts.EPSILON
    ends = {name: torch.finfo(getattr(torch, name)) for name in ("float16", "bfloat16", "float32", "float64")}
    assert page.evaluate("() => FORMATS") == {
        name: {"max": end.max, "smallest": end.smallest_normal * end.eps} for name, end in ends.items()
    }


@pytest.mark.parametrize(
    ("option", "taken", "refused"),
    [
        ("lr", [1e-30, 1e30], [9e-31, 1.1e30]),
        ("clip", [1e-30, 1e300], [9e-31]),
        ("momentum", [0, 1], [-0.1, 1.1]),
        ("decay", [0, 1e30], [-0.1, 1.1e30]),
        ("smoothing", [0, 1], [-0.1, 1.1]),
        ("batch", [1, 1000], [0, 1.5, 1001]),
        ("accumulation", [1, 1_000_000], [0, 1.5, 1_000_001]),
        ("ranks", [1, 1_000_000], [0, 1.5, 1_000_001]),
        ("positive", [1e-30, 1e30], [9e-31, 1.1e30]),
        ("scheme", [-10, 10], [-10.1, 10.1, "other"]),
    ],
)
def test_options_are_taken_to_the_package_s_ends(page: Page, option: str, taken: list[Any], refused: list[Any]):
    asked = [{"text": "900 100", option: value} for value in (*taken, *refused)]
    wrong = [answer.get("error", "") for answer in page.evaluate("all => answers(all)", asked)]
    name = NAMES.get(option, option)
    for value, error in zip((*taken, *refused), wrong, strict=True):
        assert error.startswith(f"{name} is") == (value in refused), (value, error)
        if value in refused:
            with pytest.raises((TypeError, ValueError), match=f"^{name} is"):
                diagnose([900, 100], **{name: value})
        else:
            diagnose([900, 100], **{name: value})


def test_a_reader_types_counts_and_takes_away_a_link(page: Page):
    found = complaints(page, home="file:")
    counts, summary = page.get_by_label("your counts"), page.locator(".c-summary")
    counts.fill("cats, 5000\ndogs, 40")
    page.get_by_label("batch size").fill("32")
    page.get_by_label("optimiser").select_option("Adam")
    expect(summary).to_contain_text("2 classes, 5,040 samples")
    right = diagnose({"cats": 5000, "dogs": 40}, batch_size=32, optimizer="Adam")
    expect(page.locator(".c-results ol > li")).to_have_count(len(right.findings))
    expect(summary).to_have_text("2 classes, 5,040 samples: 1 hurts, 2 to note.")
    links = page.locator(".c-results ol a")
    assert links.all_inner_texts() == [finding.notebook[:2] for finding in right.findings]
    assert [link.get_attribute("href")[13:-5] for link in links.all()] == [one.notebook for one in right.findings]
    weights = page.locator(".c-results tbody").first.locator("tr")
    assert weights.all_inner_texts() == ["cats\t5,000\t0.504", "dogs\t40\t63"]
    clipboard = "{ value: { writeText: async text => { window.copied = text } } }"
    page.evaluate(f"Object.defineProperty(navigator, 'clipboard', {clipboard})")
    page.get_by_role("button", name="Copy a link").click()
    address = page.evaluate("location.href")
    assert address.startswith("file:")
    assert page.evaluate("copied") == address
    other = new_page(page.context.browser, viewport={"width": 390, "height": 844})
    other.goto(address)
    assert other.locator(".c-summary").inner_text() == summary.inner_text()
    assert other.locator(".c-results").inner_text() == page.locator(".c-results").inner_text()
    other.close()
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_role("button", name="Copied the code")).to_be_focused()
    assert page.evaluate("copied") == page.locator(".c-results h2 + pre").text_content()
    counts.fill("cats, 5000\ndogs, many")
    expect(summary).to_contain_text("cannot be diagnosed")
    page.get_by_label("momentum").evaluate("input => (input.closest('details').open = true)")
    counts.fill("cats, 5000\ndogs, 40")
    page.get_by_label("your own weights").fill("1, 250")
    expect(page.locator(".c-results")).to_contain_text("your own")
    page.get_by_label("your own weights").fill("")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("[...document.querySelectorAll('input, select, textarea')].every(e => e.labels.length === 1)")
    assert found == []


@pytest.mark.parametrize(
    ("option", "typed", "says"),
    [
        ("batch size", "1,000", 'batch size is "1,000"; write 1000, or 1 if its "," is a decimal point'),
        ("batch size", "1.000", 'batch size is "1.000"; write 1000, or 1 if its "." is a decimal point'),
        ("micro-batches a step", "1.000", 'micro-batches a step is "1.000"; write 1000'),
        ("ranks", "1.000", 'ranks is "1.000"; write 1000'),
        ("learning rate without weights", "1.250", "# 1.25 without weights"),
        ("your own weights", "1.250; 1", "weights = torch.tensor([1.0015898, "),
        ("clip norm", "1,000", 'clip norm is "1,000"; write 1000'),
        ("batch size", "1,000,000", 'batch size is "1,000,000"; expected a number'),
        ("your own weights", "1,000; 40", '"1,000" is one number or two'),
        ("your own weights", "1,000", 'your own weights holds "000"'),
        ("learning rate without weights", "0,001", "# 0.001 without weights"),
        ("learning rate without weights", "1,5", "# 1.5 without weights"),
        ("learning rate without weights", "1000,500", "# 1000.5 without weights"),
    ],
)
def test_a_thousand_in_an_option_is_no_decimal_in_silence(page: Page, option: str, typed: str, says: str):
    page.get_by_label("your counts").fill("cats, 5000\ndogs, 40")
    page.locator("details").evaluate("details => (details.open = true)")
    field = page.get_by_label(option, exact=True)
    field.fill(typed)
    expect(page.locator("#here")).to_contain_text(says)
    field.fill("")


def test_seven_thousand_classes_come_and_go_as_files(page: Page, tmp_path):
    counts = [max(1, int(1e6 / (c + 1))) for c in range(7000)]
    (tmp_path / "counts.csv").write_text("count\n" + "\n".join(map(str, counts)))
    page.get_by_label("or a file").set_input_files(tmp_path / "counts.csv")
    expect(page.locator(".c-summary")).to_contain_text("7,000 classes")
    expect(page.locator(".c-results")).to_contain_text("6980 further classes are in the file")
    file = page.evaluate("fetch(document.querySelector('.c-file').href).then(f => f.text())")
    lines = file.splitlines()
    assert lines[0] == "class,count,weight"
    weights = [float(line.split(",")[2]) for line in lines[1:]]
    assert weights == pytest.approx(diagnose(counts).facts.advised.tolist(), rel=1e-9)
    assert [int(line.split(",")[1]) for line in lines[1:]] == counts


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the code is one line
@pytest.mark.parametrize("classes", [100, 101])
def test_code_for_more_than_a_hundred_classes_reads_their_file(page: Page, tmp_path, monkeypatch, classes: int):
    counts = list(range(1, classes + 1))
    page.get_by_label("your counts").fill(" ".join(map(str, counts)))
    expect(page.locator(".c-summary")).to_contain_text(f"{classes} classes")
    code = page.locator(".c-results h2 + pre").text_content()
    assert ("csv" in code) == (classes > 100)
    file = page.evaluate("fetch(document.querySelector('.c-file').href).then(f => f.text())")
    (tmp_path / "weights.csv").write_text(file)
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"z": torch.zeros(8, classes), "y": torch.arange(8)}
    exec(code, space)
    assert space["weights"].tolist() == pytest.approx(diagnose(counts).weights.tolist(), rel=1e-6)


def test_a_file_with_the_line_ends_of_an_old_mac_is_read(page: Page, tmp_path):
    path = tmp_path / "mac.csv"
    path.write_bytes(b"name,count\rcats,5000\rdogs,40\r")
    page.get_by_label("or a file").set_input_files(path)
    expect(page.locator(".c-summary")).to_contain_text("2 classes, 5,040 samples")
    assert read(path, None, None) == {"counts": {"cats": 5000, "dogs": 40}}


def test_a_file_that_is_no_text_is_refused_as_in_a_terminal(page: Page, tmp_path, capsys: pytest.CaptureFixture[str]):
    found = complaints(page, home="file:")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:  # as an .xlsx is
        archive.writestr("xl/worksheets/sheet1.xml", "<row><c><v>5000</v></c></row>" * 9)
    files = {
        "table.xlsx": zipped.getvalue(),
        "latin.csv": "name,count\nkätzchen,5000\nhündchen,40\n".encode("latin-1"),
        "unicode.txt": "name\tcount\ncats\t5000\n".encode("utf-16"),
    }
    for name, content in files.items():
        page.get_by_label("your counts").fill("5000 40")
        expect(page.locator(".c-summary")).to_contain_text("2 classes, 5,040 samples")
        path = tmp_path / name
        path.write_bytes(content)
        page.get_by_label("or a file").set_input_files(path)
        expect(page.locator(".c-summary")).to_have_text(
            f"This cannot be diagnosed: {name} is no CSV in UTF-8: save it as such."
        )
        assert main([str(path)]) == 2
        assert re.search(f"{name} is no CSV in UTF-8 .*: save it as such", capsys.readouterr().err)
    path.write_text("name,count\ncats,5000\ndogs,7\n", encoding="utf-8-sig")  # saved anew under the same name
    page.get_by_label("or a file").set_input_files(path)
    expect(page.locator(".c-summary")).to_contain_text("2 classes, 5,007 samples")
    page.get_by_label("or a file").set_input_files(tmp_path / "latin.csv")
    expect(page.locator(".c-summary")).to_contain_text("latin.csv is no CSV")
    page.get_by_label("what it is").select_option("table")  # what was read from the file before is gone, too
    expect(page.locator(".c-summary")).to_contain_text("nothing to read yet")
    page.get_by_label("what it is").select_option("auto")
    assert found == []


def test_a_link_changes_only_what_it_may(page: Page):
    page.get_by_label("your counts").fill("5000 40")
    address = page.evaluate("location.href.split('#')[0]")
    link = "#open=x&link=x&%22%5D=x&dtype=float64&kind=other&optimizer=Adam&text=900+100&batch=8&sampler=1"
    other = new_page(page.context.browser)
    found = complaints(other, home="file:")
    other.goto(address + link)
    expect(other.locator(".c-summary")).to_contain_text("2 classes, 1,000 samples")
    chosen = {label: other.get_by_label(label, exact=True).input_value() for label in ("optimiser", "number format")}
    assert chosen == {"optimiser": "Adam", "number format": "float32"}
    assert other.get_by_label("batch size").input_value() == "8"
    assert other.locator("#c-sampler").is_checked()
    assert other.get_by_label("what it is").input_value() == "auto"
    assert found == []
    other.close()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("kind", ["cross entropy", "bce"])
@pytest.mark.parametrize(("dtype", "lr"), [("float32", None), ("float16", 0.1)])
def test_code_computes_the_loss_that_was_asked_for(page: Page, reduction: str, kind: str, dtype: str, lr: float | None):
    options = {"loss": kind, "reduction": reduction, "dtype": dtype, "lr": lr}
    (answer,) = page.evaluate("all => answers(all)", [{"text": "900 100", "kind": "counts", **options}])
    y = torch.arange(8) % 2
    z = torch.randn(8, 2, generator=torch.Generator().manual_seed(0)).to(getattr(torch, dtype))
    logits, targets = (z[:, 1], y.float()) if kind == "bce" else (z, y)
    space: dict[str, Any] = {"z": logits, "y": targets}
    exec(answer["code"], space)
    if kind == "bce":
        each = binary_cross_entropy_with_logits(logits.float(), targets, reduction="none")
    else:
        each = cross_entropy(z.float(), y, reduction="none")
    w = diagnose([900, 100], **options).weights[y]
    divisor = {"sum": 1, "none": 8, "mean": 8 if kind == "bce" else float(w.sum())}[reduction]
    assert float(space["loss"]) == pytest.approx(float((w * each).sum()) / divisor, rel=1e-5)
    assert ("z.float()" in answer["code"]) == (dtype == "float16")
    assert ("lr" in space) == (lr is not None)


def test_labels_whose_counts_add_up_to_a_hundred_are_no_percentages(page: Page):
    texts = ["a " * 50 + "b " * 30 + "c " * 20, "0 " * 50 + "1 " * 30 + "2 " * 20]
    answers = page.evaluate("all => answers(all)", [{"text": text, "kind": "labels"} for text in texts])
    assert [answer["keys"] for answer in answers] == [["a", "b", "c"], [0, 1, 2]]
    assert "input" not in {one["name"] for answer in answers for one in answer["findings"]}
    (counts,) = page.evaluate("all => answers(all)", [{"text": "50 30 20", "kind": "counts"}])
    note = next(one for one in counts["findings"] if one["name"] == "input")
    (right,) = (finding for finding in diagnose([50, 30, 20]).findings if finding.name == "input")
    assert (note["figure"], note["cure"]) == (right.figure, right.cure)


def test_halves_are_rounded_as_python_rounds_them(page: Page):
    halves = [0.5, 1.5, 2.5, -0.5, -2.5, 0.125, 0.375, -0.125, 16.105, 0.25]
    for decimals in (0, 1, 2):
        found = page.evaluate(f"all => all.map(x => fixed(x, {decimals}))", halves)
        assert found == [f"{x:.{decimals}f}" for x in halves]


def test_the_file_of_weights_keeps_names_with_commas_and_quotes(page: Page):
    names = {"cats, wild": 5000, 'a "dog"': 40, "birds": 70}
    table = io.StringIO()
    csv.writer(table).writerows([("name", "count"), *names.items()])
    page.get_by_label("your counts").fill(table.getvalue())
    expect(page.locator(".c-summary")).to_contain_text("3 classes, 5,110 samples")
    file = page.evaluate("fetch(document.querySelector('.c-file').href).then(f => f.text())")
    assert {row["class"]: int(row["count"]) for row in csv.DictReader(io.StringIO(file))} == names
    assert "\nbirds,70," in file  # no quotes where none are needed


def test_a_name_is_shown_as_it_was_typed_and_code_is_copied_as_it_is_shown(page: Page):
    page.get_by_label("your counts").fill("<b>cats</b>, 5000\ndogs &lt co, 40")
    page.get_by_label("reduction").select_option("sum")  # whose cures hold quotes
    cells = page.locator(".c-results tbody").first.locator("th")
    expect(cells).to_have_text(["<b>cats</b>", "dogs &lt co"])
    expect(page.locator(".c-results h2 + pre")).to_contain_text('reduction="sum"')
    shown = "all => all.map(b => [b.dataset.copy, b.previousSibling.textContent])"
    copied = page.locator("[data-copy]").evaluate_all(shown)
    page.get_by_label("reduction").select_option("mean")
    assert copied and all(text == words for text, words in copied)
