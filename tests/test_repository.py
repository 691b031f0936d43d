"""The workflows are what their own linter calls right, and name no repository but the one they run in."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from book.course import README, CourseError, lessons, repository
from book.landing import front_page, run_page

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_workflows_pass_actionlint():
    actionlint = shutil.which("actionlint", path=Path(sys.executable).parent) or shutil.which("actionlint")
    if actionlint is None:
        pytest.skip("no actionlint here: its package has a build for Linux on x86-64 only")
    ran = subprocess.run([actionlint, *WORKFLOWS], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_take_the_repository_from_where_they_run(path):
    text = path.read_text(encoding="utf-8")
    told = [line for line in text.splitlines() if "COURSE_REPOSITORY" in line]
    # links.yml follows links to other machines, and builds no page that would link to the repository.
    assert told == ["  COURSE_REPOSITORY: ${{ github.repository }}"] * (path.stem in ("site", "tests"))
    named = re.findall(r"github\.com[/:]\S*", text)
    assert [name for name in named if not name.startswith("github.com/$GITHUB_REPOSITORY")] == []


def test_the_site_links_a_repository_only_where_it_is_named(monkeypatch):
    readme = README.read_text(encoding="utf-8")
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    assert "github.com" not in front_page(readme, lessons()) + run_page(readme)
    monkeypatch.setenv("COURSE_REPOSITORY", "owner/course")
    page = run_page(readme)
    assert "[![Tests](https://github.com/owner/course/actions/workflows/tests.yml/badge.svg)]" in page
    assert "https://mybinder.org/v2/gh/owner/course/main?" in page
    monkeypatch.setenv("COURSE_REPOSITORY", "https://github.com/owner/course")
    with pytest.raises(ValueError, match="expected an owner and a name"):
        repository()


def test_every_section_of_the_readme_stands_on_one_of_its_two_pages(monkeypatch):
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    readme = README.read_text(encoding="utf-8")
    front, run = front_page(readme, lessons()), run_page(readme)
    # Titles, map and doors are made anew, and the link to a folder becomes one to a page.
    made = r"#|<!--|\||- \*\*"
    paragraphs = [text for text in readme.split("\n\n") if not re.match(made, text) and "/solutions)" not in text]
    lost = [text[:60] for text in paragraphs if (text in front) == (text in run)]
    assert lost == []
    with pytest.raises(CourseError, match='no section "## Three doors"'):
        front_page(readme.replace("## Three doors", "## Doors"), lessons())
    with pytest.raises(CourseError, match='does not say "put them into '):
        front_page(readme.replace("put them into", "enter them in"), lessons())
    assert "into the [calculator](book/calculator.md), or into [notebook 10]" in front
