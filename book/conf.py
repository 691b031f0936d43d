"""Sphinx: the site of the course. ``prepare.py`` lays out its sources."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # Sphinx starts with the folder of this file alone

from book.course import repository
from book.head import address

project = "How large should class weights be?"
author = "the authors of the course"
html_title = project
language = "en"

extensions = ["myst_nb", "sphinxcontrib.bibtex", "sphinx_copybutton", "book.formulas", "book.furniture"]
copybutton_selector = "div:not(.output) > .highlight > pre"  # code, and not what it printed
html_math_renderer = "mathml"
myst_update_mathjax = False
bibtex_bibfiles = ["references.bib"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
highlight_language = "none"
nb_render_text_lexer = "none"
nb_render_markdown_format = "myst"  # outputs in Markdown hold tables and links

html_baseurl = address()  # which gives each page its canonical link
html_theme = "furo"
if repository():
    html_theme_options = {
        "source_repository": f"https://github.com/{repository()}/",
        "source_branch": "main",
        "source_directory": "",
    }
html_favicon = "static/favicon.svg"
html_static_path = ["static"]
html_css_files = ["course.css", "page.css", "landing.css", "figures.css", "cards.css", "print.css"]
html_js_files = ["course.js", "cards.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# Both styles pass WCAG AA.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# What axe-core asks for and theme and tables leave out: levels of headings, names of landmarks, a heading of the
# search, a corner of a table that is no empty heading. And a fold is called by its words.
MISSING = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="The course"',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
    'class="content-icon-container"': 'class="content-icon-container" role="region" aria-label="Source and look"',
    '<th class="head"><p></p></th>': '<td class="head"></td>',
    '<summary aria-label="Toggle hidden content">': "<summary>",
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}


def complete_pages(app: Sphinx, error: Exception | None) -> None:
    for path in Path(app.outdir).rglob("*.html") if error is None else []:
        page = path.read_text(encoding="utf-8")
        for found, complete in MISSING.items():
            page = page.replace(found, complete)
        path.write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", complete_pages)
