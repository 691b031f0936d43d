"""Judges of notebook 05: which optimisers notice the scale of the loss."""

import torch
from torch import Tensor

from helpers.exercises.core import Ask, Judge


def _half_scale(ask: Ask, generator: torch.Generator) -> str | None:
    steps = int(torch.randint(2, 30, (1,), generator=generator))
    gradients = torch.randn(steps, generator=generator, dtype=torch.float64)
    eps = 10 ** float(-9 + 4 * torch.rand(1, generator=generator))
    beta = float(0.9 + 0.099 * torch.rand(1, generator=generator))
    answer = ask.number(gradients, eps, beta)
    v = 0.0
    for g in gradients.tolist():
        v = beta * v + (1 - beta) * g * g
    root = (v / (1 - beta**steps)) ** 0.5
    if _close(answer, eps / root):
        return None
    if _close(answer, root / eps):
        return "You return the inverse: how often the root is larger than ε, not the scale at which they are equal."
    if _close(answer, eps / v**0.5):
        return "You use v without its hat. Both averages start at zero; what corrects that?"
    if _close(answer, eps / float(gradients.abs().mean())):
        return "You average the sizes of the gradients. Adam averages something else, and recent steps count more."
    if _close(answer, eps / float(gradients[-1].abs())):
        return "You use the last gradient alone, which is right after one step only. v remembers the earlier ones."
    return f"For {steps} gradients you return {answer:.3g}. Run the recursion for v over them, then solve for k."


def _resting_places(ask: Ask, generator: torch.Generator) -> str | None:
    u = torch.rand(4, generator=generator, dtype=torch.float64)
    k, a, decay = (10 ** float(2 * u[0] - 1), float(0.5 + 2 * u[1]), float(0.2 + 0.3 * u[2]))
    b = float(0.5 + u[3])
    answer = ask.tensor(k, a, b, decay, shape=(3,)).tolist()
    penalised = k * a * b / (k * a + decay)
    right = [penalised, penalised, b]
    wrong = [i for i in range(3) if not _close(answer[i], right[i])]
    if not wrong:
        return None
    if all(_close(answer[i], b) for i in range(3)):
        return "You send all three to b. Set the whole gradient, with the term of L2 in it, to zero."
    if wrong == [1] and _close(answer[1], a * b / (a + decay)):
        return "Your Adam with L2 forgets k. Its step is a ratio, but where does that ratio become zero?"
    if wrong == [2] and _close(answer[2], penalised):
        return "Your AdamW ends where L2 does. Is its decay part of the gradient that it divides?"
    if _close(answer[0], a * b / (a + k * decay)):
        return "You multiply the penalty by k. It is the loss that is multiplied."
    names = ("SGD with L2", "Adam with L2", "AdamW")
    return f"The place of {names[wrong[0]]} is not right yet. Where does what its step contains add up to zero?"


def moves(gradients: Tensor) -> float:
    """Where Adam with lr 1 and ε 0 has moved a parameter from zero after the gradients, shape (T,)."""
    m = v = place = 0.0
    for t, g in enumerate(gradients.tolist(), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        place -= (m / (1 - 0.9**t)) / (v / (1 - 0.999**t)) ** 0.5
    return place


def _turning_gradients(generator: torch.Generator) -> Tensor:
    """20 gradients, 12 of them positive, that move Adam down, and that some factors of 0.1 to 10 turn around."""
    while True:
        signs = torch.ones(20, dtype=torch.float64)
        signs[torch.randperm(20, generator=generator)[:8]] = -1
        gradients = signs * (0.5 + torch.rand(20, generator=generator, dtype=torch.float64))
        if moves(gradients) < -1 and moves(torch.where(gradients < 0, 10.0, 0.1) * gradients) > 1:
            return gradients


def _factors(ask: Ask, generator: torch.Generator) -> str | None:
    gradients = _turning_gradients(generator)
    factors = ask.tensor(gradients, shape=(20,))
    if not (factors > 0).all():
        return "Weights of a loss are positive. A negative factor would turn the gradient itself around."
    if factors.min() < 0.1 or factors.max() > 10:
        return f"Keep each factor from 0.1 to 10; yours go from {factors.min():.3g} to {factors.max():.3g}."
    if _close(float(factors.max()), float(factors.min())):
        return "One factor for all steps cancels in Adam's ratio: the parameter moves as before. Let it vary."
    turned = moves(factors * gradients)
    if turned > 0:
        return None
    return f"Adam moved by {moves(gradients):.1f} without factors and by {turned:.1f} with yours: the same direction."


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * abs(b)


JUDGES: dict[str, Judge] = {"5.1": _half_scale, "5.2": _resting_places, "5.3": _factors}
