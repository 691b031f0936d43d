"""What the course cites stands in one file, and nothing stands there that it does not cite."""

import pytest
from conftest import SOLUTIONS, opened, refuse

from book.bibliography import REFERENCES, bibliography_page, citing, identifiers, own, prose, references
from book.course import GUIDE, README, ROOT, Lesson, lessons

COURSE = lessons()
KNOWN = set().union(*map(own, references().values()))


def unknown(text: str) -> list[str]:
    return [f"it links to {found}, which book/references.bib lacks" for found in sorted(identifiers(text) - KNOWN)]


def test_every_work_that_a_notebook_links_to_is_in_the_file(any_notebook: Lesson):
    refuse(unknown(prose(any_notebook)), of=any_notebook.path)


@pytest.mark.parametrize("path", [README, GUIDE, ROOT / "data" / "README.md", *sorted((ROOT / "book").glob("*.md"))])
def test_every_work_that_a_page_links_to_is_in_the_file(path):
    refuse(unknown(path.read_text(encoding="utf-8")), of=path)


def test_every_work_in_the_file_is_cited():
    solutions = [opened(path) for path in SOLUTIONS]
    refuse(
        (f"nothing cites {key}" for key, entry in references().items() if not citing(entry, [*COURSE, *solutions])),
        of=REFERENCES,
    )


@pytest.mark.parametrize("key", references())
def test_an_entry_is_complete(key: str):
    entry = references()[key]
    assert {"title"} <= entry.fields.keys() and entry.persons["author"]
    assert own(entry) or entry.fields.keys() & {"url", "isbn"}
    assert entry.fields.get("year") or entry.fields.get("doi")


def test_no_two_entries_are_one_work():
    titles = [entry.fields["title"].lower() for entry in references().values()]
    assert len(set(titles)) == len(titles)
    assert sum(len(own(entry)) for entry in references().values()) == len(KNOWN)


def test_the_page_names_the_notebooks_that_cite():
    page = bibliography_page(COURSE)
    assert '(kingma2015)=\n```{bibliography}\n:list: bullet\n:filter: key == "kingma2015"\n```' in page
    assert "Cited in [05](../notebooks/05_optimizers.ipynb), [09](../notebooks/09_number_formats.ipynb)." in page


def test_links_are_read_in_all_their_forms():
    text = "(https://arxiv.org/abs/1412.6980) <https://doi.org/10.24432/C5WS31>. https://arxiv.org/pdf/2406.05033v1."
    assert identifiers(text) == {"1412.6980", "10.24432/c5ws31", "2406.05033"}
