"""Exercises of notebook 13: the same weights in other libraries."""

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import read_tensor
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, number, uniform


def penalised(generator: Generator) -> tuple[float, Tensor, Tensor]:
    """C, weights and counts."""
    num_classes = integer(generator, 2, 6)
    w = uniform(generator, 0.5, 8.5, num_classes)
    return log_uniform(generator, 0.01, 100, 1).item(), w, counts(generator, 10, 1_000, num_classes)


def adam(generator: Generator) -> tuple[float, float, float, int]:
    """g, eps, beta2 and t."""
    g, eps = log_uniform(generator, 1e-7, 1e-5, 1).item(), log_uniform(generator, 1e-8, 1e-6, 1).item()
    return g, eps, number(generator, 0.9, 0.999), integer(generator, 2, 100)


def weight(seen: list[float]) -> float:
    """Σ w h of samples of weight 1."""
    size, p = seen
    return size * p * (1 - p)


# fmt: off
EXERCISES = (
    Exercise(
        "13.1",
        insight="Divided by N, the decay does not know the weights; so a factor on the weights moves the minimum.",
        second='The section "scikit-learn: a loss and its penalty" does it for the weighted mean. What divides the '
        "sum here, and so the penalty beside it? By hand: C = 0.5 and two classes of 5 samples. The factor is 0.2, "
        "with any weights.",
        draw=penalised,
        right=lambda c, _w, counts: 1 / (c * counts.sum()),
        wrong={
            "That is the penalty beside a sum. Here the sum is divided by something: and the penalty?":
                lambda c, _w, _counts: torch.tensor(1 / c),
            "That is for the weighted mean. What is the sum divided by here?":
                lambda c, w, counts: 1 / (c * (counts * w).sum()),
            "The number of classes is not the number of samples: which of them divides?":
                lambda c, w, _counts: torch.tensor(1 / (c * len(w))),
            "Yours grows with C: does a large C mean a strong penalty, or a weak one?":
                lambda c, _w, counts: c / counts.sum(),
            "Both penalties have a half in front: does it remain?":
                lambda c, _w, counts: 1 / (2 * c * counts.sum()),
        },
        otherwise="Divide scikit-learn's whole objective by one number, so that its first term is the loss asked for.",
    ),
    Exercise(
        "13.2",
        insight="It grows with t: ε acts as ε / √(1 − β₂ᵗ), which is largest at the start and ε itself in the end.",
        second='The section "Keras: its divisor and its ε" says what the correction does to ε. '
        "By hand: g = 1, eps = 1, beta2 = 0.75, t = 1. The root of v is 0.5, Keras adds 1, and the correction doubles "
        "both. The part is 0.333.",
        draw=adam,
        right=lambda g, eps, beta2, t: g / (g + eps / (1 - beta2**t) ** 0.5),
        wrong={
            "That is PyTorch's: it corrects first and adds ε then. Where does Keras add it?":
                lambda g, eps, _beta2, _t: g / (g + eps),
            "You shrink ε. Keras adds it to a root that is still too small: what does the correction then do to ε?":
                lambda g, eps, beta2, t: g / (g + eps * (1 - beta2**t) ** 0.5),
            "The second moment is corrected, but the step divides by its root: which power does ε get?":
                lambda g, eps, beta2, t: g / (g + eps / (1 - beta2**t)),
            "That is the first step: how far has the second moment come after t of them?":
                lambda g, eps, beta2, _t: g / (g + eps / (1 - beta2) ** 0.5),
            "That is ε's part. Which part of the step is left?":
                lambda g, eps, beta2, t: 1 - g / (g + eps / (1 - beta2**t) ** 0.5),
        },
        otherwise="With equal gradients the second moment is (1 − β₂ᵗ) g² and the first (1 − β₁ᵗ) g: put both in.",
    ),
    Counterexample(
        "13.3",
        insight="In a leaf's value the factor cancels; in the question whether there may be a leaf it does not.",
        second='The section "Boosted trees: weights above and below" has h = p (1 - p), and m is compared with Σ w h. '
        "By hand: 20 samples at p = 0.5 have 5, at p = 0.01 they have 0.198. Between which two numbers should yours "
        "lie?",
        draw=lambda generator: (log_uniform(generator, 0.001, 1, 1).item(),),
        see=lambda submission, m: read_tensor(submission(m), "Return two finite numbers, size and p.", 2).tolist(),
        right=lambda m: (20, m / 40),
        wrong=(
            Flaw("A leaf holds a whole number of samples, here 20 at least; yours holds {}.",
                lambda seen, _m: (seen[0] < 20 or not seen[0].is_integer()) and repr(seen[0]).removesuffix(".0"),
                lambda m: (10, m / 20)),
            Flaw("p is a probability above 0 and below 1; yours is {}.",
                lambda seen, _m: not 0 < seen[1] < 1 and f"{seen[1]:.9g}",
                lambda _m: (20, 1.5)),
            Flaw("Its Σ w h is {}, so m allows it with the weights as they are: how sure must the model be?",
                lambda seen, m: weight(seen) >= m and f"{weight(seen):.3g}",
                lambda _m: (20, 0.5)),
            Flaw("Its Σ w h is {}, so m refuses it even with 100 times the weights: is the model too sure?",
                lambda seen, m: 100 * weight(seen) < m and f"{weight(seen):.3g}",
                lambda _m: (20, 1e-9)),
        ),
    ),
)
