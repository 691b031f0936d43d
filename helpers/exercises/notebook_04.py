"""Exercises of notebook 04: the largest learning rate, the fate of a descent, a sample that no scale can upset."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import Submission, read_pair
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import integer, log_uniform, normal, number, uniform
from helpers.stability import logistic_descents

GLIDES, SETTLES, NEVER = "glides", "flips and settles", "never rests"


def weighted_sample(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    features = integer(generator, 1, 3)
    y = (uniform(generator, 0, 1, 40) < 0.3).long()
    w = uniform(generator, 0.5, 1.5, 2) * torch.tensor([1.0, 6.0])
    return normal(generator, 40, features), y, w, normal(generator, features + 1)


def curvatures(x: Tensor, y: Tensor, w: Tensor, minimum: Tensor, bias: bool = True) -> Tensor:
    """Eigenvalues of the Hessian of the loss divided by N, in ascending order."""
    extended = torch.cat([x, torch.ones(len(x), 1)], dim=1)
    p = torch.sigmoid(extended @ minimum)
    columns = extended if bias else x
    return torch.linalg.eigvalsh((columns * (w[y.long()] * p * (1 - p))[:, None]).T @ columns) / len(x)


def step_and_eigenvalues(generator: Generator) -> tuple[float, float, Tensor]:
    product = number(generator, *((0.3, 0.9), (1.1, 1.9), (2.1, 6.0))[integer(generator, 0, 2)])
    shares = uniform(generator, 0.02, 0.95, integer(generator, 3, 6))
    # The largest one stands neither first nor last, where a lucky index would find it.
    shares[integer(generator, 1, len(shares) - 2)] = 1.0
    lr, k = log_uniform(generator, 0.01, 10, 1).item(), log_uniform(generator, 0.1, 1000, 1).item()
    return lr, k, shares * product / (lr * k)


def named(product: Tensor) -> str:
    return GLIDES if product <= 1 else SETTLES if product < 2 else NEVER


class Sample(NamedTuple):
    inputs: Tensor
    zeros: Tensor
    ones: Tensor
    loss: float  # after 200 steps, in units of a sample


def descended(submission: Submission, n: int, step: float) -> Sample:
    wanted = f"Return two tensors of finite numbers: inputs, targets. This was for n = {n}."
    x, y = read_pair(submission(n, step), wanted, (2 * n, 1), (2 * n,))
    start = torch.zeros(2, dtype=torch.float64)
    both = set(y.tolist()) == {0.0, 1.0}
    loss = float(logistic_descents(start, x, y, lr=step, scale=1.0, steps=200).loss) if both else torch.inf
    return Sample(x, x[y == 0], x[y == 1], loss)


def around_zero(n: int, near: float, far: float) -> tuple[Tensor, Tensor]:
    distances = torch.linspace(near, far, n)[:, None]
    return torch.cat([-distances, distances]), (torch.arange(2 * n) >= n).double()


# fmt: off
EXERCISES = (
    Exercise(
        "4.1",
        insight="Weights reach the bound through the Hessian, to which each sample adds its weight times p (1 - p): a "
        "heavy class in a sharp direction sets the pace for all.",
        second='The section "What the ratios do" has the Hessian with weights; what does this loss divide it by? By '
        "hand: one sample at x = 0, weights 1 and 1, minimum (0, 0). Its curvature is 1/4 for the bias and 0 for the "
        "slope, and the bound is 8.",
        draw=weighted_sample,
        right=lambda x, y, w, minimum: 2 / curvatures(x, y, w, minimum)[-1],
        wrong={
            "Yours is the answer without the class weights.":
                lambda x, y, w, minimum: 2 / curvatures(x, y, torch.ones_like(w), minimum)[-1],
            "Yours divides the loss by the sum of the weights; this loss divides by N.":
                lambda x, y, w, minimum: 2 * w[y.long()].mean() / curvatures(x, y, w, minimum)[-1],
            "Yours uses the flattest direction; which one fails first?":
                lambda x, y, w, minimum: 2 / curvatures(x, y, w, minimum)[0],
            "Yours is half of the bound: an error that flips its sign can still shrink.":
                lambda x, y, w, minimum: 1 / curvatures(x, y, w, minimum)[-1],
            "Yours uses the trace, the sum of the eigenvalues.":
                lambda x, y, w, minimum: 2 / curvatures(x, y, w, minimum).sum(),
            "Yours leaves out the bias: the Hessian has d + 1 rows.":
                lambda x, y, w, minimum: 2 / curvatures(x, y, w, minimum, bias=False)[-1],
            "Yours is the sharpness itself; the learning rate is inverse to it.":
                lambda x, y, w, minimum: curvatures(x, y, w, minimum)[-1],
            "Yours belongs to the sum over the samples; this loss divides by N.":
                lambda x, y, w, minimum: 2 / curvatures(x, y, w, minimum)[-1] / len(x),
            "Yours is the bound at zero. Descent is to rest at `minimum`.":
                lambda x, y, w, minimum: 2 / curvatures(x, y, w, 0 * minimum)[-1],
        },
        otherwise="That is not the bound. Build the Hessian from w_y p (1 - p) at the minimum.",
    ),
    Exercise(
        "4.2",
        insight="The sharpest direction decides for all: its error is multiplied by 1 - lr k λ in each step.",
        second='The section "The scale at which it starts" has the factor by which a step multiplies the error. By '
        "hand, with lr k = 1: for an eigenvalue of 0.5 it is 0.5, for 1.5 it is -0.5, for 2.5 it is -1.5. Which word "
        "belongs to each? And which eigenvalue has the last word?",
        draw=step_and_eigenvalues,
        right=lambda lr, k, e: named(lr * k * e.max()),
        wrong={
            "You say 'glides' in all cases, and they differ in lr, k and eigenvalues.": lambda *_: GLIDES,
            "You say 'flips and settles' in all cases, and they differ in lr, k and eigenvalues.": lambda *_: SETTLES,
            "You say 'never rests' in all cases, and they differ in lr, k and eigenvalues.": lambda *_: NEVER,
            "Your rule leaves out the scale k.": lambda lr, _k, e: named(lr * e.max()),
            "Your rule leaves out the learning rate.": lambda _lr, k, e: named(k * e.max()),
            "Your rule looks at the flattest direction; which one fails first?":
                lambda lr, k, e: named(lr * k * e.min()),
            "Your rule looks at the first eigenvalue, and they come in any order.":
                lambda lr, k, e: named(lr * k * e[0]),
            "Your rule looks at the last eigenvalue, and they come in any order.":
                lambda lr, k, e: named(lr * k * e[-1]),
            "Your rule averages the eigenvalues, but directions do not help each other.":
                lambda lr, k, e: named(lr * k * e.mean()),
            "Nothing flips and settles in your rule: a factor between -1 and 0 changes the sign and shrinks the error.":
                lambda lr, k, e: GLIDES if lr * k * e.max() <= 1 else NEVER,
            "Your rule calls everything that settles a glide: a negative factor flips the error on its way.":
                lambda lr, k, e: GLIDES if lr * k * e.max() < 2 else NEVER,
        },
        otherwise="Return 'glides', 'flips and settles' or 'never rests': by what does a step multiply the error in "
        "the sharpest direction? Compare that with -1 and 0.",
    ),
    Counterexample(
        "4.3",
        insight="Classes that a line can separate leave no minimum to leap over: across a wide gap near zero no scale "
        "is too large, and a narrow one only takes long.",
        second='The section "Where the prediction ends" tries classes that lie apart. Put the line into the middle, '
        "so that the bias has nothing to do, and draw the sigmoid after one step of 100 for inputs at -0.1 and 0.1, "
        "then at -5 and 5. Which gap is wide enough?",
        draw=lambda generator: (integer(generator, 3, 29), log_uniform(generator, 100, 10_000, 1).item()),
        see=descended,
        right=lambda n, step: around_zero(n, (40 / step) ** 0.5, 2 * (40 / step) ** 0.5),
        wrong=(
            Flaw("Give n samples of class 0 and n of class 1; yours has {}.",
                lambda seen, n, _step: (
                    not len(seen.zeros) == len(seen.ones) == n and f"{len(seen.zeros)} and {len(seen.ones)}"),
                lambda n, _step: (around_zero(n, 1, 2)[0], 2 * around_zero(n, 1, 2)[1] - 1)),
            Flaw("The inputs must lie between -10 and 10; yours reach {}.",
                lambda seen, *_: bool(seen.inputs.abs().max() > 10) and f"{float(seen.inputs.abs().max()):.9g}",
                lambda n, _step: around_zero(n, 1, 10.5)),
            Flaw("The inputs must be all different.",
                lambda seen, *_: len(seen.inputs.unique()) < len(seen.inputs),
                lambda n, _step: around_zero(n, 1, 1)),
            Flaw("Your classes overlap, so the loss has a minimum at a finite distance, and the step leaps over it.",
                lambda seen, *_: bool(seen.zeros.max() >= seen.ones.min() and seen.ones.max() >= seen.zeros.min()),
                lambda n, _step: (torch.linspace(-2, 2, 2 * n)[:, None], torch.arange(2 * n) % 2)),
            Flaw("Your classes are apart, but the loss is {} after 200 steps: mind the gap, its width and its place.",
                lambda seen, *_: not seen.loss < 1e-6 and f"{seen.loss:.4g}",
                lambda n, step: around_zero(n, (14 / step) ** 0.5, 2 * (14 / step) ** 0.5)),
        ),
    ),
)
