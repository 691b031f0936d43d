"""What the tests share: where the notebooks are, what stands in them, and how a test says what they lack."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings
from nbformat import NotebookNode

from book.course import NAME, ROOT, Lesson, read

LESSONS = sorted((ROOT / "notebooks").glob(NAME))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob(NAME))

# Draws that differ from run to run would make CI's verdict differ too.
settings.register_profile("course", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("course")

# As in the notebooks: where another program wants the cores too, small tensors wait long for a second thread.
torch.set_num_threads(1)


# What takes longest begins first, or one worker would wait for the other at the end.
LONGEST = (
    *("test_site", "test_processors", "08_", "test_distributed", "test_mark", "test_readme_windows", "test_lab"),
    *("07_", "06_", "05_", "11_", "12_", "13_", "test_lint", "test_launcher"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((i for i, name in enumerate(LONGEST) if item.path.name.startswith(name)), 99))


def opened(path: Path) -> Lesson:
    try:
        return read(path)
    except (ValueError, Warning) as error:
        where = path.relative_to(ROOT)
        pytest.fail(f"{where} is no notebook any more, see git diff {where}: {error.__cause__ or error}", pytrace=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``lesson`` runs over the notebooks, ``any_notebook`` over the solutions too."""
    for argument, paths in (("lesson", LESSONS), ("any_notebook", LESSONS + SOLUTIONS)):
        if argument in metafunc.fixturenames:
            ids = [str(path.relative_to(ROOT / "notebooks")) for path in paths]
            metafunc.parametrize(argument, [opened(path) for path in paths], ids=ids)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser, for the modules whose tests look at pages."""
    from browsing import browser

    with browser() as found:
        yield found


def refuse(complaints: Iterable[str], *, of: Path | None = None) -> None:
    """Fail with each complaint as one sentence, and without a traceback, if there are any."""
    where = f"{of.relative_to(ROOT)}: " if of else ""
    if found := [where + complaint for complaint in complaints]:
        pytest.fail("\n".join(found), pytrace=False)


def placed(notebook: NotebookNode, kind: str) -> Iterator[tuple[str, NotebookNode]]:
    """The cells of a kind, each with words by which a person finds it."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == kind:
            yield f'cell {number}, "{cell.source.partition(chr(10))[0][:50]}",', cell


def code_cells(path: Path, *texts: str) -> list[str]:
    """The code cells of a notebook that hold one of the texts, in its order."""
    return [
        cell.source for _, cell in placed(opened(path).notebook, "code") if any(text in cell.source for text in texts)
    ]
