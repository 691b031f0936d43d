"""The index of questions and the table of symptoms: links that land, numbers that are printed, lines that tell."""

import itertools
import math
import re

import pytest
import torch
from conftest import refuse
from nbformat import NotebookNode, from_dict
from test_prose import NOT_PROSE, numbers, printed
from torch.nn import functional as F

from book.course import Lesson, lessons
from book.questions import BOOK, PAGES, Question, Symptom, cited, place, plain, questions, spellings, symptoms

COURSE = lessons()
QUESTIONS, SYMPTOMS = questions(), symptoms()
# Two lines of the page, with some room.
LONGEST = 260
# Digits in a name, such as float16, are no number.
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def level(line: str) -> int:
    return len(line) - len(line.lstrip("#"))


def section(lesson: Lesson, heading: str) -> NotebookNode:
    """The cells below a heading, down to the next of its level or above, as a notebook."""
    inside, depth, cells = False, 0, []
    for cell in lesson.notebook.cells:
        if cell.cell_type == "markdown":
            for line in re.findall(r"^#{1,3} .+$", cell.source, re.M):
                if inside and level(line) <= depth:
                    inside = False
                if plain(line.lstrip("# ")) == heading:
                    inside, depth = True, level(line)
        if inside:
            cells.append(cell)
    return from_dict({"cells": cells})


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asked[:50])
def test_an_answer_is_shown_where_it_says(question: Question):
    assert len(question.answer) <= LONGEST, "an answer has two lines"
    if not question.shown:
        return
    known = printed(section(*place(question.shown, COURSE))) | numbers(question.asked)
    said = numbers(NAME.sub(" ", NOT_PROSE.sub(" ", question.answer)))
    refuse(f'"{question.asked}" says {number}, which {question.shown} does not print' for number in said - known)


def test_most_answers_have_a_number():
    shown = [question for question in QUESTIONS if question.shown]
    assert sum(bool(numbers(question.answer)) for question in shown) > 0.9 * len(shown)


def test_there_are_sixty_questions_and_no_two_alike():
    assert len(QUESTIONS) >= 60
    assert len({question.asked for question in QUESTIONS}) == len(QUESTIONS)
    assert sum(bool(question.thread) for question in QUESTIONS) >= 30
    for thread in filter(None, (question.thread for question in QUESTIONS)):
        assert cited(thread).startswith("[")


def test_groups_stand_together():
    groups = [question.group for question in QUESTIONS]
    assert [a for a, b in itertools.pairwise(groups) if a != b] == list(dict.fromkeys(groups))[:-1]


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_made_of_their_files(name: str):
    if (BOOK / name).read_text(encoding="utf-8") != PAGES[name](COURSE):
        refuse([f"book/{name} is older than its file or a notebook: run make map"])


def test_a_section_ends_where_the_next_begins():
    cells = [("# T", ""), ("## A", "1"), ("### A1", "2"), ("## B", "3"), ("text\n\n## A `b`", "4")]
    built = [
        from_dict({"cell_type": "markdown", "source": source, "outputs": [{"text": text}]}) for source, text in cells
    ]
    toy = Lesson(BOOK, from_dict({"cells": built}))
    assert printed(section(toy, "A")) == {"1", "2"}
    assert printed(section(toy, "A1")) == {"2"}
    assert printed(section(toy, "A b")) == {"4"}


def test_a_number_is_found_with_any_space():
    assert spellings("25 000") == ["25 000", "25\u00a0000", "25\u202f000"]
    assert spellings("two words") == ["two words"]


# What each line of the symptoms reads, first where the symptom is there, then where all is well.
W = torch.tensor([1.0, 2.0, 7.0])
Y = torch.tensor([0, 1, 2, 1])
Z = torch.tensor([[2.0, 0.5, -1.0], [0.1, 1.2, 0.3], [-0.5, 0.2, 0.9], [1.5, -0.3, 0.4]])
N = torch.tensor([900.0, 90.0, 10.0])
BALANCED = N.sum() / (3 * N)
LONG = F.pad(torch.tensor([30.0] + 49 * [1.0])[:, None], (0, 1), value=1.0)
FIRST = torch.tensor([2] + 49 * [0])
RARE = torch.tensor([0] * 98 + [2] * 2)
OUTLYING = torch.tensor([[0.0, 0.0, 0.0]]).repeat(100, 1)
SURE = torch.tensor([[5.0, 0.0, 0.0]]).repeat(100, 1)
SCORES, LABELS = torch.tensor([0.01, 0.02, 0.03, 0.2, 0.3]), torch.tensor([0, 0, 0, 1, 1])


def by_samples(z: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(z, y, weight=w, reduction="none").mean()


def penalised(z: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return by_samples(z, y, w) + z.square().mean()


TINY, TRAINED = torch.full((10,), 1e-9), torch.full((10,), 1e-3)
CASES = {
    "NaN in some batches": (
        {"w": W * torch.tensor([0, 1, 1]), "y": torch.tensor([0, 0])},
        {"w": W, "y": Y},
    ),
    "All weights are NaN": ({"n": torch.tensor([5, 0, 2])}, {"n": N}),
    "The weights seem to be ignored": ({"y": Y[:1]}, {"y": Y}),
    "A factor on all weights": (
        {"z": Z, "y": Y, "w": W, "loss": by_samples},
        {"z": Z, "y": Y, "w": W, "loss": F.cross_entropy},
    ),
    "Training stands still": ({"n": N, "w": (1 / N) / (1 / N).sum()}, {"n": N, "w": BALANCED}),
    "NaN or a huge loss": ({"n": torch.ones(7000), "w": torch.full((7000,), 7000.0)}, {"n": N, "w": BALANCED}),
    "The average sample weighs one": ({"w_max": 33.3, "B": 16}, {"w_max": 33.3, "B": 64}),
    "Worse with Adam": ({"w": W, "batches": [Y[:1], Y[2:3]]}, {"w": W, "batches": [Y, Y.flip(0)]}),
    "Adam crawls": ({"g": TINY, "eps": 1e-8}, {"g": TRAINED, "eps": 1e-8}),
    "The loss is steeper": ({"x": LONG, "y": FIRST, "w": W**4}, {"x": LONG, "y": FIRST, "w": torch.ones(3)}),
    "The rare class is predicted": ({"z": OUTLYING, "n": N, "w": W, "c": 2}, {"z": SURE, "n": N, "w": W, "c": 2}),
    "Probabilities too low": ({"w_max": 33.3, "B": 64}, {"w_max": 33.3, "B": 256}),
    "Rare classes are lost": ({"w_max": 33.3, "B": 64}, {"w_max": 7.8, "B": 64}),
    "Accumulation does not": ({"totals": torch.tensor([3.0, 9.0])}, {"totals": torch.tensor([6.0, 6.0])}),
    "Several ranks": ({"totals": torch.tensor([3.0, 9.0])}, {"totals": torch.tensor([6.0, 6.0])}),
    "The printed loss falls": (
        {"z": Z + torch.tensor([-2.0, -2.0, 2.0]), "z_0": Z, "y": Y, "w": torch.tensor([1.0, 1.0, 700.0])},
        {"z": 2 * F.one_hot(Y, 3).float(), "z_0": Z, "y": Y, "w": W},
    ),
    "A good AUC": ({"p": SCORES, "y": LABELS}, {"p": SCORES * 3, "y": LABELS}),
    "The loss is inf": ({"z": Z.half(), "w": 25_000 * W, "y": Y}, {"z": Z.half(), "w": W, "y": Y}),
    "The loss is NaN, or": ({"w": (25_000 * W).half(), "y": Y}, {"w": W.half(), "y": Y}),
    "The loss is in order": ({"w": 1e-6 * W.half(), "y": Y}, {"w": W.half(), "y": Y}),
    "The loss is large and": (
        {"p": torch.sigmoid(torch.tensor([17.0, 0.0])), "y": torch.zeros(2)},
        {"p": torch.sigmoid(torch.ones(2)), "y": torch.zeros(2)},
    ),
    "Accuracy collapses": ({"w": W**4, "eps": 0.1}, {"w": W, "eps": 0.01}),
    "A new normalisation": (
        {"z": Z, "y": Y, "w": W, "total": penalised},
        {"z": Z, "y": Y, "w": W, "total": by_samples},
    ),
    "A map of weights": ({"each": Z[:, 0], "m": torch.ones(4, 1)}, {"each": Z[:, 0], "m": torch.ones(4)}),
    "Many labels never": (
        {"z": torch.tensor([[-1.0, -2.0], [0.5, -1.0]]), "y": torch.eye(2)},
        {"z": torch.tensor([[-1.0, 2.0], [0.5, -1.0]]), "y": torch.eye(2)},
    ),
    "One term of the loss": ({"norms": torch.tensor([1.0, 2.0, 90.0])}, {"norms": torch.tensor([3.0, 2.0, 1.0])}),
    "Common classes do not": ({"g": torch.eye(4)[:, :3]}, {"g": Z}),
}


# What was told wrong once: a line, what it reads, and whether the symptom's cause is there.
TOLD_WRONG = {
    "all labels ignored, NaN": ("NaN in some", {"w": W, "y": Y[:0]}, True),
    "two classes at N/n_c": ("NaN or a huge", {"n": N[:2], "w": N[:2].sum() / N[:2]}, True),
    "absent words of an embedding": ("Adam crawls", {"g": torch.cat([torch.zeros(90), TRAINED]), "eps": 1e-8}, False),
    "a batch without the rare class": ("The rare class is predicted", {"z": SURE, "n": N, "w": W, "c": 2}, False),
    "a batch little above w_max": ("Probabilities too low", {"w_max": 33.3, "B": 40}, True),
    "losses that are equal by chance": ("Accumulation does", {"totals": torch.tensor([1.0, 2.0])}, True),
    "a poor ranking": ("A good AUC", {"p": torch.tensor([0.1, 0.3, 0.2, 0.4]), "y": torch.tensor([0, 1, 0, 0])}, False),
    "sure and wrong": ("The loss is inf", {"z": torch.tensor([[30.0, 0.0]]).half().repeat(4096, 1), "w": W[:2] ** 0,
                                           "y": torch.ones(4096, dtype=torch.int64)}, True),
    "sure and right": ("The loss is inf", {"z": torch.tensor([[30.0, 0.0]]).half().repeat(64, 1), "w": 600 * W[:2],
                                           "y": torch.zeros(64, dtype=torch.int64)}, False),
    "all labels ignored": ("The loss is NaN", {"w": W, "y": Y[:0]}, False),
    "many pixels in float32": ("The loss is NaN", {"w": W[:1], "y": torch.zeros(100_000, dtype=torch.int64)}, False),
    "a masked label": ("The loss is inf", {"z": torch.tensor([[-math.inf, 0.0]]), "w": W[:2], "y": Y[:1]}, False),
    "no weights, one by one": ("Rare classes are lost", {"w_max": 1.0, "B": 1}, False),
    "even classes": ("The rare class is predicted", {"z": Z[:, :2] * 0, "n": torch.tensor([3.0, 7.0]),
                                                     "w": W.flip(0)[1:], "c": 0}, True),
    "a class left out": ("Accuracy collapses", {"w": torch.tensor([1.0, 1.0, 0.0]), "eps": 0.1}, False),
    "one term": ("One term", {"norms": torch.ones(1)}, False),
    "the rare positives saturated": ("The loss is large", {"p": torch.cat([torch.zeros(5), torch.full((95,), 0.2)]),
                                                           "y": torch.cat([torch.ones(5), torch.zeros(95)])}, True),
    "one map for all images": ("A map", {"each": torch.ones(5, 8, 7), "m": torch.ones(1, 1, 8, 7)}, False),
    "a large vocabulary": ("Adam crawls", {"g": 5 * TINY * 10, "eps": 1e-8}, False),
    "one of many saturated": ("The loss is large", {"p": torch.cat([torch.ones(1), torch.full((99,), 0.2)]),
                                                    "y": torch.zeros(100)}, False),
    "500 rare labels, few in a batch": ("Many labels", {"z": -torch.ones(32, 500),
                                                        "y": F.one_hot(torch.arange(32), 500)}, True),
    "sure and right, sigmoid": ("The loss is large", {"p": torch.tensor([1.0, 0.0]), "y": torch.tensor([1, 0])}, False),
    "far below zero": ("The loss is large", {"p": torch.sigmoid(torch.tensor([-40.0])), "y": torch.ones(1)}, True),
    "light weights in float32": ("The loss is in order", {"w": 1e-6 * W, "y": Y}, False),
    "labels that the batch lacks": ("Many labels", {"z": -torch.ones(4, 9), "y": torch.zeros(4, 9)}, False),
    "an empty class": ("NaN or a huge", {"n": torch.tensor([6.0, 4.0, 0.0]), "w": 10 / torch.tensor([6.0, 4.0, 0.0])},
                       True),
    "a share of 0.2, in part apart": ("The rare class is predicted", {
        "z": torch.tensor([[0.76, 0.24]]).log().repeat(9, 1), "n": torch.tensor([8.0, 2.0]), "w": W[:2], "c": 1}, True),
    "weights that push the rare class down": ("The rare class is predicted", {
        "z": OUTLYING, "n": torch.tensor([60.0, 30.0, 10.0]), "w": torch.tensor([1.0, 5.0, 2.0]), "c": 2}, False),
    "too often without weights": ("The rare class is predicted", {"z": OUTLYING, "n": N, "w": W**0, "c": 2}, False),
    "an average sample of eight": ("NaN or a huge", {"n": torch.ones(8), "w": torch.full((8,), 8.0)}, True),
}  # fmt: skip


def tells(symptom: Symptom, read: dict[str, object]) -> bool:
    return bool(eval(symptom.test, {"torch": torch, "F": F, **read}))


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.seen[:50])
def test_a_line_tells_sick_from_healthy(symptom: Symptom):
    sick, healthy = next(cases for seen, cases in CASES.items() if symptom.seen.startswith(seen))
    assert tells(symptom, sick)
    assert not tells(symptom, healthy)


@pytest.mark.parametrize("case", TOLD_WRONG)
def test_a_line_is_not_misled(case: str):
    seen, read, there = TOLD_WRONG[case]
    (symptom,) = (symptom for symptom in SYMPTOMS if symptom.seen.startswith(seen))
    assert tells(symptom, read) is there


def test_no_symptom_is_left_over():
    assert len(CASES) == len(SYMPTOMS) == len({symptom.seen for symptom in SYMPTOMS})
