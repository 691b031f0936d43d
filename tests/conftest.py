"""What the tests share: where the notebooks are, and what stands in them."""

from pathlib import Path

import nbformat
import pytest
import torch
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("[0-9]*.ipynb"))

# Draws that differ from run to run would make CI's verdict differ too.
settings.register_profile("course", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("course")

# As in the notebooks: where another program wants the cores too, small tensors wait long for a second thread.
torch.set_num_threads(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``lesson`` runs over the notebooks, ``any_notebook`` over the solutions too."""
    for argument, paths in (("lesson", LESSONS), ("any_notebook", LESSONS + SOLUTIONS)):
        if argument in metafunc.fixturenames:
            ids = [str(path.relative_to(ROOT / "notebooks")) for path in paths]
            metafunc.parametrize(argument, [nbformat.read(path, as_version=4) for path in paths], ids=ids)
