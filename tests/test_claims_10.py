"""The court of notebook 10 can lose: without a case against, it refuses to rule, and each check can change its verdict.

For each claim one change breaks the fact that decides it. The cell is run again with that change.
"""

import contextlib
import io
import re
from typing import Any

import nbformat
import pytest
import torch
from conftest import ROOT

NOTEBOOK = ROOT / "notebooks" / "10_verdict.ipynb"

# The claim: a piece of its cell, and what stands in its place when the fact is broken.
BROKEN = {
    "the weights are normalised later": ("y, weight=25_000 * w)", 'y, weight=25_000 * w, reduction="sum")'),
    "the largest weight belongs to the biggest class": ("int(inverse.argmax())", "int(inverse.argmin())"),
    "a weight above 25,000 is a problem": ("in (F.cross_entropy, by_samples))", "in (by_samples, F.cross_entropy))"),
    "size does not matter while relative importance is kept": ("grad(by_samples(", "grad(F.cross_entropy("),
    "big weights call for a smaller learning rate": ("scheme=1.0", "scheme=0.0"),
    "normalising to 0–1 makes learning slow": ("train(w / 6,", "train(w,"),
    "gradients are scaled by the value of the cost": ("100 * F.cross_entropy(v, y)", "F.cross_entropy(v, y) + 9"),
    "CE and 100 CE share their minimum when convex": ("minimiser(100 * w, 0.01)", "minimiser(100 * w, 1.0)"),
    "the same learning rate can oscillate at 100 CE": ("(100, 0.1)", "(50, 0.1)"),
    "the weighted cost is the mean of w CE over N": ("F.cross_entropy(z, y, weight=w)", "by_samples(z, y, w)"),
    "the cost should keep the value it has without weights": (
        "k * seven_weights, 0.1, 1024)",
        "k * seven_weights, 0.1, 128)",
    ),
    "the four weightings are one problem": ("(2 * w, 100 * w, w / 6)", "(2 * w, 100 * w, 2 + w)"),
    "weights that sum to one are the best way": ("(w / 6)[y[:3]]", "(w / 3)[y[:3]]"),
    "it should be 2, 4, 6": ("tensor([2, 4, 6])", "tensor([2, 3, 6])"),
    "the toy code oscillates at 10,000": ('logits=name == "logits"', "logits=False"),
    "there is a reasonable range for the size of weights": ("lr=lr, scale", "lr=0.001, scale"),
    "the implementation is wrong, it should divide by N": (".split(4)) / 15", ".split(60))"),
    "Adam makes weights irrelevant": ('("128 times", 128 * w)', '("128 times", 1e-12 * w)'),
    "a sampler is the weighted loss": ("multinomial(w[y],", "multinomial(torch.ones(60),"),
    "the mean over ranks or micro-batches is the weighted mean": ("y.argsort(stable=True)", "torch.arange(60)"),
    "clipping undoes weights": ("SGD, clip=0.01) - clipped", "SGD, clip=1e9) - clipped"),
    "resampling beats a shift of the logits": ("(slice(None), w_blobs.log())", "(slice(None), -w_blobs.log())"),
}


def ruled(source: str, names: dict[str, Any]) -> dict[str, str]:
    """The verdicts that a cell adds; a court whose cases disagree gives none."""
    known = len(names["rulings"])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(ValueError):
        exec(compile(source, NOTEBOOK.name, "exec"), names)
    return {claim: verdict for claim, verdict, _ in names["rulings"][known:]}


@pytest.fixture(scope="module")
def court():
    """The names before each cell of the court, its source and its verdicts; one thread, as there."""
    threads, names, cells = torch.get_num_threads(), {}, []
    names["rulings"] = []
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.source.startswith("## The verdict"):
            break
        if cell.cell_type == "code":
            before = dict(names)
            found = ruled(cell.source, names)
            cells.append((cell.source, before, found))
    yield names["rule"], cells
    torch.set_num_threads(threads)


def test_no_verdict_without_a_case_against(court):
    rule, _ = court
    for fitting in ([], [True], [False]):
        with pytest.raises(ValueError, match="could refute"):
            rule("x", fitting, [], "", "")


def test_no_verdict_from_cases_that_contradict_its_condition(court):
    rule, _ = court
    for fitting, against in (([False], [True]), ([True, False], [False]), ([True], [True, False])):
        with pytest.raises(ValueError, match="disagree"):
            rule("x", fitting, against, "y", "")


def test_each_claim_is_broken_once(court):
    _, cells = court
    assert list(BROKEN) == [claim for _, _, found in cells for claim in found]


@pytest.mark.parametrize("claim", BROKEN)
def test_a_broken_fact_changes_the_verdict(court, claim):
    _, cells = court
    source, before, found = next(cell for cell in cells if claim in cell[2])
    old, new = BROKEN[claim]
    assert source.count(old) == 1
    names = dict(before)
    broken = ruled(source.replace(old, new), names)
    assert broken.get(claim) != found[claim]


def test_the_teaching_guide_counts_as_the_court_does():
    stored = NOTEBOOK.read_text(encoding="utf-8")
    ((true, false, when),) = re.findall(r"\{'true': (\d+), 'false': (\d+), 'true when': (\d+)\}", stored)
    guide = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    assert f"({true} and {false}; the other {when} are true *when*.)" in guide
