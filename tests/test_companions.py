"""What the pages of the site link beside a notebook, and the copies for Colab to which they link."""

import ast

import nbformat
import pytest
from conftest import LESSONS, SOLUTIONS
from IPython.core.inputtransformer2 import TransformerManager

from book.companions import companions, with_companions
from book.make_colab import BRANCH, for_colab, write

PAGE = "notebooks/03_gradient_scaling"


def test_links_that_leave_the_site_need_a_repository(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    assert not [address for _, address in companions(PAGE, tmp_path) if ":" in address]
    monkeypatch.setenv("COURSE_REPOSITORY", "owner/course")
    links = dict(companions(PAGE, tmp_path))
    assert links["Repository"] == f"https://github.com/owner/course/blob/main/{PAGE}.ipynb"
    assert links["Colab"] == f"https://colab.research.google.com/github/owner/course/blob/{BRANCH}/{PAGE}.ipynb"
    assert links["Binder"].endswith(f"?urlpath=lab/tree/{PAGE}.ipynb")


def test_a_deck_is_linked_where_it_lies_beside_the_pages(tmp_path):
    assert "Slides" not in dict(companions(PAGE, tmp_path))
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "03_gradient_scaling.html").touch()
    assert dict(companions(PAGE, tmp_path))["Slides"] == "../slides/03_gradient_scaling.html"
    assert "Slides" not in dict(companions("notebooks/solutions/03_gradient_scaling", tmp_path))


def test_a_page_that_is_no_notebook_stays_as_it_is(tmp_path):
    for page in ("index", "notebooks/solutions/index", "book/sheet"):
        assert with_companions("<h1>Title</h1>", page, tmp_path) == "<h1>Title</h1>"


@pytest.mark.parametrize(("path", "extra"), [(LESSONS[2], ""), (SOLUTIONS[2], ""), (LESSONS[12], "[libraries]")])
def test_a_copy_for_colab_fetches_the_course_first(path, extra):
    original = nbformat.read(path, as_version=4)
    copy = for_colab(nbformat.read(path, as_version=4), "owner/course")
    nbformat.validate(copy)
    setup = next(cell for cell in copy.cells if cell.cell_type == "code")
    assert [cell for cell in copy.cells if cell is not setup] == original.cells
    lines = setup.source.splitlines()
    assert "!git clone --quiet --depth 1 https://github.com/owner/course /content/course" in lines
    assert f"%pip install --quiet --editable /content/course{extra}" in lines
    ast.parse(TransformerManager().transform_cell(setup.source))


def test_copies_for_colab_lie_as_in_the_repository(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_REPOSITORY", "owner/course")
    monkeypatch.setattr("book.make_colab.NAME", "03_*.ipynb")
    write(tmp_path)
    copies = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.ipynb"))
    assert copies == [f"{PAGE}.ipynb", "notebooks/solutions/03_gradient_scaling.ipynb"]


def test_without_a_repository_there_is_nothing_to_fetch(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    with pytest.raises(ValueError, match="set COURSE_REPOSITORY, such as owner/course"):
        write(tmp_path)
