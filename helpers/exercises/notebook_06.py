"""Exercises of notebook 06: what a scheme of weights costs."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import Submission, read_pair
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, normal, number


def another_place(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    num_classes = integer(generator, 3, 6)
    z, shares = 2 * normal(generator, 6, num_classes), normal(generator, num_classes).softmax(dim=0)
    return z, log_uniform(generator, 0.1, 50, num_classes), counts(generator, 3, 3000, num_classes), shares


def class_and_rates(generator: Generator) -> tuple[int, int, float, float]:
    n = integer(generator, 1_000, 60_000)
    n_c = max(10, int(n * number(generator, 0.01, 0.31)))
    return n_c, n, number(generator, 0.3, 0.95), number(generator, 0.002, 0.2)


def three_counts(generator: Generator) -> tuple[Tensor]:
    sizes = (2_000, 9_000), (200, 900), (6, 40)
    return (torch.tensor([integer(generator, low, high) for low, high in sizes]),)


def two_matrices(submission: Submission, class_counts: Tensor) -> dict[str, Tensor]:
    a, b = read_pair(submission(class_counts), "Return two confusion matrices, A and B.", (3, 3), (3, 3))
    return {"A": a, "B": b}


def first(seen: dict[str, Tensor], is_wrong: Callable[[Tensor], bool]) -> str | bool:
    """The name of the first matrix that is wrong, or False."""
    return next((name for name, matrix in seen.items() if is_wrong(matrix)), False)


def balanced_accuracy(matrix: Tensor) -> float:
    return float((matrix.diagonal() / matrix.sum(dim=1)).mean())


def macro_f1(matrix: Tensor) -> float:
    return float((2 * matrix.diagonal() / (matrix.sum(dim=1) + matrix.sum(dim=0))).mean())


def lead(seen: dict[str, Tensor], of_a: bool, of_b: bool) -> str | bool:
    """Both scores, if A leads in balanced accuracy as ``of_a`` says and B in macro F1 as ``of_b`` says."""
    balanced, f1 = ([score(matrix) for matrix in seen.values()] for score in (balanced_accuracy, macro_f1))
    if (balanced[0] > balanced[1] + 1e-9) != of_a or (f1[0] < f1[1] - 1e-9) != of_b:
        return False
    return f"balanced accuracy {balanced[0]:.3f} and macro F1 {f1[0]:.3f}, B {balanced[1]:.3f} and {f1[1]:.3f}"


def moved(class_counts: Tensor, true: int, called: int, part: float) -> Tensor:
    """A perfect confusion matrix, with the part of one class, rounded up, called another."""
    matrix, number_moved = torch.diag(class_counts), (class_counts[true] * part).ceil().long()
    matrix[true, true] -= number_moved
    matrix[true, called] = number_moved
    return matrix


# fmt: off
EXERCISES = (
    Exercise(
        "6.1",
        insight="Weights and class shares enter a network alike, as logs added to its logits: subtract those of the "
        "training, add those of the new place.",
        second='The section "Getting the probabilities back" takes weights out of the logits; shares go in and out in '
        "the same way. By hand: z = (0, 0), weights 1 and 1, counts 3 and 1, and one half of each in the new place. "
        "The probabilities are 0.25 and 0.75.",
        draw=another_place,
        right=lambda z, w, n, s: (z - w.log() - n.log() + s.log()).softmax(dim=1),
        wrong={
            "These are the probabilities that the weighted network states.": lambda z, _w, _n, _s: z.softmax(dim=1),
            "You took the weights out. The class shares of the training are still in.":
                lambda z, w, _n, _s: (z - w.log()).softmax(dim=1),
            "You bring in the new shares, but the old ones are still there.":
                lambda z, w, _n, s: (z - w.log() + s.log()).softmax(dim=1),
            "You leave the weights in. The network learned as if each class had n_c w_c samples.":
                lambda z, _w, n, s: (z - n.log() + s.log()).softmax(dim=1),
            "Your weights have the sign of training, which made the logits of heavy classes larger. Undo it.":
                lambda z, w, n, s: (z + w.log() - n.log() + s.log()).softmax(dim=1),
            "You exchanged the old shares and the new: which are in the logits, and which are to be?":
                lambda z, w, n, s: (z - w.log() + n.log() - s.log()).softmax(dim=1),
            "These are logits: they are right up to a constant, but they are not yet probabilities.":
                lambda z, w, n, s: z - w.log() - (n / n.sum()).log() + s.log(),
            "The ratios within a row are right. But do your rows sum to one?":
                lambda z, w, n, s: z.softmax(dim=1) * s / (w * n / n.sum()),
        },
        otherwise="Start from q_c, proportional to w_c p_c, ask how p_c changes with the share of class c, and let "
        "each row sum to one.",
    ),
    Exercise(
        "6.2",
        insight="A small share of many samples is many false alarms: precision falls with the rarity of the class.",
        second='The section "The data, and how little of it there is" says of what precision is a share. By hand: 10 '
        "of 100 samples, recall 0.5, false alarms 0.1. That makes 5 right alarms and 9 false ones, a precision of "
        "0.357.",
        draw=class_and_rates,
        right=lambda n_c, n, recall, false_alarm: n_c * recall / (n_c * recall + (n - n_c) * false_alarm),
        wrong={
            "You use the two shares and no counts. A share of many samples is more than the same share of few.":
                lambda _n_c, _n, recall, false_alarm: recall / (recall + false_alarm),
            "You let all samples give false alarms. Those of the class itself cannot.":
                lambda n_c, n, recall, false_alarm: n_c * recall / (n_c * recall + n * false_alarm),
            "That is the share of the alarms that are wrong.":
                lambda n_c, n, recall, false_alarm: 1 - n_c * recall / (n_c * recall + (n - n_c) * false_alarm),
            "That is the number of right alarms. Precision is a share: of what?":
                lambda n_c, _n, recall, _f: n_c * recall,
            "That is the share of right alarms in all samples.": lambda n_c, n, recall, _f: n_c * recall / n,
            "Precision is not one minus the false alarms: they are a share of the others.":
                lambda _n_c, _n, _r, f: 1 - f,
        },
        otherwise="Count the right alarms and the false ones, for instance for 10 of 100 samples.",
    ),
    Counterexample(
        "6.3",
        insight="Balanced accuracy looks along the rows only; a rare class drowned by strangers in its column costs "
        "precision, which F1 alone can see.",
        second='The section "One curve for each network" has both scores. By hand: of 1,000 common samples 50 are '
        "called rare, where 10 are rare, all found. The recalls are 0.95 and 1, and the precision of the rare class "
        "is one sixth. Which score sees that? What could the other model do wrong, which costs recall?",
        draw=three_counts,
        see=two_matrices,
        right=lambda n: (moved(n, 0, 2, 0.25), moved(n, 2, 0, 0.5)),
        wrong=(
            Flaw("{} has an entry that is not a number of samples: use whole numbers that are not negative.",
                lambda seen, _n: first(seen, lambda m: bool((m < 0).any()) or not m.equal(m.round())),
                lambda n: (moved(n, 0, 2, 0.25), moved(n, 2, 0, 2))),
            Flaw("The columns of {} sum to the counts. The true classes belong in the rows.",
                lambda seen, n: first(seen, lambda m: m.sum(0).equal(n.double()) and not m.sum(1).equal(n.double())),
                lambda n: (moved(n, 0, 2, 0.25).T, moved(n, 2, 0, 0.5).T)),
            Flaw("The rows of {} do not sum to the counts.",
                lambda seen, n: first(seen, lambda m: not m.sum(1).equal(n.double())),
                lambda n: (moved(n, 0, 2, 0.25), torch.diag(n) + 1)),
            Flaw("A has {}. A wins both: which errors does only F1 see?",
                lambda seen, _n: lead(seen, of_a=True, of_b=False),
                lambda n: (torch.diag(n), moved(n, 0, 2, 0.25))),
            Flaw("A has {}. B wins both, or draws. A has to find more of some class.",
                lambda seen, _n: lead(seen, of_a=False, of_b=True),
                lambda n: (moved(n, 0, 2, 0.25), torch.diag(n))),
            Flaw("A has {}. That is the other way round, or a draw.",
                lambda seen, _n: lead(seen, of_a=False, of_b=False),
                lambda n: (moved(n, 2, 0, 0.5), moved(n, 0, 2, 0.25))),
        ),
    ),
)
