"""Exercises of notebook 01: what weighted cross entropy divides by."""

import math
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from helpers.exercises.answers import Submission, close, plain, read_pair
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import integer, labels, log_uniform, normal, number, uniform


def losses(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    z, y = normal(generator, 7, 4), labels(generator, 4, 7)
    return F.cross_entropy(z, y, reduction="none"), y, uniform(generator, 0.5, 5.5, 4)


def first_batch(generator: Generator) -> tuple[Tensor, Tensor, float]:
    num_classes = integer(generator, 3, 9)
    y = labels(generator, num_classes, integer(generator, 5, 30))
    return y, log_uniform(generator, 0.1, 50, num_classes), number(generator, 0.05, 0.3)


def smoothed(y: Tensor, w: Tensor, own: float, every: float) -> Tensor:
    """The numerator of an untrained model where a sample has ``own`` of its class's weight, ``every`` of each."""
    return (own * w[y] + every * w.sum()).sum() * math.log(len(w))


def classes_and_weights(submission: Submission, z: Tensor) -> tuple[Any, Tensor, Tensor]:
    wanted = "Return two things: the classes y, one for each row of z, and the finite weights w, one a class."
    answer = submission(z)
    y, w = read_pair(answer, wanted, (len(z),), (3,))
    return torch.as_tensor(plain(next(iter(answer)))).dtype, y.long(), w


def ratio(seen: tuple[Any, Tensor, Tensor], z: Tensor) -> float:
    """The default loss from one-hot rows over that from indices."""
    _, y, w = seen
    return float(F.cross_entropy(z, F.one_hot(y, 3).double(), weight=w) / F.cross_entropy(z, y, weight=w))


# fmt: off
EXERCISES = (
    Exercise(
        "1.1",
        insight="The default is a weighted average: it divides by the weights of the samples that the batch holds.",
        second='The section "What the thread wrote" has both fractions. By hand: losses 1 and 3 of the classes 0 and '
        "1, with weights 1 and 3. The default is 2.5, and the thread's formula gives 5.",
        draw=losses,
        right=lambda ce, y, w: (w[y] * ce).sum() / w[y].sum(),
        wrong={
            "You divide by the number of samples. That is the thread's formula; what does the default divide by?":
                lambda ce, y, w: (w[y] * ce).mean(),
            "You divide by the weights of the classes, each counted once. Which weights does this batch contain?":
                lambda ce, y, w: (w[y] * ce).sum() / w.sum(),
            "You return the sum. The default is a mean.": lambda ce, y, w: (w[y] * ce).sum(),
            "Your result does not depend on the weights.": lambda ce, _y, _w: ce.mean(),
        },
        otherwise="PyTorch returns another number. Check both parts of the fraction.",
    ),
    Exercise(
        "1.2",
        insight="Smoothing brings the weights of all classes into the numerator and leaves the divisor alone, so heavy "
        "rare classes lift the first loss above log K.",
        second='The section "Label smoothing" writes down one smoothed target. By hand: eps = 0.2 and one sample of '
        "class 0, with weights 1 and 3. Its target is 0.9 and 0.1, and the loss 0.832.",
        draw=first_batch,
        right=lambda y, w, eps: F.cross_entropy(torch.zeros(len(y), len(w)).double(), y, w, label_smoothing=eps),
        wrong={
            "That is log K, which is right without smoothing. Which weights does smoothing add above the line, and "
            "does it add them below?":
                lambda _y, w, _eps: math.log(len(w)),
            "You divide by the number of samples. What does the default divide by, with smoothing or without?":
                lambda y, w, eps: smoothed(y, w, 1 - eps, eps / len(w)) / len(y),
            "You leave out the smoothed part of the target: every class of a sample has a share in its loss.":
                lambda _y, w, eps: (1 - eps) * math.log(len(w)),
            "You give each class the whole of eps. It is shared out: each of the K classes gets eps / K.":
                lambda y, w, eps: smoothed(y, w, 1 - eps, eps) / w[y].sum(),
            "You share eps among the other classes. PyTorch gives eps / K to all K, the true one among them.":
                lambda y, w, eps: smoothed(y, w, 1 - eps - eps / (len(w) - 1), eps / (len(w) - 1)) / w[y].sum(),
            "You divide by the weights of the classes, each counted once. Which weights does this batch contain?":
                lambda y, w, eps: smoothed(y, w, 1 - eps, eps / len(w)) / w.sum(),
            "The weights are right. But what is -log p of a model that gives every class 1/K?":
                lambda y, w, eps: smoothed(y, w, 1 - eps, eps / len(w)) / w[y].sum() / math.log(len(w)),
        },
        otherwise="PyTorch returns another number. Write down one smoothed target, then weigh each of its classes.",
    ),
    Counterexample(
        "1.3",
        insight="The quotient of the two losses is the average weight of the batch: where that is one, nobody notices.",
        second='The section "Targets that are probabilities" says what each kind of target is divided by; the '
        "numerators are equal. Write down the quotient of the two losses: it is a mean over this batch. Of what, and "
        "which classes make it large?",
        draw=lambda generator: (normal(generator, integer(generator, 3, 8), 3),),
        see=classes_and_weights,
        right=lambda z: (torch.zeros(len(z), dtype=torch.int64), torch.tensor([2.0, 0.1, 1.0])),
        wrong=(
            Flaw("PyTorch takes classes as whole numbers of type torch.int64; yours are {}.",
                lambda seen, _z: seen[0] != torch.int64 and str(seen[0]),
                lambda z: (z.argmax(dim=1).double(), torch.full((3,), 2.0))),
            Flaw("A class is 0, 1 or 2; some of yours are not.",
                lambda seen, _z: not set(seen[1].tolist()) <= {0, 1, 2},
                lambda z: (z.argmax(dim=1) + 1, torch.full((3,), 2.0))),
            Flaw("Weights are not negative; some of yours are.",
                lambda seen, _z: bool((seen[2] < 0).any()),
                lambda z: (z.argmax(dim=1), torch.full((3,), -2.0))),
            Flaw("Your batch has a total weight of zero, so the loss from indices is not a number.",
                lambda seen, _z: not bool(seen[2][seen[1]].sum() > 0),
                lambda z: (torch.zeros(len(z), dtype=torch.int64), torch.tensor([0.0, 9.0, 9.0]))),
            Flaw("The two losses are equal here: the weights of your batch average to one.",
                lambda seen, z: close(ratio(seen, z), 1.0),
                lambda z: (torch.arange(len(z)) % 3, len(z) / (3 * (torch.arange(len(z)) % 3).bincount()))),
            Flaw("The loss from one-hot rows is {} times the other one, so smaller. Turn the inequality around.",
                lambda seen, z: ratio(seen, z) < 1 and f"{ratio(seen, z):.6g}",
                lambda z: (torch.zeros(len(z), dtype=torch.int64), torch.tensor([0.25, 1.0, 1.0]))),
            Flaw("The loss from one-hot rows is only {} times the other one.",
                lambda seen, z: ratio(seen, z) < 2 * (1 - 1e-5) and f"{ratio(seen, z):.6g}",
                lambda z: (z.argmax(dim=1), torch.full((3,), 1.99))),
        ),
    ),
)
