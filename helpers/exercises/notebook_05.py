"""Exercises of notebook 05: which optimisers notice the scale of the loss."""

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import close, read_like
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import integer, log_uniform, normal, number, uniform


def gradients_of_a_run(generator: Generator) -> tuple[Tensor, float, float]:
    g = normal(generator, integer(generator, 2, 29))
    return g, log_uniform(generator, 1e-9, 1e-5, 1).item(), number(generator, 0.9, 0.999)


def second_moment(gradients: Tensor, beta: float) -> float:
    v = 0.0
    for g in gradients.tolist():
        v = beta * v + (1 - beta) * g * g
    return v


def root(gradients: Tensor, beta: float) -> float:
    """The square root of v with its hat."""
    return float((second_moment(gradients, beta) / (1 - beta ** len(gradients))) ** 0.5)


def parabola(generator: Generator) -> tuple[float, float, float, float]:
    k = log_uniform(generator, 0.1, 10, 1).item()
    return k, number(generator, 0.5, 2.5), number(generator, 0.5, 1.5), number(generator, 0.2, 0.5)


def penalised(k: float, a: float, b: float, decay: float) -> float:
    return k * a * b / (k * a + decay)


def places(k: float, a: float, b: float, decay: float) -> Tensor:
    """Those of SGD with L2, Adam with L2 and AdamW."""
    return torch.tensor([penalised(k, a, b, decay), penalised(k, a, b, decay), b])


def moves(gradients: Tensor) -> float:
    """Where Adam with lr 1 and ε 0 has moved a parameter from zero after the gradients, shape (T,)."""
    m = v = place = 0.0
    for t, g in enumerate(gradients.tolist(), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        place -= (m / (1 - 0.9**t)) / (v / (1 - 0.999**t)) ** 0.5
    return place


def heavy(gradients: Tensor, negative: float, positive: float) -> Tensor:
    return torch.where(gradients < 0, negative, positive).double()


def turning_gradients(generator: Generator) -> tuple[Tensor]:
    """20 gradients, 12 of them positive, that move Adam down, and up once the negative ones count ten times.

    Factors of 0.1 to 10 can do more, so that an answer of this kind does not hang on the draw.
    """
    while True:
        signs = torch.ones(20, dtype=torch.float64)
        signs[torch.randperm(20, generator=generator)[:8]] = -1
        gradients = signs * uniform(generator, 0.5, 1.5, 20)
        if moves(gradients) < -1 and moves(heavy(gradients, 10, 1) * gradients) > 1:
            return (gradients,)


# fmt: off
EXERCISES = (
    Exercise(
        "5.1",
        insight="Adam compares ε with the root of v, its memory of the gradients: k matters where k times it nears ε.",
        second='The section "Where the indifference ends" has the formula, with the hat on v. By hand: gradients 3 '
        "and 4, with eps = 1 and beta2 = 0.5. v is 10.25, with its hat 13.67, and the k asked for is 0.2705.",
        draw=gradients_of_a_run,
        right=lambda g, eps, beta: eps / root(g, beta),
        wrong={
            "You return the inverse: how often the root is larger than ε, not the scale at which they are equal.":
                lambda g, eps, beta: root(g, beta) / eps,
            "You use v without its hat. Both averages start at zero; what corrects that?":
                lambda g, eps, beta: eps / second_moment(g, beta) ** 0.5,
            "You average the sizes of the gradients. Adam averages something else, and recent steps count more.":
                lambda g, eps, _beta: eps / g.abs().mean(),
            "You use the last gradient alone, which is right after one step only. v remembers the earlier ones.":
                lambda g, eps, _beta: eps / g[-1].abs(),
            "You divide by v. Adam divides by its square root.": lambda g, eps, beta: eps / root(g, beta) ** 2,
            "You give all gradients the same weight. In v the recent ones count more.":
                lambda g, eps, _beta: eps / g.square().mean().sqrt(),
        },
        otherwise="Run the recursion for v over the gradients, put its hat on, then solve for k.",
    ),
    Exercise(
        "5.2",
        insight="With L2 the scale meets the decay in one sum, so k moves the resting place even of Adam; AdamW keeps "
        "them apart and rests where the plain loss does.",
        second='The section "With L2 even the minimum moves" has the loss on which a run with L2 rests, whatever '
        "steps take it there. By hand: k, a and b are 1, and decay is 0.5. The places are 0.667, 0.667 and 1. Which "
        "gradient is zero at each?",
        draw=parabola,
        right=places,
        wrong={
            "You send all three to b. Set the whole gradient, with the term of L2 in it, to zero.":
                lambda _k, _a, b, _decay: torch.tensor([b, b, b]),
            "Your Adam with L2 forgets k. Its step is a ratio, but where does that ratio become zero?":
                lambda k, a, b, decay: torch.tensor([penalised(k, a, b, decay), penalised(1, a, b, decay), b]),
            "Your Adam with L2 ends where AdamW does. Is the decay part of the gradient that it divides?":
                lambda k, a, b, decay: torch.tensor([penalised(k, a, b, decay), b, b]),
            "Your AdamW ends where L2 does. Is its decay part of the gradient that it divides?":
                lambda k, a, b, decay: torch.tensor([penalised(k, a, b, decay)] * 3),
            "You multiply the penalty by k. It is the loss that is multiplied.":
                lambda k, a, b, decay: places(1 / k, a, b, decay),
            "Your places do not depend on k.": lambda _k, a, b, decay: places(1, a, b, decay),
        },
        otherwise="At least one of the three is not right yet. Where does what its step contains add up to zero?",
    ),
    Counterexample(
        "5.3",
        insight="Adam cancels one factor for all steps; factors that differ from step to step, as class weights do in "
        "small batches, choose which gradients the average m hears.",
        second='The section "Why Adam does not notice" has m and v. The sign of the step is the sign of m, an average '
        "of the last ten or so gradients. By hand: gradients 1, 1, -1 sum to 1. Which of them would you make louder, "
        "and which softer, so that the sum turns around?",
        draw=turning_gradients,
        see=lambda submission, gradients: read_like(submission(gradients), gradients),
        right=lambda gradients: heavy(gradients, 10, 0.1),
        wrong=(
            Flaw("Weights of a loss are positive. A factor of zero stops the gradient, a negative one turns it around.",
                lambda factors, _: not bool((factors > 0).all()),
                lambda gradients: -torch.ones_like(gradients)),
            Flaw("Keep each factor from 0.1 to 10; yours go from {}.",
                lambda factors, _: (
                    bool(factors.min() < 0.1 * (1 - 1e-6) or factors.max() > 10 * (1 + 1e-6))
                    and f"{float(factors.min()):.7g} to {float(factors.max()):.7g}"
                ),
                lambda gradients: heavy(gradients, 10.5, 0.1)),
            Flaw("One factor for all steps cancels in Adam's ratio: the parameter moves as before. Let it vary.",
                lambda factors, _: close(factors.max(), factors.min()),
                lambda gradients: torch.full_like(gradients, 3.0)),
            Flaw("Adam moved {} with yours: the same direction.",
                lambda factors, gradients: (
                    not moves(factors * gradients) > 0
                    and f"by {moves(gradients):.3g} without factors and by {moves(factors * gradients):.3g}"
                ),
                lambda gradients: heavy(gradients, 0.1, 10)),
        ),
    ),
)
