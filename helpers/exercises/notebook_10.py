"""Exercises of notebook 10: a scale for the weights, what a change of loss asks of Adam, what N / n_c measures."""

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import read_tensor
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, number
from helpers.weights import normalize


def adam_and_classes(generator: Generator) -> tuple[float, float, float, Tensor, Tensor]:
    lr, eps, decay = (log_uniform(generator, *span, 1).item() for span in ((1e-4, 0.1), (1e-9, 1e-6), (1e-4, 0.1)))
    num_classes = integer(generator, 3, 8)
    return lr, eps, decay, counts(generator, 1, 5000, num_classes), log_uniform(generator, 0.05, 50, num_classes)


def average(w: Tensor, n: Tensor) -> float:
    return float((n * w).sum() / n.sum())


# fmt: off
EXERCISES = (
    Exercise(
        "10.1",
        insight="Any ratios reach this scale by one division, and at the start the loss keeps its size. Whether the "
        "learning rate may stay is another question.",
        second='Section 11, "Ideally the cost keeps the value that it has without weights", says why this scale. By '
        "hand: counts 4 and 1, exponent 0.5. The ratios are 0.5 and 1, their mean over the five samples is 0.6, and "
        "the weights 0.833 and 1.667.",
        draw=lambda generator: (counts(generator, 1, 5000, integer(generator, 3, 8)), number(generator, 0.1, 0.95)),
        right=lambda n, exponent: normalize(n**-exponent, n, to="sample mean"),
        wrong={
            "Your weights sum to one. The average over the samples should be one.":
                lambda n, exponent: n**-exponent / (n**-exponent).sum(),
            "The average over your classes is one. A class should count as often as it has samples.":
                lambda n, exponent: n**-exponent / (n**-exponent).mean(),
            "Your ratios are those of exponent 1, whatever the exponent.": lambda n, _e: n.sum() / (len(n) * n),
            "Your rarer classes get the smaller weights.":
                lambda n, exponent: normalize(n**exponent, n, to="sample mean"),
            "The ratios are right, but the average sample does not weigh one.": lambda n, exponent: n**-exponent,
            "You raise N/n_c to the power. The ratios are right, but the average sample does not weigh one.":
                lambda n, exponent: (n.sum() / n) ** exponent,
        },
        otherwise="Take n ** -exponent, and divide by what its average over the samples is.",
    ),
    Exercise(
        "10.2",
        insight="Adam keeps its learning rate; what stands beside the gradient, ε and the L2 decay, must grow with it.",
        second='Section 5, "Lower the learning rate when the weights are big", compares the two divisors. By which '
        "number k is every gradient longer once N divides? Write one step of Adam for k g. Then say what each of the "
        "three must become so that k cancels, one after the other.",
        draw=adam_and_classes,
        right=lambda lr, eps, decay, n, w: torch.tensor([lr, eps * average(w, n), decay * average(w, n)]),
        wrong={
            "You keep all three, as if Adam ignored the scale. What stands beside the gradient, and does not grow?":
                lambda lr, eps, decay, _n, _w: torch.tensor([lr, eps, decay]),
            "That is the repair of SGD. What does Adam divide its gradient by?":
                lambda lr, eps, decay, n, w: torch.tensor([lr / average(w, n), eps, decay]),
            "The learning rate of SGD shrinks, with a decay that grows. What does Adam divide its gradient by?":
                lambda lr, eps, decay, n, w: torch.tensor([lr / average(w, n), eps, decay * average(w, n)]),
            "The decay is right, and ε is compared with a gradient too.":
                lambda lr, eps, decay, n, w: torch.tensor([lr, eps, decay * average(w, n)]),
            "ε is right, and the decay is added to a gradient that has grown.":
                lambda lr, eps, decay, n, w: torch.tensor([lr, eps * average(w, n), decay]),
            "You divide where the gradient grows. Which run has the larger gradient?":
                lambda lr, eps, decay, n, w: torch.tensor([lr, eps / average(w, n), decay / average(w, n)]),
            "You take the mean weight of the classes. How often does a sample of each class come?":
                lambda lr, eps, decay, _n, w: torch.tensor([lr, eps * float(w.mean()), decay * float(w.mean())]),
            "Everything grows in yours, the learning rate too. Does Adam's step?":
                lambda lr, eps, decay, n, w: torch.tensor([lr, eps, decay]) * average(w, n),
        },
        otherwise="Write down one step of Adam for the gradient g + decay θ, put the factor before g, and pull it out.",
    ),
    Counterexample(
        "10.3",
        insight="With equal counts N/n_c is the number of classes: it measures their number as well as imbalance.",
        second='Sections 2 and 3, "The weights of the biggest classes are above 25,000, and that is a problem", say '
        "what such a weight means. By hand: two classes of 7 samples have weights of 2 and 2, three of 7 have 3 each. "
        "And with 1,000 samples in each? What is the smallest whole number above the limit?",
        draw=lambda generator: (integer(generator, 10, 40_000),),
        see=lambda submission, limit: read_tensor(
            submission(limit), "Return one count for each class, as a list or a tensor with one dimension.", None),
        right=lambda limit: [7] * (limit + 1),
        wrong=(
            Flaw("A count is a whole number of samples above zero; some of yours are not.",
                lambda n, _limit: not bool(((n >= 1) & (n == n.round())).all()),
                lambda limit: torch.zeros(limit + 1)),
            Flaw("Some of your classes are rarer than others, so your example does not contradict the colleague.",
                lambda n, _limit: bool((n != n[0]).any()),
                lambda limit: torch.tensor([1.0, float(limit)])),
            Flaw("Your weights are {}, not above the limit.",
                lambda n, limit: len(n) <= limit and f"{len(n):,}",
                lambda limit: torch.full((limit,), 10.0)),
            Flaw("It works, but {} are more than you need.",
                lambda n, limit: len(n) > limit + 1 and f"{len(n):,} classes",
                lambda limit: torch.ones(limit + 2)),
        ),
    ),
)
