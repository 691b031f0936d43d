"""The page of objectives: what each notebook promises, where it is taught, and where it is asked for."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from book.course import GUIDE, ROOT, Lesson
from book.questions import address

PLAN = ROOT / "book" / "objectives.toml"
INTRODUCTION = """# Objectives

What each notebook promises to teach, the sections that do, and the exercises and questions of the
[quiz](teaching.md#a-quiz) that ask for it.

"""


def plan() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(PLAN.read_text(encoding="utf-8"))["notebook"]


def objectives(lesson: Lesson) -> list[str]:
    """The bullets of the first cell."""
    return [line.rstrip(";.") for line in re.findall(r"^- (.+)$", lesson.notebook.cells[0].source, re.M)]


def exercises(lesson: Lesson) -> dict[str, str]:
    """Number to heading."""
    return {found[1]: heading for heading in lesson.headings if (found := re.match(r"Exercise ([\d.]+)", heading))}


def questions() -> list[int]:
    """The numbers of the quiz."""
    return [int(number) for number in re.findall(r"^\*\*(\d+)\.\*\*", GUIDE.read_text(encoding="utf-8"), re.M)]


def lacks(course: list[Lesson]) -> Iterator[str]:
    """What objectives.toml should say and does not, or says and should not, a sentence each."""
    known, asked = plan(), []
    for lesson in course:
        rows = known.get(lesson.number, [])
        if len(rows) != len(objectives(lesson)):
            yield f"{lesson.path.name} has {len(objectives(lesson))} objectives, and objectives.toml {len(rows)}"
        used = [number for row in rows for number in row.get("exercises", [])]
        asked += [number for row in rows for number in row.get("quiz", [])]
        for place, row in enumerate(rows, 1):
            gone = [one for one in row["sections"] if one not in lesson.headings]
            if gone or not row["sections"]:
                yield f"{lesson.number}, objective {place}: no section {gone or ''} in {lesson.path.name}"
            if not row.get("exercises") and not row.get("quiz"):
                yield f"{lesson.number}, objective {place}: no exercise and no quiz question asks for it"
        if sorted(used) != sorted(exercises(lesson)):
            yield f"{lesson.number}: its exercises are {', '.join(exercises(lesson))}; objectives.toml names {used}"
    if sorted(asked) != questions():
        yield f"the quiz of the guide has the questions {questions()}; objectives.toml names {sorted(asked)}"


def objectives_page(course: list[Lesson]) -> str:
    parts = [INTRODUCTION]
    for lesson in course:
        own = exercises(lesson)
        parts.append(f"## [{lesson.number} · {lesson.question}](../notebooks/{lesson.path.name})\n\n")
        parts.append("| you will be able to | sections | exercises | quiz |\n|---|---|---|---|\n")
        for aim, row in zip(objectives(lesson), plan()[lesson.number], strict=True):
            taught = ", ".join(f"[{one}]({address(lesson, one)})" for one in row["sections"])
            tried = ", ".join(f"[{one}]({address(lesson, own[one])})" for one in row.get("exercises", []))
            quiz = ", ".join(map(str, row.get("quiz", [])))
            parts.append(f"| {aim} | {taught} | {tried} | {quiz} |\n")
        parts.append("\n")
    return "".join(parts)
