"""The form of the committed notebooks. nbval runs their cells."""

import itertools
import json
import re

from nbformat import NotebookNode

MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|var|mnt|srv|workspace|Users|opt|private)/\w|[A-Z]:\\\\")
OBJECT_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
MOST_CODE_CELLS = 30
MOST_LINES = 20


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[tuple[NotebookNode, NotebookNode]]:
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def headings(notebook: NotebookNode) -> list[str]:
    return [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if re.match(r"#+ ", line)
    ]


def test_executed_from_top_to_bottom(any_notebook):
    counts = [cell.execution_count for cell in code_cells(any_notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_kernel_is_nobodys(any_notebook):
    assert any_notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in any_notebook.metadata


def test_no_stderr_and_no_error(any_notebook):
    for _, output in outputs(any_notebook):
        assert output.get("name") != "stderr", output.text
        assert output.output_type != "error", output.evalue


def test_outputs_belong_to_no_machine(any_notebook):
    for _, output in outputs(any_notebook):
        text = json.dumps({**output, "data": {k: v for k, v in output.get("data", {}).items() if "image" not in k}})
        assert not MACHINE_PATH.search(text)
        assert not OBJECT_ADDRESS.search(text)


def test_every_figure_has_alternative_text(any_notebook):
    for _, output in outputs(any_notebook):
        for kind in (kind for kind in output.get("data", {}) if kind.startswith("image/")):
            assert len(output.metadata.get(kind, {}).get("alt", "")) >= 40


def test_cells_fit_a_slide(any_notebook):
    for cell in code_cells(any_notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= MOST_LINES, cell.source


def test_headings_nest(any_notebook):
    levels = [len(heading.split()[0]) for heading in headings(any_notebook)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_lesson_opens_and_closes_as_promised(lesson):
    opening = lesson.cells[0].source
    assert re.match(r"# \d\d · .+\?", opening)
    parts = ["**The question.**", "**You will be able to**", "**Before you start.**", "**Time.**"]
    places = [opening.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    minutes = int(re.search(r"\*\*Time\.\*\* (?:About )?(\d+) minutes", opening)[1])
    assert 15 <= minutes <= 30
    closing = [heading for heading in headings(lesson) if heading.startswith("## ")][-3:]
    assert closing == ["## What you measured", "## Exercises", "## Next"]


def test_lesson_bullets_are_mirrored(lesson):
    opening = lesson.cells[0].source
    closing = next(cell.source for cell in lesson.cells if "## What you measured" in cell.source)
    closing = closing[closing.index("## What you measured") :].split("\n## ")[0]
    assert len(re.findall(r"^- ", opening, re.M)) == 3
    assert len(re.findall(r"^- ", closing, re.M)) == 3


def test_lesson_is_short_enough(lesson):
    sources = [cell.source for cell in code_cells(lesson)]
    before_exercises = [source for source in sources if "check(" not in source]
    assert len(before_exercises) <= MOST_CODE_CELLS


def test_lesson_has_three_exercises(lesson):
    number = int(re.match(r"# (\d\d)", lesson.cells[0].source)[1])
    source = "\n".join(cell.source for cell in code_cells(lesson))
    assert re.findall(r'check\("([\d.]+)"', source) == [f"{number}.{i}" for i in (1, 2, 3)]


def test_predictions_come_before_hidden_results(lesson):
    predictions = 0
    for cell, following in itertools.pairwise(lesson.cells):
        if cell.cell_type == "markdown" and "**Predict.**" in cell.source:
            predictions += 1
            assert following.cell_type == "code", cell.source
            assert "hide-output" in tags(following), following.source
            assert following.outputs
    assert predictions >= 3
