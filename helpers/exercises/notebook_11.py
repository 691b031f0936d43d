"""Exercises of notebook 11: weights in other losses."""

import math

import torch
from torch import Generator, Tensor

from helpers.diagnosis.formulas import misled_share
from helpers.exercises.answers import read_tensor
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, normal, number
from helpers.weights import power


def counts_and_cap(generator: Generator) -> tuple[Tensor, float]:
    # A class far below the cap and one far above it, so that no two of the answers agree.
    n = torch.cat([torch.tensor([50_000, 25_000, 20]), counts(generator, 10, 40_000, 4)])
    return n[torch.randperm(len(n), generator=generator)], number(generator, 5, 500)


def teacher(generator: Generator) -> tuple[Tensor, Tensor, float]:
    k = integer(generator, 2, 6)
    return 3 * normal(generator, k), log_uniform(generator, 1, 1000, k), number(generator, 1.5, 6)


def lost(n: Tensor, eps: float, exponent: float) -> float:
    """How many labels a network that knows them all misnames, under (N / n_c) ** exponent and smoothing."""
    return misled_share(torch.ones(3), power(n, exponent), eps)


def with_ratio(eps: float, exponent: float) -> list[int]:
    """Counts whose largest ratio is the onset's to the power ``exponent``."""
    return [round(10 * (3 / eps - 2) ** exponent), 20, 10]


# fmt: off
EXERCISES = (
    Exercise(
        "11.1",
        insight="Below the cap nothing changes; above it all classes need the same odds, however rare they are.",
        second='The section "The rule" has the best answer. By hand: counts 100, 10 and 1, cap 20. The weights, over '
        "the smallest, are 1, 10 and 20. The second class draws level where it is 0.1 times as likely as the first: "
        "what is the number for the third?",
        draw=counts_and_cap,
        right=lambda n, cap: 1 / (n.max() / n).clamp(max=cap),
        wrong={
            "Those are the odds under N/n_c: where does the cap come in?": lambda n, _cap: n / n.max(),
            "Those are the capped weights. Does a heavier class need more evidence, or less?":
                lambda n, cap: (n.max() / n).clamp(max=cap),
            "You compare with N/n_c. Asked is the odds itself, against the most common class.":
                lambda n, cap: (n.max() / n / cap).clamp(min=1),
            "That is a probability. How do odds and probability differ?":
                lambda n, cap: 1 / (1 + (n.max() / n).clamp(max=cap)),
            "You let the cap act on N/n_c. Asked is a cap on the ratio to the smallest weight.":
                lambda n, cap: (n.sum() / n.max()).clamp(max=cap) / (n.sum() / n).clamp(max=cap),
            "You give every class the odds of the cap. What of a class whose ratio is below it?":
                lambda n, cap: torch.full((len(n),), 1 / cap),
            "Yours never exceeds one over the cap. What are the odds of the most common class against itself?":
                lambda n, cap: (n / n.max()).clamp(max=1 / cap),
        },
        otherwise="With weights, at which odds p_c : p_common do w_c p_c and w_common p_common tie?",
    ),
    Exercise(
        "11.2",
        insight="At temperature 4 a weight of 10 acts as 10 to the fourth, which is 10,000, once the student is used.",
        second='The section "The rule" says what the student learns while T is in force. By hand: two classes with '
        "equal teacher logits, w = (1, 3) and T = 2. It learns 1/4 and 3/4, so the two entries of z / 2 are log 3 "
        "apart. How far apart are those of z, and what does a softmax make of that?",
        draw=teacher,
        right=lambda z, w, heat: torch.softmax(z + heat * w.log(), dim=0),
        wrong={
            "That is the teacher: where are the weights?": lambda z, _w, _heat: torch.softmax(z, dim=0),
            "That is the answer at temperature 1. The shift of log w appears in z / T, and the student is asked for z.":
                lambda z, w, _heat: torch.softmax(z + w.log(), dim=0),
            "That is what the student gives while it is trained, at temperature T. How is it used?":
                lambda z, w, heat: torch.softmax(z / heat + w.log(), dim=0),
            "You divide log w by T. If z / T is shifted by log w, by what is z shifted?":
                lambda z, w, heat: torch.softmax(z + w.log() / heat, dim=0),
            "Yours takes the weights out. Does a heavy class gain or lose?":
                lambda z, w, heat: torch.softmax(z - heat * w.log(), dim=0),
            "Those are logits that the student may have. What is asked of it?":
                lambda z, w, heat: z + heat * w.log(),
        },
        otherwise="Write q ∝ w t for the two softened softmaxes, take logarithms, and solve for the student's z.",
    ),
    Counterexample(
        "11.3",
        insight="The ratio must lie above K/ε - (K - 1), and its square root below.",
        second='The section "The smoothing at which it begins" has the ε from which a class loses its name. Solve it '
        "for the ratio of the weights. By hand: three classes and ε = 0.1. The ratio is 28. Which class may lie "
        "beyond it, how far may it go when roots are taken, and where must the other two stay?",
        draw=lambda generator: (log_uniform(generator, 0.012, 0.3, 1).item(),),
        see=lambda submission, eps: read_tensor(
            submission(eps), "Return the counts of three classes: three whole numbers.", 3),
        right=lambda eps: with_ratio(eps, 1.4),
        wrong=(
            Flaw("Each count is a whole number from 1 to a million; some of yours are not.",
                lambda n, _eps: not bool(((n >= 1) & (n <= 1e6) & (n == n.round())).all()),
                lambda _eps: [2e6, 20, 10]),
            Flaw("Your three counts are equal, and so are their weights: what can smoothing do then?",
                lambda n, _eps: len(set(n.tolist())) == 1,
                lambda _eps: [50, 50, 50]),
            Flaw("With N/n_c every class still keeps its name: which ratio of the counts does this smoothing allow?",
                lambda n, eps: lost(n, eps, 1.0) == 0,
                lambda eps: with_ratio(eps, 0.6)),
            Flaw("Two classes lose their names; one is asked for. What decides whether a class of middling size does?",
                lambda n, eps: lost(n, eps, 1.0) > 1,
                lambda eps: [with_ratio(eps, 1.4)[0], with_ratio(eps, 1.4)[0] - 1, 10]),
            Flaw("The square root loses a name too: your ratio is {}, more than it can bear.",
                lambda n, eps: lost(n, eps, 0.5) > 0 and f"{n.max() / n.min():,.0f}",
                lambda eps: [math.floor(12 * (3 / eps - 2) ** 2), 20, 10]),
        ),
    ),
)
