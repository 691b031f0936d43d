"""The repeated loop: forward, backward, step, and what was seen on the way."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.losses import weighted_cross_entropy

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class History:
    """What one call of ``fit`` saw. Each tensor is float64 of shape (steps,)."""

    loss: Tensor  # of the batch, before the step
    gradient_norm: Tensor  # Euclidean, over all parameters, before any clipping
    largest_update: Tensor  # largest change of a single parameter in the step


def fit(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    optimizer: torch.optim.Optimizer,
    *,
    steps: int,
    loss: Loss = weighted_cross_entropy,
    batch_size: int | None = None,
    seed: int = 0,
    clip_norm: float | None = None,
    progress: str | None = None,
) -> History:
    """Train ``model`` in place for ``steps`` steps.

    Args:
        model: takes ``inputs[batch]``, returns logits.
        inputs: shape (N, ...).
        targets: shape (N, ...), as ``loss`` takes them.
        optimizer: built on the parameters of ``model``; any of ``torch.optim``.
        loss: (logits, targets) to a number.
        batch_size: samples a step, drawn without replacement, in a new order
            each epoch, an incomplete last batch dropped; None takes all
            samples every step.
        seed: of the order of the samples.
        clip_norm: the gradient is clipped to this Euclidean norm.
        progress: text of a progress bar; None shows none.

    Raises ValueError for steps below 1, inputs and targets of different length,
    or a batch larger than the data.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; expected at least 1")
    if len(inputs) != len(targets):
        raise ValueError(f"inputs has {len(inputs)} samples but targets {len(targets)}: give one target a sample")
    if batch_size is not None and not 1 <= batch_size <= len(inputs):
        raise ValueError(f"batch_size is {batch_size}; expected 1 to {len(inputs)} (the samples), or None for all")
    parameters = [p for p in model.parameters() if p.requires_grad]
    generator = torch.Generator().manual_seed(seed)
    order: Tensor | None = None
    start = 0
    history = torch.zeros(3, steps, dtype=torch.float64)
    for step in tqdm(range(steps), desc=progress, disable=progress is None):
        if batch_size is None:
            x, y = inputs, targets
        else:
            if order is None or start + batch_size > len(order):
                order, start = torch.randperm(len(inputs), generator=generator), 0
            batch = order[start : start + batch_size]
            x, y = inputs[batch], targets[batch]
            start += batch_size
        evaluations: list[tuple[Tensor, Tensor]] = []

        # L-BFGS evaluates the loss several times a step, so every optimiser gets a closure.
        def evaluate(x: Tensor = x, y: Tensor = y, seen: list[tuple[Tensor, Tensor]] = evaluations) -> Tensor:
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            seen.append((value.detach(), _gradient_norm(parameters)))
            if clip_norm is not None:
                nn.utils.clip_grad_norm_(parameters, clip_norm)
            return value

        before = [p.detach().clone() for p in parameters]
        optimizer.step(evaluate)  # type: ignore[arg-type]
        moved = [(p.detach() - b).abs().max() for p, b in zip(parameters, before, strict=True)]
        history[:, step] = torch.stack([*evaluations[0], torch.stack(moved).max()])
    return History(*history)


def _gradient_norm(parameters: list[nn.Parameter]) -> Tensor:
    norms = [p.grad.norm() for p in parameters if p.grad is not None]
    return torch.linalg.vector_norm(torch.stack(norms))
