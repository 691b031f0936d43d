"""The repeated loop: forward, backward, step, and what was seen on the way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import finite, positive, tensors, whole_number
from helpers.losses import weighted_cross_entropy

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class History:
    """What one call of ``fit`` saw. Each tensor is float64 of shape (steps,)."""

    loss: Tensor  # of the batch, before the step
    gradient_norm: Tensor  # Euclidean, over the model's parameters that the optimiser holds, before any clipping
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

    Raises ValueError for what would go unnoticed: inputs and targets of different
    length, an input that is NaN or infinite, fewer steps than none, a batch larger than
    the data, a norm that is not above zero, or an optimizer that holds no parameter of ``model``.
    """
    whole_number("steps", steps, 0)
    _check(inputs, targets, batch_size, clip_norm)
    parameters = _trained(model, optimizer)
    generator = torch.Generator().manual_seed(seed)
    batches: Iterator[Any] = repeat(slice(None)) if batch_size is None else _batches(len(inputs), batch_size, generator)
    history = torch.zeros(3, steps, dtype=torch.float64)
    seen: list[tuple[Tensor, Tensor]] = []

    # L-BFGS evaluates the loss several times a step, so every optimiser gets a closure.
    def evaluate() -> Tensor:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        gradients = [p.grad for p in parameters if p.grad is not None]
        seen.append((value.detach(), nn.utils.get_total_norm(gradients)))
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(parameters, clip_norm)
        return value

    for step, batch in zip(range(steps), batches, strict=False):
        x, y = inputs[batch], targets[batch]
        seen.clear()
        before = [p.detach().clone() for p in parameters]
        optimizer.step(evaluate)  # type: ignore[arg-type]
        moved = [b.sub_(p.detach()).abs_().max() for p, b in zip(parameters, before, strict=True)]  # in b's own memory
        history[:, step] = torch.stack([*seen[0], torch.stack(moved).max()])
    return History(*history)


def fit_stack(
    models: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    optimizer: torch.optim.Optimizer,
    *,
    steps: int,
    loss: Loss,
    batch_size: int | None = None,
    seeds: Sequence[int] = (),
    clip_norm: float | None = None,
) -> None:
    """Train M models in place, side by side, each as ``fit`` trains one.

    Args:
        models: a ``helpers.models.Stack``: logits and every parameter have the M models first.
        inputs, targets, steps: as in ``fit``; all models have the same samples.
        optimizer: built on the parameters of ``models``; one that works on each number by itself, or L-BFGS for
            a stack of one model.
        loss: (logits (M, B, K), targets) to M losses, of which each reads one model's logits. The targets are (N,),
            or (M, B) with a batch size.
        batch_size: samples a step, as in ``fit``; None takes all samples every step.
        seeds: with a batch size, one for each model, of the order of its samples.
        clip_norm: each model's gradient is clipped to this Euclidean norm.

    Raises ValueError as ``fit`` does, for another number of seeds or losses than models, and for L-BFGS on several.
    """
    whole_number("steps", steps, 0)
    _check(inputs, targets, batch_size, clip_norm)
    parameters = _trained(models, optimizer)
    if isinstance(optimizer, torch.optim.LBFGS) and len(parameters[0]) > 1:
        raise ValueError(f"optimizer is L-BFGS, which would mix the {len(parameters[0])} models: stack one for it")
    batches: Iterator[Any] = repeat(slice(None))
    if batch_size is not None:
        if len(seeds) != len(parameters[0]):
            raise ValueError(f"seeds holds {len(seeds)}; expected one for each of the {len(parameters[0])} models")
        orders = [_batches(len(inputs), batch_size, torch.Generator().manual_seed(seed)) for seed in seeds]
        batches = (torch.stack(each) for each in zip(*orders, strict=True))

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        losses = loss(models(x), y)
        if losses.shape != parameters[0].shape[:1]:
            raise ValueError(f"loss returns shape {tuple(losses.shape)}; expected ({len(parameters[0])},), one a model")
        losses.sum().backward()
        if clip_norm is not None:
            gradients = [p.grad for p in parameters if p.grad is not None]
            norm = torch.cat([g.flatten(1) for g in gradients], dim=1).norm(dim=1)
            shorter = (clip_norm / (norm + 1e-6)).clamp(max=1)  # as nn.utils.clip_grad_norm_
            for g in gradients:
                g.mul_(shorter.view(-1, *[1] * (g.ndim - 1)))
        return losses.sum()

    for _, batch in zip(range(steps), batches, strict=False):
        x, y = inputs[batch], targets[batch]
        optimizer.step(evaluate)  # type: ignore[arg-type]


def _batches(num_samples: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    while True:
        order = torch.randperm(num_samples, generator=generator)
        yield from order[: num_samples - num_samples % size].split(int(size))


def _trained(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    parameters = [p for p in model.parameters() if p.requires_grad]
    stepped = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(p) in stepped for p in parameters):
        raise ValueError("optimizer holds no parameter of model that can be trained: build it on model.parameters()")
    return [p for p in parameters if id(p) in stepped]


def _check(inputs: Tensor, targets: Tensor, batch_size: int | None, clip_norm: float | None) -> None:
    tensors(inputs=inputs, targets=targets)
    if len(inputs) != len(targets):
        raise ValueError(f"inputs has {len(inputs)} samples but targets {len(targets)}: give one target a sample")
    finite("inputs", inputs)
    if batch_size is not None:
        whole_number("batch_size", batch_size, 1, len(inputs))
    if clip_norm is not None:
        positive("clip_norm", clip_norm)
