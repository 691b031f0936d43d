"""Exercises of notebook 12: what mistakes cost, how much noise a weight takes in, and costs that no weights express."""

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import read_tensor
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, number, uniform


def two_prices(generator: Generator) -> tuple[Tensor]:
    right = uniform(generator, 0.2, 2.0, 2)
    more = log_uniform(generator, 0.5, 50, 2)
    return (torch.stack([torch.stack([right[0], right[1] + more[1]]), torch.stack([right[0] + more[0], right[1]])]),)


def extra(costs: Tensor) -> tuple[Tensor, Tensor]:
    """What the wrong decision costs above the right one, where class 0 is true and where class 1 is."""
    return costs[1, 0] - costs[0, 0], costs[0, 1] - costs[1, 1]


def long_tail(generator: Generator) -> tuple[Tensor, float, float]:
    num_classes = integer(generator, 3, 7)
    n = counts(generator, 5, 30_000, num_classes)
    return n, number(generator, 0.005, 0.1), number(generator, 0.2, 0.9)


def came_in(n: Tensor, eps: float) -> Tensor:
    """Wrong labels of each class."""
    return eps * (n.sum() - n) / (len(n) - 1)


def share(wrong: Tensor, right: Tensor, tau: float, counts: Tensor | None = None) -> Tensor:
    """The wrong labels' part of the weight, where ``counts``, by default all labels of each class, make the weights."""
    w = (wrong + right if counts is None else counts) ** -tau
    return (w * wrong).sum() / (w * (wrong + right)).sum()


def two_samples(generator: Generator) -> tuple[Tensor, Tensor]:
    """Class 2 has little of p and much of q; of the rest, class 0 has less in p than in q."""
    ratio = log_uniform(generator, 0.1, 2, 1).item()
    parts = ((number(generator, 0.02, 0.08), ratio), (number(generator, 0.3, 0.7), ratio * number(generator, 1.5, 3)))
    return tuple(torch.tensor([(1 - s) * r / (1 + r), (1 - s) / (1 + r), s]).double() for s, r in parts)  # type: ignore[return-value]


def cheapest(costs: Tensor, p: Tensor) -> str:
    total = costs @ p
    best = [f"class {i}" for i in range(3) if total[i] <= total.min() * (1 + 1e-9)]
    return " or ".join(best)


def does_it(costs: Tensor, p: Tensor, q: Tensor) -> bool:
    return cheapest(costs, p) == "class 0" and cheapest(costs, q) == "class 1"


def dear_mistake(p: Tensor, q: Tensor) -> Tensor:
    """To call class 2 by the name of class 0 is dear, to call it class 1 is free."""
    dear = 2 * (q[0] * p[1] / p[0] - q[1]) / (q[2] - q[0] * p[2] / p[0])
    price = ((p[1] + dear * p[2]) / p[0] + (q[1] + dear * q[2]) / q[0]) / 2
    big = 10 * (1 + dear + price)
    zero = torch.zeros_like(big)
    return torch.stack([zero, zero + 1, dear, price, zero, zero, big, big, zero]).view(3, 3)


def by_true_class(costs: Tensor) -> bool:
    mistakes = costs.T[~torch.eye(3, dtype=torch.bool)].view(3, 2)  # of each true class
    return torch.allclose(mistakes[:, 0], mistakes[:, 1], atol=0.0)


# fmt: off
EXERCISES = (
    Exercise(
        "12.1",
        insight="A ratio comes from what the mistakes cost above the right decisions, and from no counts.",
        second='The section "From costs to a ratio" takes right decisions as free. By hand: the rows of costs are (1, '
        "6) and (3, 2). Where class 0 is true, 3 stands against 1; where class 1 is true, 6 against 2. The ratio is 2.",
        draw=two_prices,
        right=lambda costs: extra(costs)[1] / extra(costs)[0],
        wrong={
            "The right decisions have a price here as well. How much dearer is a wrong one?":
                lambda costs: costs[0, 1] / costs[1, 0],
            "Which class is missed less often when class 1 gets a larger weight?":
                lambda costs: extra(costs)[0] / extra(costs)[1],
            "You compare costs of one decision. Which two costs compete once the true class is given?":
                lambda costs: (costs[0, 1] - costs[0, 0]) / (costs[1, 0] - costs[1, 1]),
            "That is a threshold for the probability of class 1. Which weights have the same effect?":
                lambda costs: extra(costs)[0] / sum(extra(costs)),
            "That is what the weights do to the logits. By which weights?":
                lambda costs: (extra(costs)[1] / extra(costs)[0]).log(),
        },
        otherwise="Where class 1 has probability p, what does each decision cost on average? Where are they equal?",
    ),
    Exercise(
        "12.2",
        insight="At τ = 1/2 the wrong labels of Shuttle have 8 % of the weight, a fifth of what they have at τ = 1.",
        second='The section "How much of it is noise?" has the share inside one class. By hand: counts 90 and 10, eps '
        "= 0.1. There are 82 and 18 labels now, of which 1 and 9 are wrong. At tau = 0.5 the wrong ones have 0.168 of "
        "the weight.",
        draw=long_tail,
        right=lambda n, eps, tau: share(came_in(n, eps), (1 - eps) * n, tau),
        wrong={
            "That is the share without weights. Do wrong labels weigh as much as right ones?":
                lambda _n, eps, _tau: eps,
            "The weights come from the labels as they stand. Are these the counts that you took?":
                lambda n, eps, tau: share(came_in(n, eps), (1 - eps) * n, tau, counts=n),
            "Among how many classes does a wrong label of class c choose?":
                lambda n, eps, tau: share(came_in(n, eps) * (1 - 1 / len(n)), (1 - eps) * n, tau),
            "Where did the wrong labels come from, and are they still there?":
                lambda n, eps, tau: share(came_in(n, eps), n, tau),
            "Is a wrong label weighed as the class that it is, or as the class that it is called?":
                lambda n, eps, tau: share(eps * n, (1 - 2 * eps) * n + came_in(n, eps), tau),
            "That is the share at τ = 1. Do all classes weigh the same at your exponent?":
                lambda n, eps, _tau: share(came_in(n, eps), (1 - eps) * n, 1.0),
        },
        otherwise="Of each class: how many labels are wrong, how many are there, and what does one of them weigh?",
    ),
    Counterexample(
        "12.3",
        insight="Weights know the true class alone. What a mistake costs may depend on both; then decide by costs @ p.",
        second='The section "From costs to a ratio" decides for the smallest entry of costs @ p. Class 2 is likelier '
        "in q than in p. So let the price of a wrong name for class 2 depend on which name it gets. Which of the two "
        "should be dear there, and which cheap?",
        draw=two_samples,
        see=lambda submission, p, q: read_tensor(
            submission(p, q), "Return the costs: a tensor of shape (3, 3), of finite numbers.", 3, 3),
        right=dear_mistake,
        wrong=(
            Flaw("Some cost is negative. Can you say the same with costs of zero or more?",
                lambda costs, _p, _q: bool((costs < 0).any()),
                lambda p, q: dear_mistake(p, q) - 1 + torch.eye(3)),
            Flaw("The right decisions should cost nothing: what stands on your diagonal?",
                lambda costs, _p, _q: bool(costs.diagonal().any()),
                lambda p, q: dear_mistake(p, q) + 1),
            Flaw("With rows and columns exchanged it would do. Which index is the decision?",
                lambda costs, p, q: not does_it(costs, p, q) and does_it(costs.T, p, q),
                lambda p, q: dear_mistake(p, q).T),
            Flaw("In each column your mistakes cost the same. Is that not what class weights express?",
                lambda costs, _p, _q: by_true_class(costs),
                lambda _p, _q: torch.tensor([[0, 1, 2], [3, 0, 2], [3, 1, 0]])),
            Flaw("For p the cheapest decision is {}. What does each decision cost there?",
                lambda costs, p, _q: cheapest(costs, p) != "class 0" and cheapest(costs, p),
                lambda _p, _q: torch.tensor([[0, 1, 1.5], [0.001, 0, 0], [9, 9, 0]])),
            Flaw("For q the cheapest decision is {}. Which class is likely there, and not in p?",
                lambda costs, _p, q: cheapest(costs, q) != "class 1" and cheapest(costs, q),
                lambda _p, _q: torch.tensor([[0, 1, 0], [100, 0, 0.5], [200, 200, 0]])),
        ),
    ),
)
