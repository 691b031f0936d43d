"""Every Predict has a card that can be answered, and the outputs below it still print what its right answer says."""

import itertools
from collections.abc import Iterator

import pytest
from conftest import LESSONS, opened, refuse
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from test_prose import numbers

from book.adapt import PREDICT, figure_texts
from book.cards import TALLY, CardError, Choice, Number, Question, questions, with_card

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
