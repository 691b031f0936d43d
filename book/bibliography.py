"""The bibliography: what references.bib holds, which notebooks cite it, and the page of the site made of both."""

import re
from functools import cache
from pathlib import Path

from pybtex.database import Entry, parse_file

from book.course import ROOT, Lesson

REFERENCES = ROOT / "book" / "references.bib"
TOP = """# Bibliography

Every work that the course cites, and where. The notebooks link to each work; the file behind this page is
`book/references.bib`.

"""
# What a link to a work looks like, each with its number.
ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5})", re.I)
DOI = re.compile(r"doi\.org/(10\.\d{4,9}/[\w.()/:;-]*\w)", re.I)


@cache
def references() -> dict[str, Entry]:
    """The entries by their keys."""
    return dict(parse_file(str(REFERENCES), bib_format="bibtex").entries)


def identifiers(text: str) -> set[str]:
    """The arXiv numbers and DOIs to which a text links."""
    return {found.lower() for pattern in (ARXIV, DOI) for found in pattern.findall(text)}


def own(entry: Entry) -> set[str]:
    """The arXiv number and DOI of an entry."""
    return {entry.fields[field].lower() for field in ("eprint", "doi") if field in entry.fields}


def cites(text: str, entry: Entry) -> bool:
    """Whether a text links to a work, gives its title, or names its two authors."""
    if own(entry) & identifiers(text) or entry.fields.get("url", "no link") in text:
        return True
    names = [" ".join(author.last_names) for author in entry.persons["author"]]
    return entry.fields["title"] in text or (len(names) == 2 and " and ".join(names) in text)


def prose(lesson: Lesson) -> str:
    return "\n".join(cell.source for cell in lesson.notebook.cells if cell.cell_type == "markdown")


def citing(entry: Entry, course: list[Lesson]) -> list[tuple[str, str]]:
    """Name and file, below the repository, of all that cites a work."""
    pages = [(lesson.path.name[:2], f"notebooks/{lesson.path.name}", prose(lesson)) for lesson in course]
    data = Path("data") / "README.md"
    pages.append(("the data", data.as_posix(), (ROOT / data).read_text(encoding="utf-8")))
    return [(name, path) for name, path, text in pages if cites(text, entry)]


def bibliography_page(course: list[Lesson]) -> str:
    """In MyST: each work as sphinxcontrib-bibtex writes it, then links to what cites it."""
    parts = [TOP]
    for key, entry in sorted(references().items()):
        parts.append(f'({key})=\n```{{bibliography}}\n:list: bullet\n:filter: key == "{key}"\n```\n\n')
        places = ", ".join(f"[{name}](../{path})" for name, path in citing(entry, course))
        parts.append(f"Cited in {places}.\n\n")
    return "".join(parts)
