"""Every Predict has a card that can be answered, and the outputs below it still print what its right answer says."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import new_page
from conftest import LESSONS, ROOT, opened, refuse
from markdown_it import MarkdownIt
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from playwright.sync_api import Browser, Locator, Page, expect
from test_prose import numbers

from book.adapt import PREDICT, figure_texts, results
from book.cards import TALLY, TALLY_OF_COURSE, CardError, Choice, Number, Question, questions, with_card

CARDS = [one for path in LESSONS for cell in opened(path).notebook.cells for one in questions(cell)]
JUDGED = [one for one in CARDS if isinstance(one, Choice) and one.right is not None]


def asks(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and PREDICT in cell.source


def shown(cells: list[NotebookNode]) -> str:
    """All that a reader of the outputs reads, the text of pictures too, with single spaces."""
    texts = [text for cell in cells for text in figure_texts(cell)]
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        texts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return " ".join(" ".join(texts).split())


def answers(cells: list[NotebookNode]) -> str:
    """The outputs from a Predict, the first of ``cells``, up to the next."""
    return shown(list(itertools.takewhile(lambda cell: not asks(cell), cells[1:])))


def holds(output: str, asked: Question) -> bool:
    if isinstance(asked, Number):
        return float(asked.number) in {float(number) for number in numbers(output)}
    return asked.right is None or asked.seen in output


def complaints(notebook: NotebookNode) -> Iterator[str]:
    for i, cell in enumerate(notebook.cells):
        place = f'cell {i + 1}, "{cell.source[-60:]}",'
        if ("predict" in cell.metadata) != asks(cell):
            yield f'{place} should have both, {PREDICT} and "predict" in its metadata, or neither: see CONTRIBUTING.md'
            continue
        try:
            found = questions(cell)
        except CardError as error:
            yield f"{place} has a card without sense: {error}"
            continue
        output = answers(notebook.cells[i:])
        lost = [asked for asked in found if not holds(output, asked)]
        yield from (f"{place} no output up to the next Predict shows {asked}" for asked in lost)
        open_ones = itertools.takewhile(lambda later: not asks(later), notebook.cells[i + 1 :])
        in_sight = shown([later for later in open_ones if later not in results(notebook)])
        told = [asked for asked in found if isinstance(asked, Choice) and asked.seen and asked.seen in in_sight]
        yield from (f"{place} an output that is not folded shows {asked}" for asked in told)


def test_every_predict_has_a_card_and_the_outputs_show_its_answer(lesson):
    refuse(complaints(lesson.notebook), of=lesson.path)


def test_neither_place_nor_length_gives_the_right_answer_away():
    of_three = [one for one in JUDGED if len(one.choices) == 3]
    assert len(of_three) > 100
    for place in range(3):
        assert 0.2 < sum(one.right == place for one in of_three) / len(of_three) < 0.5
    longest = [max(one.choices, key=len) == one.choices[one.right] for one in JUDGED]
    assert sum(longest) / len(longest) < 0.5


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"choices": ["one"], "right": 0, "seen": "1"}, "two or more"),
        ({"choices": ["one", "one"], "right": 0, "seen": "1"}, "different"),
        ({"choices": ["one", "two"], "right": 2, "seen": "1"}, "from 0 to 1"),
        ({"choices": ["one", "two"], "right": 0}, "needs seen"),
        ({"choices": ["one", "two"], "seen": "1"}, "needs seen"),
        ({"number": "8", "within": 1}, "should be numbers"),
        ({"number": 8, "within": -1}, "not negative"),
        ({"number": 8}, "expected"),
        ({"answer": 8}, "expected"),
        ([{"number": 8, "within": 1}, {"number": 9, "within": 1, "ask": "And then"}], "give it an ask"),
    ],
)
def test_a_card_that_nobody_could_answer_is_refused(fields, said):
    with pytest.raises(CardError, match=said):
        questions(new_markdown_cell("**Predict.** What?", metadata={"predict": fields}))


def test_a_card_stands_below_its_question_and_tells_no_answer():
    card = [{"choices": ["less", "`more`"], "right": 1, "seen": "9"}, {"number": 8.1, "within": 0.1, "unit": "<s>"}]
    for one, ask in zip(card, ("First", "Then"), strict=True):
        one["ask"] = ask
    cell = new_markdown_cell("**Predict.** What?", id="c7", metadata={"predict": card})
    text = with_card(cell.source, cell)
    assert text.startswith('**Predict.** What?\n\n<div class="guess" role="group"')
    assert "First\n\n- less\n- `more`\n" in text
    assert 'data-number="8.1" data-within="0.1" data-unit="&lt;s&gt;"' in text
    assert text.count("<div") == text.count("</div>") == 3
    assert with_card("No question.", new_markdown_cell("No question.")) == "No question."


def test_guesses_are_counted_before_the_exercises():
    cell = new_markdown_cell("## What\n\nThat.\n\n## Exercises\n\nThree.")
    assert with_card(cell.source, cell) == f"## What\n\nThat.\n\n{TALLY}\n\n## Exercises\n\nThree."


CHOICES = {"choices": ["at about 2.15", "at about 0.1"], "right": 1, "seen": "0.1"}
OPEN = {"choices": ["it helps", "it does harm"]}
WEIGHT = {"number": 704409, "within": 35000, "unit": "%"}
SCRIPT = (ROOT / "book" / "static" / "cards.js").as_uri()


@pytest.fixture(scope="module")
def one_page(chromium: Browser) -> Iterator[Page]:
    """A page whose reader agrees to everything. To open one takes Chromium as long as all that a test does there."""
    opened = new_page(chromium)
    opened.on("dialog", lambda dialog: dialog.accept())
    yield opened
    opened.close()


@pytest.fixture
def page(one_page: Page) -> Iterator[Page]:
    """It, with nothing kept from another test."""
    yield one_page
    one_page.evaluate("localStorage.clear()")


def with_cards(
    folder: Path, *parts: dict[str, object] | list[dict[str, object]] | str, name: str = "cards", tally: str = TALLY
) -> str:
    """The address of a page made of cards, as the site has them, and of HTML."""
    texts = [part if isinstance(part, str) else "**Predict.** What?" for part in parts]
    cells = [new_markdown_cell(text, id=f"c{i}") for i, text in enumerate(texts)]
    for cell, part in zip(cells, parts, strict=True):
        if not isinstance(part, str):
            cell.metadata["predict"] = part
    html = MarkdownIt().render("\n\n".join([*(with_card(cell.source, cell) for cell in cells), tally]))
    path = folder / f"{name}.html"
    path.write_text(
        f'<meta charset="utf-8"><article>{html}</article><script src="{SCRIPT}"></script>', encoding="utf-8"
    )
    return path.as_uri()


def answered(card: Locator, answer: str) -> None:
    fields = card.get_by_role("textbox")
    fields.fill(answer) if fields.count() else card.get_by_role("radio", name=answer).check()
    card.get_by_role("button").click()


def guess(page: Page, number: int, answer: str) -> None:
    answered(page.locator(".guess").nth(number), answer)


@pytest.mark.parametrize(
    ("card", "answer", "said"),
    [
        (CHOICES, "at about 0.1", "You guessed “at about 0.1”. Right."),
        (CHOICES, "at about 2.15", "You guessed “at about 2.15”. The result: at about 0.1."),
        (CHOICES | {"ask": "At 10"}, "at about 0.1", "At 10: you guessed “at about 0.1”. Right."),
        (OPEN, "it helps", "You guessed “it helps”. Compare it with the result."),
        (WEIGHT, "700,000", "You guessed 700,000 %. Right: 704,409 %."),
        (WEIGHT, "25,000", "You guessed 25,000 %. The result: 704,409 % (up to 35,000 away counts as right)."),
        (WEIGHT | {"within": 0, "ask": "Of all"}, "8", "Of all: you guessed 8 %. The result: 704,409 %."),
    ],
)
def test_a_card_compares_in_a_sentence(page: Page, tmp_path: Path, card: dict[str, object], answer: str, said: str):
    page.goto(with_cards(tmp_path, card))
    guess(page, 0, answer)
    expect(page.locator("[aria-live]")).to_have_text(said)


def test_a_tally_counts_in_sentences(page: Page, tmp_path: Path):
    page.goto(with_cards(tmp_path, OPEN, CHOICES, OPEN))
    tally = page.locator(".tally p")
    expect(tally).to_have_text("You have not guessed yet. 3 of 3 predictions are still open: go to the first.")
    guess(page, 0, "it helps")
    expect(tally).to_have_text("One guess has no right answer. 2 of 3 predictions are still open: go to the first.")
    guess(page, 1, "at about 0.1")
    expect(tally).to_contain_text(
        "You guessed 1 of 1 right. One guess has no right answer. 1 of 3 predictions is still"
    )
    guess(page, 2, "it helps")
    expect(tally).to_have_text("You guessed 1 of 1 right. 2 guesses have no right answer.")


def test_guesses_are_added_up_over_the_course_and_cleared_together(page: Page, tmp_path: Path):
    first, second = (with_cards(tmp_path, CHOICES, OPEN, name=name) for name in ("first", "second"))
    front = with_cards(tmp_path, name="index", tally=TALLY_OF_COURSE)
    course = page.locator(".of-course")
    page.goto(front)
    expect(course).to_be_hidden()
    page.goto(first)
    guess(page, 0, "at about 0.1")
    expect(page.locator(".tally")).not_to_contain_text("Over the course")  # which this page is, so far
    page.goto(second)
    expect(page.locator(".tally")).to_contain_text("Over the course so far: 1 of 1 right, in one notebook.")
    guess(page, 0, "at about 2.15")
    expect(page.locator(".tally")).to_contain_text("Over the course so far: 1 of 2 right, in 2 notebooks.")
    page.evaluate("localStorage.setItem('class-weights/score/third', 'many')")  # by another hand
    page.goto(front)
    expect(course).to_contain_text("You guessed 1 of 2 right, in 2 notebooks.")
    page.goto(first)
    page.get_by_role("button", name="Clear my guesses in this notebook").click()
    page.goto(front)
    expect(course).to_contain_text("You guessed 0 of 1 right, in one notebook.")
    course.get_by_role("button").click()
    expect(course).to_have_text("Your guesses are cleared.")
    expect(course).to_be_focused()
    assert page.evaluate("Object.keys(localStorage)") == []
    page.goto(second)
    expect(page.locator(".guess form")).to_have_count(2)
    page.evaluate("localStorage.setItem('class-weights/score/second', '1/1')")
    page.evaluate("localStorage.clear()")
    page.goto(front)
    expect(course).to_be_hidden()


def test_the_front_page_works_where_storage_is_refused(chromium: Browser, tmp_path: Path):
    page = new_page(chromium)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused') } })")
    page.goto(with_cards(tmp_path, name="index", tally=TALLY_OF_COURSE))
    expect(page.locator(".of-course")).to_be_hidden()
    page.close()
    assert errors == []


HALF = {"number": 0.5, "within": 0, "unit": "nats"}
CODE = {"choices": ["`less`", "`more`"], "right": 1, "seen": "9"}
UNJUDGED = {"choices": ["yes", "no"]}
RESULT = '<details class="hide"><summary>Show</summary>9</details>'
FINDING = '<details class="finding"><summary>Show</summary>So it is.</details>'


@pytest.mark.parametrize(
    ("texts", "number", "shown"),
    [
        (["0.5", "0,5", ".5", "+.5", "5e-1", "5E-1", " 0.5 ", "0.500"], 0.5, "0.5"),
        (["-3", "−3", "–3", "-3.0", "- 3"], -3, "−3"),
        (["25 000", "25,000", "25\u202f000", "25'000", "25_000", "2.5e4", "25,000.0", "25000."], 25000, "25,000"),
        (["-1,234,567.25", "-1234567,25"], -1234567.25, "−1,234,567.25"),
        (["1e-9", "0.000000001"], 1e-9, "1e−9"),
        (["1,5"], 1.5, "1.5"),
        (["0,125"], 0.125, "0.125"),
    ],
)
def test_a_number_is_read_as_people_write_it(page: Page, tmp_path: Path, texts: list[str], number: float, shown: str):
    page.goto(with_cards(tmp_path, HALF | {"number": number}))
    card = page.locator(".guess")
    for text in texts:
        answered(card, text)
        expect(card.locator(".outcome.hit")).to_have_text(
            f"You guessed {text.strip()}\u00a0nats. Right: {shown}\u00a0nats."
        )
        page.locator(".tally button").click()
    for wrong in ("many", "1,2,3", "1.2.3", "1,23,456", "0,125,000", "5e", "e5", "-", "3 %", "--3", "1e1.5"):
        card.get_by_role("textbox").fill(wrong)
        assert "Write a number" in card.get_by_role("textbox").evaluate("e => e.validationMessage"), wrong
    card.get_by_role("textbox").fill("7")
    assert card.get_by_role("textbox").evaluate("e => e.validationMessage") == ""


def test_a_guess_within_the_margin_is_right_to_its_very_edge(page: Page, tmp_path: Path):
    page.goto(with_cards(tmp_path, {"number": 0.3, "within": 0.1}))
    for text, kind in (("0.2", "hit"), ("0.4", "hit"), ("0.19", "miss"), ("0.41", "miss")):
        answered(page.locator(".guess"), text)
        expect(page.locator(f".outcome.{kind}")).to_have_count(1)
        page.locator(".tally button").click()


def test_a_card_opens_what_answers_it_and_no_more(page: Page, tmp_path: Path):
    page.goto(with_cards(tmp_path, RESULT, CODE, RESULT, RESULT, FINDING, RESULT, UNJUDGED, UNJUDGED, RESULT, CODE))
    cards = page.locator(".guess")
    open_folds = "[...document.querySelectorAll('details')].map(fold => fold.open)"
    assert page.evaluate(open_folds) == [False] * 6
    answered(cards.nth(1), "yes")  # nothing stands between it and the next
    assert page.evaluate(open_folds) == [False] * 6
    answered(cards.nth(2), "no")  # no finding before the next
    assert page.evaluate(open_folds) == [False] * 5 + [True]
    answered(cards.nth(0), "less")
    assert page.evaluate(open_folds) == [False, True, True, True, False, True]
    answered(cards.nth(3), "more")
    assert page.evaluate(open_folds) == [False, True, True, True, False, True]


def test_a_card_says_how_it_came_out_and_the_tally_leads_on(page: Page, tmp_path: Path):
    asks = [CODE | {"ask": "Which `one`"}, HALF | {"ask": "How much"}]
    page.goto(with_cards(tmp_path, CODE, RESULT, asks, RESULT, UNJUDGED, RESULT))
    cards, tally, note = page.locator(".guess"), page.locator(".tally"), page.locator(".guess-note")
    expect(cards.nth(0).get_by_role("group", name="Your guess")).to_have_count(1)
    expect(cards.nth(1).get_by_role("group", name="Which one").locator("code")).to_have_text(["one", "less", "more"])
    expect(cards.nth(1).get_by_label("How much")).to_have_attribute("inputmode", "decimal")
    expect(tally.get_by_role("button")).to_have_count(0)
    expect(page.locator(".guess input:invalid")).to_have_count(7)  # no field may be left out
    answered(cards.nth(0), "less")
    said = cards.nth(0).locator("[aria-live]")
    expect(said.locator(".miss code")).to_have_text(["less", "more"])
    expect(cards.nth(1).locator("form .guess-note")).to_contain_text("kept in this browser")
    expect(note).to_have_count(1)
    expect(tally.get_by_role("link", name="go to the first")).to_have_attribute("href", "#guess-c2")
    answered(cards.nth(2), "yes")
    expect(cards.nth(2).locator(".open")).to_contain_text("Compare it with the result.")
    expect(tally).to_contain_text("You guessed 0 of 1 right.")
    cards.nth(1).get_by_role("radio", name="more").check()
    answered(cards.nth(1), "0.4")
    expect(cards.nth(1).locator(".outcome")).to_have_text(
        [re.compile("Which one: you .*more.*Right"), re.compile("How much: you .*0.4.*0.5")]
    )
    expect(tally).to_contain_text("You guessed 1 of 3 right.")
    expect(tally).not_to_contain_text("still open")
    page.reload()
    expect(page.locator(".guess form")).to_have_count(0)
    tally.get_by_role("button").click()
    expect(page.locator(".guess form")).to_have_count(3)
    expect(page.locator(".outcome")).to_have_count(0)
    expect(tally).to_be_focused()


@pytest.mark.parametrize("refused", ["true", "text"])  # everything, or all but the empty text: a storage that is full
def test_a_guess_that_cannot_be_kept_counts_and_is_said_to_be_fleeting(chromium: Browser, tmp_path: Path, refused: str):
    page = new_page(chromium)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    full = f"Storage.prototype.setItem = (key, text) => {{ if ({refused}) throw new Error('refused') }}"
    page.add_init_script(full)
    page.goto(with_cards(tmp_path, CODE, RESULT, CODE, RESULT))
    guess(page, 0, "more")
    expect(page.locator(".guess-note")).to_contain_text("This browser keeps nothing for this page")
    expect(page.locator(".tally")).to_contain_text("You guessed 1 of 1 right.")
    page.close()
    assert errors == []


@pytest.mark.parametrize("kept", ['{"c0.0": "a choice that is gone"}', "no JSON", "null"])
def test_a_guess_that_is_no_choice_any_more_is_asked_anew(page: Page, tmp_path: Path, kept: str):
    address = with_cards(tmp_path, CODE, RESULT)
    page.goto(address)
    page.evaluate("text => localStorage.setItem('class-weights/guesses/cards', text)", kept)
    page.reload()
    answered(page.locator(".guess"), "more")
    expect(page.locator(".hit")).to_have_count(1)
