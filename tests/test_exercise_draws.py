"""On what inputs an answer is judged, and what a counterexample's flaws are said to be, as text to be read.

Any range would do that a learner's formula has to hold on; a slip in one (a count of 0, a share above 1) judges right
answers wrong, or wrong ones right. Whoever changes a draw runs `make snapshots`, and reads the diff.
"""

import pytest
import torch
from test_exercises import NUMBERS

from helpers.exercises.core import Counterexample, find_exercise, judge


def described(value):
    """A number by four digits; a tensor by its shape, its ends and its mean."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if not isinstance(value, torch.Tensor):
        return str(value)
    if value.numel() <= 4:
        return f"{[described(number) for number in value.flatten().tolist()]}".replace("'", "")
    mean = value.double().mean().round(decimals=9) + 0.0  # zero whatever the order of summation, and not minus zero
    ends = f"{value.min().item():.4g} to {value.max().item():.4g}, mean {mean:.4g}"
    return f"{tuple(value.shape)} {ends}"


@pytest.mark.parametrize("number", NUMBERS)
def test_what_an_exercise_draws(number, snapshot):
    generator = torch.Generator().manual_seed(0)
    drawn = [find_exercise(number).draw(generator) for _ in range(5)]
    assert "\n".join("; ".join(map(described, inputs)) for inputs in drawn) == snapshot


@pytest.mark.parametrize("number", [n for n in NUMBERS if isinstance(find_exercise(n), Counterexample)])
def test_what_is_said_of_a_counterexample(number, snapshot):
    exercise = find_exercise(number)
    own = exercise.right(*exercise.draw(torch.Generator().manual_seed(0)))  # one of many that are right
    shown = "; ".join(described(torch.as_tensor(part)) for part in (own if isinstance(own, tuple) else (own,)))
    wrong = [flaw.answer for flaw in exercise.wrong]
    said = [judge(number, answer, seed=0)[1] for answer in (*wrong, lambda *_: "no answer")]
    assert "\n".join([f"ours: {shown}", *said]) == snapshot
