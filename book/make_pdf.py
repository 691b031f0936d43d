"""The whole course as one PDF, printed from the built site by Chromium."""

import argparse
import io
import sys
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Browser
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, Fit, NameObject

from book.browser import PATIENCE, chromium
from book.course import lessons
from book.target import BUILD

PAPER = {"format": "A4", "margin": {"top": "16mm", "bottom": "18mm", "left": "17mm", "right": "17mm"}}
NUMBER = '<div style="width: 100%; font: 8pt sans-serif; text-align: center"><span class="pageNumber"></span></div>'


def titles() -> dict[str, str]:
    """The pages of the site that the PDF holds, in its order, and their bookmarks."""
    numbered = {lesson.path.stem: f"{lesson.number} · {lesson.question}" for lesson in lessons()}
    course = {f"notebooks/{name}": title.replace("`", "") for name, title in numbered.items()}
    beside = {"book/sheet": "The sheet", "book/glossary": "Glossary", "book/bibliography": "Bibliography"}
    return {"index": "The course", **course, **beside}


def printed(browser: Browser, path: Path) -> tuple[PdfReader, list[str]]:
    """A page of the site on paper, and its sections."""
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(PATIENCE)
    page.goto(path.as_uri())
    page.evaluate("Promise.all([document.fonts.ready, ...[...document.images].map((image) => image.decode())])")
    made = page.pdf(**PAPER, outline=True, tagged=True, print_background=True)
    sections = page.locator("article h2").evaluate_all("found => found.map((heading) => heading.innerText)")
    page.close()
    return PdfReader(io.BytesIO(made)), sections


def numbers(browser: Browser, count: int) -> PdfReader:
    """As many pages, with nothing on them but their number."""
    page = browser.new_page()
    page.set_content('<div style="break-after: page">&nbsp;</div>' * (count - 1) + "&nbsp;")
    made = page.pdf(**PAPER, display_header_footer=True, header_template="<i></i>", footer_template=NUMBER)
    page.close()
    return PdfReader(io.BytesIO(made))


def add(writer: PdfWriter, paper: PdfReader, sections: list[str], title: str) -> None:
    """Add a printed page and its bookmarks: Chromium knows where a heading stands, but joins words where it wraps."""
    start = len(writer.pages)
    writer.append(paper, import_outline=False)
    above = writer.add_outline_item(title=title, page_number=start)
    whole = {"".join(section.split()): section for section in sections}
    places = [entry for entry in paper.outline[1] if not isinstance(entry, list)] if len(paper.outline) > 1 else []
    for place in places:
        section = whole.get("".join(place.title.split()), place.title)
        number = start + paper.get_destination_page_number(place)
        writer.add_outline_item(title=section, page_number=number, parent=above)


def keep_links_inside(writer: PdfWriter, starts: dict[str, int]) -> None:
    """A link to a page of the site leads to that page in the PDF, or nowhere if the PDF leaves it out."""
    for number, page in enumerate(writer.pages):
        kept, moved = ArrayObject(), []
        for reference in page.get("/Annots", []):
            link = reference.get_object()
            address = str(link.get("/A", {}).get("/URI", ""))
            if not address.startswith("file:"):
                kept.append(reference)
            elif (target := unquote(address).partition("#")[0]) in starts:
                moved.append(Link(rect=link["/Rect"], target_page_index=starts[target], fit=Fit.fit_horizontally()))
        if "/Annots" in page:
            page[NameObject("/Annots")] = kept
        for link in moved:
            writer.add_annotation(number, link)


def bind(browser: Browser, site: Path, pages: dict[str, str]) -> PdfWriter:
    writer, starts = PdfWriter(), {}
    for name, title in pages.items():
        path = site / f"{name}.html"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: build the site first, by make book")
        starts[unquote(path.resolve().as_uri())] = len(writer.pages)
        add(writer, *printed(browser, path), title)
    keep_links_inside(writer, starts)
    overlay = numbers(browser, len(writer.pages))
    for page, number in zip(writer.pages, overlay.pages, strict=True):
        page.merge_page(number)
        page.compress_content_streams()
    writer.compress_identical_objects()
    writer.add_metadata({"/Title": "How large should class weights be?"})
    return writer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default=BUILD / "html")
    parser.add_argument("target", nargs="?", type=Path, default=BUILD / "course.pdf")
    given = parser.parse_args()
    try:
        with chromium() as opened:
            bound = bind(opened, given.site, titles())
        bound.write(given.target)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{given.target}: {len(bound.pages)} pages, {given.target.stat().st_size / 1e6:.1f} MB")
