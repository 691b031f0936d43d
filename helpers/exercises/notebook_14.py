"""Exercises of notebook 14: the long tail."""

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import read_tensor
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, number
from helpers.weights import normalize


def weighted_classes(generator: Generator) -> tuple[Tensor, Tensor, float, float]:
    num_classes = integer(generator, 4, 12)
    n, w = counts(generator, 2, 3000, num_classes), log_uniform(generator, 0.1, 10, num_classes)
    return n, normalize(w, n, to="sample mean"), number(generator, 1, 100), number(generator, 0.3, 0.95)


def together(total: Tensor) -> Tensor:
    """The curvatures of the softmax where it predicts the shares of ``total``: eigenvalues, ascending."""
    q = total / total.sum()
    return torch.linalg.eigvalsh(torch.diag(q) - q[:, None] * q)


def alone(total: Tensor) -> Tensor:
    """The curvature of each class, all other logits held fixed."""
    q = total / total.sum()
    return q * (1 - q)


def largest_rate(curvature: Tensor, lam: float, beta: float) -> float:
    return 2 * (1 + beta) / (float(curvature) * lam)


def relative(curvatures: Tensor) -> Tensor:
    return curvatures / curvatures.max()


def rare_inputs(num_words: int, ratio: float) -> Tensor:
    """Rows of equal counts, the first ``ratio`` times the others: each column holds the same."""
    rows = torch.ones(num_words, 1, dtype=torch.float64)
    rows[0] = ratio
    return rows.expand(num_words, num_words)


# fmt: off
EXERCISES = (
    Exercise(
        "14.1",
        insight="One rate must do for all, and the steepest direction sets it. Equal shares bear the largest one.",
        second='The section "Why: the curvature of a class" has the Hessian diag(p) - p pᵀ. What is p here? By hand: '
        "two classes of equal share, lam = 1 and beta = 0. The eigenvalues are 0 and 0.5, and the rate is 4.",
        draw=weighted_classes,
        right=lambda n, w, lam, beta: largest_rate(together(n * w)[-1], lam, beta),
        wrong={
            "You look at each class alone. What if two logits swing against each other?":
                lambda n, w, lam, beta: largest_rate(alone(n * w).max(), lam, beta),
            "Your rate is that of steps without momentum. What does β do to a step that flips its sign?":
                lambda n, w, lam, _beta: largest_rate(together(n * w)[-1], lam, 0.0),
            "Momentum makes steady steps 1 / (1 - β) times as long. What does it do to steps that flip their sign?":
                lambda n, w, lam, beta: largest_rate(together(n * w)[-1], lam, 0.0) * (1 - beta),
            "Your shares are those of the samples. What is the share of a class in the weight?":
                lambda n, _w, lam, beta: largest_rate(together(n)[-1], lam, beta),
            "Your shares are those of the weights, each class counted once.":
                lambda _n, w, lam, beta: largest_rate(together(w)[-1], lam, beta),
            "You take the share itself for the curvature. How large is it for a class that is always right?":
                lambda n, w, lam, beta: largest_rate((n * w).max() / (n * w).sum(), lam, beta),
            "That is what a flat direction bears. Which direction leaves the valley first?":
                lambda n, w, lam, beta: largest_rate(together(n * w)[1], lam, beta),
        },
        otherwise="Which share of the total weight has each class? Its curvature follows, and the largest one decides.",
    ),
    Exercise(
        "14.2",
        insight="At exponent 1 all classes learn at one speed; at 0 the rarest is the slowest.",
        second='The section "Why: the curvature of a class" has the curvature of a class with the share π. By hand: '
        "counts 4, 1 and 1 at tau = 0.5. The shares are 0.5, 0.25 and 0.25, and the speeds 1, 0.75 and 0.75.",
        draw=lambda generator: (counts(generator, 2, 3000, integer(generator, 4, 30)), number(generator, 0.1, 0.9)),
        right=lambda n, tau: relative(alone(n ** (1 - tau))),
        wrong={
            "Those are the speeds without weights.": lambda n, _tau: relative(alone(n)),
            "You give the rare classes a share that grows with their rarity. What does n_c w_c do?":
                lambda n, tau: relative(alone(n ** -tau)),
            "Your share of a class is its count to the power τ. Which exponent is left of n · n^-τ?":
                lambda n, tau: relative(alone(n ** tau)),
            "You compare the shares of the weight. The curvature of a class is not its share alone.":
                lambda n, tau: relative(n ** (1 - tau)),
            "The curvatures are right. Divide them by that of the fastest class.":
                lambda n, tau: alone(n ** (1 - tau)),
            "You divide by the slowest class.":
                lambda n, tau: alone(n ** (1 - tau)) / alone(n ** (1 - tau)).min(),
        },
        otherwise="Write down what share of the weight a class has at exponent τ, then its curvature.",
    ),
    Counterexample(
        "14.3",
        insight="A tail can stand on the side of the inputs, where no class weight reaches it.",
        second='The section "The other tail" finds it on the side of the inputs: the classes are the column sums, the '
        "inputs the row sums. By hand, for two words: which table has the column sums 11 and 11, and the row sums 20 "
        "and 2?",
        draw=lambda generator: (integer(generator, 3, 9), float(log_uniform(generator, 20, 1e6, 1).round())),
        see=lambda submission, k, ratio: read_tensor(
            submission(k, ratio), "Return a table of finite numbers: previous words, next words.", None, None),
        right=rare_inputs,
        wrong=(
            Flaw("Return a table of pairs with as many rows and columns as there are words.",
                lambda seen, k, _r: seen.shape != (k, k), lambda k, _r: torch.ones(k, k + 1)),
            Flaw("A count is a whole number above zero here; some of yours are not.",
                lambda seen, _k, _r: bool(((seen < 1) | (seen != seen.round())).any()),
                lambda k, _r: torch.eye(k)),
            Flaw("Your classes are not equally frequent, so N/n_c would do something. What are the column sums?",
                lambda seen, _k, _r: not torch.allclose(seen.sum(0), seen.sum(0)[0], rtol=1e-6, atol=0.0),
                lambda k, r: rare_inputs(k, r).T),
            Flaw("Your commonest input comes {} times as often as your rarest. That is too little of a tail.",
                lambda seen, _k, r: bool(seen.sum(1).max() < (1 - 1e-6) * r * seen.sum(1).min())
                and f"{float(seen.sum(1).max() / seen.sum(1).min()):.7g}",
                lambda k, r: rare_inputs(k, r // 2)),
        ),
    ),
)
