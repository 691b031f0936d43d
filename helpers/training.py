"""The repeated loop: forward, backward, step, and what was seen on the way."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.arguments import MOST_STEPS, real_number, seed_number, whole_number
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

    Raises ValueError or TypeError for an argument of another kind or out of its
    range, for instance inputs and targets of different length, or an optimizer
    that holds no parameter of ``model``.
    """
    whole_number("steps", steps, 1, MOST_STEPS)
    _check_samples(inputs, targets)
    if batch_size is not None:
        whole_number("batch_size", batch_size, 1, len(inputs))
    if clip_norm is not None and not 0.0 < real_number("clip_norm", clip_norm) < float("inf"):
        raise ValueError(f"clip_norm is {clip_norm}; expected a finite number above zero, or None")
    if not (progress is None or isinstance(progress, str)):
        raise TypeError(f"progress is {progress!r}; expected the text of a progress bar, or None")
    parameters = _trained_parameters(model, optimizer)
    if not callable(loss):
        raise TypeError(f"loss is a {type(loss).__name__}; expected a function of logits and targets")
    generator = torch.Generator().manual_seed(seed_number(seed))
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
            value = _loss_of(loss, model, x, y)
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


def _check_samples(inputs: Tensor, targets: Tensor) -> None:
    for name, value in (("inputs", inputs), ("targets", targets)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} is a {type(value).__name__}; expected a torch.Tensor")
        if value.ndim == 0 or len(value) == 0:
            raise ValueError(f"{name} has shape {tuple(value.shape)}; expected (N, ...) with N >= 1")
    if len(inputs) != len(targets):
        raise ValueError(f"inputs has {len(inputs)} samples but targets {len(targets)}: give one target a sample")


def _trained_parameters(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is a {type(model).__name__}; expected a torch.nn.Module")
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer is a {type(optimizer).__name__}; expected one of torch.optim")
    parameters = [p for p in model.parameters() if p.requires_grad]
    stepped = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(p) in stepped for p in parameters):
        raise ValueError("optimizer holds no parameter of model that can be trained: build it on model.parameters()")
    return parameters


def _loss_of(loss: Loss, model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The loss of a batch, with an error of torch's replaced by one that names what does not fit."""
    try:
        logits = model(inputs)
    except (RuntimeError, IndexError, TypeError) as error:
        raise ValueError(f"model does not take inputs of {_form(inputs)}: {error}") from error
    try:
        value = loss(logits, targets)
    except (RuntimeError, IndexError, TypeError) as error:
        raise ValueError(f"loss does not take logits and targets of {_form(targets)}: {error}") from error
    if not isinstance(value, Tensor) or value.ndim != 0 or not value.requires_grad:
        raise ValueError("loss returned something else than one number that depends on the model's logits")
    return value


def _form(tensor: Tensor) -> str:
    return f"shape {tuple(tensor.shape)} and dtype {tensor.dtype}"


def _gradient_norm(parameters: list[nn.Parameter]) -> Tensor:
    norms = [p.grad.norm() for p in parameters if p.grad is not None]
    return torch.linalg.vector_norm(torch.stack(norms))
