"""A notebook is three files: itself, its solution, its exercises. What they lack is said here, a sentence each."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import LESSONS, ROOT, SOLUTIONS, opened, refuse
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from book.adapt import give_alternative_text
from book.course import GUIDE, README, CourseError, Lesson, lessons, with_map, with_questions
from book.landing import COUNTS, doors
from book.lecture import with_lecture
from book.moving import live
from book.objectives import lacks, plan, questions
from book.questions import cited, place
from helpers.exercises.core import judge

SECTION = ("Objective", "Timing", "Misconception", "Question", "Where students get stuck", "Ask at the end")
MINUTES = range(15, 56)


def numbers(lesson: Lesson) -> list[str]:
    """Of its three exercises."""
    return [f"{int(lesson.path.name[:2])}.{i}" for i in (1, 2, 3)]


def facts(lesson: Lesson) -> Iterator[str]:
    for fact in ("number", "question", "minutes", "part"):
        try:
            getattr(lesson, fact)
        except CourseError as error:
            yield str(error).removeprefix(f"{lesson.path.name}: ")
            return
    if lesson.minutes not in MINUTES:
        yield f"its first cell says {lesson.minutes} minutes, and 15 to 55 are wanted: split it or join it with another"


def solution(lesson: Lesson) -> Iterator[str]:
    path = lesson.path.parent / "solutions" / lesson.path.name
    if not path.is_file():
        yield f"notebooks/solutions/{path.name} is missing: solve the exercises {', '.join(numbers(lesson))} there"
        return
    cells = opened(path).notebook.cells
    title = re.sub(r"^# (\d\d) · ", r"# Solutions · \1 ", lesson.notebook.cells[0].source.partition("\n")[0])
    if not cells[0].source.startswith(title):
        yield f'notebooks/solutions/{path.name} should begin with "{title}"'
    solved = "".join(cell.source for cell in cells if cell.cell_type == "code")
    for number in numbers(lesson):
        if f'check("{number}"' not in solved:
            yield f'notebooks/solutions/{path.name} has no check("{number}", ...): solve that exercise there too'
    if f"](solutions/{path.name})" not in "".join(cell.source for cell in lesson.notebook.cells):
        yield f"it has no link to its solutions: write [solutions](solutions/{path.name}) below its exercises"


def exercises(lesson: Lesson) -> Iterator[str]:
    path = f"helpers/exercises/notebook_{lesson.path.name[:2]}.py"
    if not (ROOT / path).is_file():
        yield f"{path} is missing: declare the exercises {', '.join(numbers(lesson))} there"
        return
    for number in numbers(lesson):
        try:
            judge(number, lambda *_: None)
        except ValueError:
            yield f"{path} declares no exercise {number}: add it"
    source = "\n".join(cell.source for cell in lesson.notebook.cells if cell.cell_type == "code")
    checked = re.findall(r'check\("([\d.]+)"', source)
    if checked != numbers(lesson):
        yield f"its cells should check the exercises {', '.join(numbers(lesson))}; they check {', '.join(checked)}"


def section(lesson: Lesson) -> Iterator[str]:
    sections = re.split(r"^### ", GUIDE.read_text(encoding="utf-8"), flags=re.M)[1:]
    own = next((text for text in sections if text.startswith(lesson.path.name[:2])), None)
    if own is None:
        yield f'book/teaching.md has no section "### {lesson.path.name[:2]} · ...": add one, with {", ".join(SECTION)}'
    elif lacking := [part for part in SECTION if f"*{part}" not in own]:
        yield f"book/teaching.md lacks {', '.join(lacking)} in its section on this notebook"


@pytest.mark.parametrize("rule", [facts, solution, exercises, section], ids=lambda rule: rule.__name__)
def test_a_notebook_lacks_nothing(lesson: Lesson, rule: Callable[[Lesson], Iterator[str]]):
    refuse(rule(lesson), of=lesson.path)


def test_nothing_is_left_over():
    known = [path.name[:2] for path in LESSONS]
    others = {
        "notebooks/solutions": [path.name[:2] for path in SOLUTIONS],
        "helpers/exercises": [path.stem[-2:] for path in (ROOT / "helpers" / "exercises").glob("notebook_*.py")],
        "book/teaching.md": re.findall(r"^### (\d\d) ·", GUIDE.read_text(encoding="utf-8"), re.M),
    }
    for where, numbers in {"notebooks": known, **others}.items():
        refuse(
            f"{where} has {number} more than once: rename one" for number in set(numbers) if numbers.count(number) > 1
        )
        refuse(f"{where} has {number}, and no notebook has that number" for number in numbers if number not in known)


@pytest.mark.parametrize(("path", "renew"), [(README, with_map), (GUIDE, with_questions)], ids=["README", "guide"])
def test_pages_say_what_the_notebooks_say(path, renew):
    text = path.read_text(encoding="utf-8")
    try:
        renewed = renew(text, lessons())
    except CourseError as error:
        pytest.skip(f"first of all, {error}")
    if renewed != text:
        refuse(["it gives other questions or minutes than the notebooks: run make map"], of=path)


def lesson_of(opening: str, **course: str) -> Lesson:
    cells = [nbformat.v4.new_markdown_cell(opening)]
    return Lesson(Path("11_toy.ipynb"), nbformat.v4.new_notebook(cells=cells, metadata={"course": course}))


def test_pages_follow_the_first_cell_and_the_metadata():
    toy = lesson_of("# 11 · A toy?\n\n**Time.** 20 minutes to read.", part="III")
    marked = "<!-- the map, by make map -->\nold\n<!-- end of the map -->\n"
    assert with_map(marked, [toy]).splitlines()[4] == "| III | [11_toy](notebooks/11_toy.ipynb) | A toy? | 20 |"
    with pytest.raises(CourseError, match="markers"):
        with_map("old", [toy])
    guide = "### {}\n\n- **Timing.** {} minutes to read, 9 to teach.\n"
    other = guide.format("12 · Other?", 30)
    assert with_questions(guide.format("11 · Old?", 5) + other, [toy]) == guide.format("11 · A toy?", 20) + other


PLAIN = lesson_of("# 12 · A toy\n\n## Head", part="IV")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: PLAIN.number, '11_toy.ipynb: its first cell should begin with "# 11 · "'),
        (lambda: PLAIN.question, "11_toy.ipynb: its first cell should ask its question in the title"),
        (lambda: PLAIN.minutes, '11_toy.ipynb: its first cell should say "**Time.** 25 minutes to read"'),
        (lambda: PLAIN.part, "11_toy.ipynb: the notebook's metadata should say to which part it belongs"),
        (lambda: place("12 · Head", [PLAIN]), '"12 · Head": there is no notebook 12'),
        (lambda: place("11 · Tail", [PLAIN]), '"11 · Tail": 11_toy.ipynb has no heading "Tail"'),
        (lambda: cited("https://example.org/1"), "https://example.org/1: not an address of a thread"),
        (lambda: doors(f"- **Learn.** {COUNTS}(10.ipynb)"), 'README.md: "## Three doors" should be a list of three'),
        (lambda: with_lecture("# Guide"), "book/teaching.md lacks the two markers"),
    ],
)
def test_what_a_page_lacks_is_said(call: Callable[[], object], said: str):
    with pytest.raises(CourseError, match=f"^{re.escape(said)}"):
        call()


def test_what_would_break_a_page_is_refused(monkeypatch):
    monkeypatch.setattr("book.moving.module", lambda _: 'x = "</script>"')
    with pytest.raises(ValueError, match="the module toy holds the end of a script element"):
        live("toy", "", "null")
    picture = nbformat.v4.new_output("display_data", {"image/png": ""})
    with pytest.raises(ValueError, match=r"two pictures in one cell.*: 'draw twice'"):
        give_alternative_text(nbformat.v4.new_code_cell("draw twice", outputs=[picture, picture]))


def test_every_package_has_a_range_and_a_pin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    ranges = {canonicalize_name(range_.name): range_ for range_ in map(Requirement, lines)}
    pinned = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)
    pins = {canonicalize_name(name): version for name, version in pinned}
    for name in sorted(ranges.keys() | pins.keys()):
        if name not in pins:
            refuse([f"requirements.txt does not pin {name}: add the version that you tested"])
        if name not in ranges:
            refuse([f"pyproject.toml does not name {name}: add it to dependencies or to an extra"])
        if not ranges[name].specifier.contains(pins[name]):
            refuse([f"requirements.txt pins {name}=={pins[name]}, and pyproject.toml asks for {ranges[name]}"])


def test_each_objective_is_taught_and_asked_for():
    refuse(lacks(lessons()), of=ROOT / "book" / "objectives.toml")


def test_objectives_say_what_is_missing(monkeypatch):
    known, before = plan(), list(lacks(lessons()))
    known["01"][2] = {"sections": ["Gone"]}
    monkeypatch.setattr("book.objectives.plan", lambda: known)
    assert [complaint for complaint in lacks(lessons()) if complaint not in before] == [
        "01, objective 3: no section ['Gone'] in 01_weighted_cross_entropy.ipynb",
        "01, objective 3: no exercise and no quiz question asks for it",
        f"the quiz of the guide has the questions {questions()}; objectives.toml names {questions()[1:]}",
    ]


def test_objectives_are_as_many_as_the_bullets(monkeypatch):
    known = plan()
    known["01"].append({"sections": [opened(LESSONS[0]).headings[0]], "quiz": []})
    monkeypatch.setattr("book.objectives.plan", lambda: known)
    first, *_ = lacks(lessons())
    assert first == "01_weighted_cross_entropy.ipynb has 3 objectives, and objectives.toml 4"


def test_objectives_say_what_is_asked_for_twice_or_by_nothing(monkeypatch):
    known = plan()
    first = known["01"][0]
    known["01"] = [{**first, "exercises": [*first.get("exercises", []), "1.1", "1.1", "1.9"]}, *known["01"][1:]]
    monkeypatch.setattr("book.objectives.plan", lambda: known)
    (complaint,) = lacks(lessons())
    assert complaint.startswith("01: its exercises are 1.1, 1.2, ")
    assert "'1.1', '1.1', '1.9'" in complaint
