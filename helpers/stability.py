"""When gradient descent on a scaled loss oscillates: curvature, the bound, and many descents at once.

Gradient descent with step size lr on k times a loss is stable at a minimum
where lr * k * lambda_max < 2; lambda_max is the largest eigenvalue of the
Hessian of the unscaled loss there (its sharpness).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from helpers.arguments import (
    MOST_STEPS,
    check_binary,
    check_regression,
    floating_tensor,
    one_a_run,
    real_number,
    whole_number,
)

BLOCK = 2000  # runs whose logits on a few hundred samples stay in the processor's cache


def largest_curvature(loss: Callable[[Tensor], Tensor], parameters: Tensor) -> float:
    """Largest eigenvalue of the Hessian of ``loss`` at ``parameters``.

    Args:
        loss: takes a tensor of the shape of ``parameters``, returns a number.
        parameters: any shape, P numbers in all. The P x P Hessian is built in full: keep P below a few thousand.

    Raises ValueError where the Hessian is not finite or ``loss`` returns no single number.
    """
    if not callable(loss):
        raise TypeError(f"loss is a {type(loss).__name__}; expected a function of the parameters")
    flat = floating_tensor("parameters", parameters).detach().flatten()
    if flat.dtype not in (torch.float32, torch.float64) or not len(flat):
        raise ValueError(f"parameters are {len(flat)} of dtype {flat.dtype}; expected at least one, float32 or float64")
    value = loss(flat.view(parameters.shape))
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise ValueError(f"loss returned {value!r}; expected a tensor of one number")
    hessian = torch.autograd.functional.hessian(lambda p: loss(p.view(parameters.shape)), flat)
    assert isinstance(hessian, Tensor)
    if not hessian.isfinite().all():
        raise ValueError("the Hessian of loss at parameters is not finite: give a point where the loss is smooth")
    return float(torch.linalg.eigvalsh(hessian)[-1])


def critical_scale(lr: float, curvature: float) -> float:
    """k* = 2 / (lr * lambda_max): the scale of the loss above which descent cannot rest at the minimum.

    Raises ValueError for a learning rate or curvature that is not above zero.
    Source: a step multiplies the error along the sharpest direction by 1 - lr * k * lambda_max (notebook 04).
    """
    lr, curvature = real_number("lr", lr), real_number("curvature", curvature)
    for name, value in (("lr", lr), ("curvature", curvature)):
        if not 0.0 < value < float("inf"):
            raise ValueError(f"{name} is {value}; expected a finite number above zero")
    product = lr * curvature
    if not 1e-307 < product < 1e307:
        raise ValueError(f"lr times curvature is {product}: no float holds the critical scale of such numbers")
    return 2.0 / product


def logistic_loss(parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Mean cross entropy of logistic regression, in nats.

    Args:
        parameters: (..., D + 1), the slopes, then the bias.
        inputs: (..., N, D).
        targets: (..., N), 0 or 1.

    Returns shape (...): one loss for each leading index, all broadcast.
    """
    check_regression(parameters, inputs, targets)
    return _loss(parameters, _with_ones(inputs), targets)


def _with_ones(inputs: Tensor) -> Tensor:
    return torch.nn.functional.pad(inputs, (0, 1), value=1.0)


def _loss(parameters: Tensor, x: Tensor, targets: Tensor) -> Tensor:
    logits = _logits(parameters, x)
    return (torch.nn.functional.softplus(logits) - targets * logits).mean(dim=-1)


def logistic_gradient(parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Gradient of ``logistic_loss`` in the parameters, shape (..., D + 1): mean of (sigmoid(z) - y) (x, 1)."""
    check_regression(parameters, inputs, targets)
    return _gradient(parameters, _with_ones(inputs), targets)


def _gradient(parameters: Tensor, x: Tensor, targets: Tensor) -> Tensor:
    if x.ndim == 2 and targets.ndim == 1 and parameters.ndim == 2 and len(parameters) > BLOCK:
        return torch.cat([_gradient(block, x, targets) for block in parameters.split(BLOCK)])
    error = torch.sigmoid(_logits(parameters, x)) - targets
    # Inputs that all runs share take one matrix product, which is far faster than a batch of small ones.
    return (error @ x if x.ndim == 2 else (error[..., None, :] @ x)[..., 0, :]) / targets.shape[-1]


def _logits(parameters: Tensor, x: Tensor) -> Tensor:
    return parameters @ x.T if x.ndim == 2 else (x @ parameters[..., None])[..., 0]


def logistic_minimum(inputs: Tensor, targets: Tensor, steps: int = 50) -> Tensor:
    """The parameters (D + 1,) that minimise ``logistic_loss``, by Newton's method in float64.

    Args:
        inputs: (N, D).
        targets: (N,), 0 or 1.

    Raises ValueError where there is no finite minimum: one class only, or classes that a line separates.
    """
    whole_number("steps", steps, 1, MOST_STEPS)
    floating_tensor("inputs", inputs)
    if inputs.ndim != 2 or not inputs.isfinite().all():
        raise ValueError(f"inputs has shape {tuple(inputs.shape)}; expected (N, D), all numbers finite")
    check_binary(targets)
    x, y = inputs.double(), targets.double()
    parameters = torch.zeros(x.shape[1] + 1, dtype=torch.float64)
    check_regression(parameters, x, y)
    x = _with_ones(x)
    for _ in range(steps):
        p = torch.sigmoid(x @ parameters)
        hessian = (x * (p * (1 - p))[:, None]).T @ x / len(x)
        step, info = torch.linalg.solve_ex(hessian, _gradient(parameters, x, y))
        if info or not step.isfinite().all():
            break
        parameters = parameters - step
        if step.norm() <= 1e-12 * (1 + parameters.norm()):
            return parameters
    raise ValueError(
        f"found no single finite minimum on these inputs and targets in {steps} steps: "
        "the classes must overlap, and no feature follow from others"
    )


@dataclass(frozen=True)
class Descents:
    """R runs of gradient descent, side by side. Shapes put the R runs first."""

    parameters: Tensor  # (R, D + 1), after the last step
    loss: Tensor  # (R,), unscaled, after the last step
    gradient_norm: Tensor  # (R,), of the unscaled loss, after the last step
    sign_changes: Tensor  # (R,), int64: how often the first slope's gradient changed sign
    path: Tensor | None  # (R, steps + 1, D + 1), where asked for


def logistic_descents(
    start: Tensor,
    inputs: Tensor,
    targets: Tensor,
    *,
    lr: Tensor | float,
    scale: Tensor | float,
    steps: int,
    keep_path: bool = False,
) -> Descents:
    """R descents on ``scale * logistic_loss`` as one tensor program.

    Args:
        start: (R, D + 1) or (D + 1,).
        inputs: (N, D), the same for all runs, or (R, N, D).
        targets: (N,) or (R, N), 0 or 1.
        lr, scale: a number, or one a run, (R,).
        steps: the same for all runs.

    Raises ValueError or TypeError for steps below 1, and shapes and dtypes that do not fit.
    """
    whole_number("steps", steps, 1, MOST_STEPS)
    check_regression(start, inputs, targets, "start")
    factors = [one_a_run(name, value, start.dtype) for name, value in (("lr", lr), ("scale", scale))]
    shapes = [tensor.shape[:-1] for tensor in (start, targets)] + [inputs.shape[:-2]]
    try:
        runs = np.broadcast_shapes(*shapes, *(factor.shape for factor in factors))
    except ValueError:
        raise ValueError("lr and scale give another number of runs than start, inputs and targets") from None
    parameters = start.expand(*runs, -1)
    step_size = (factors[0] * factors[1]).expand(runs)[..., None]
    sign_changes = torch.zeros(runs, dtype=torch.int64)
    previous = torch.zeros(runs, dtype=start.dtype)
    x, path = _with_ones(inputs), [parameters]
    for _ in range(steps):
        gradient = _gradient(parameters, x, targets)
        sign_changes += gradient[..., 0] * previous < 0
        previous = gradient[..., 0]
        parameters = parameters - step_size * gradient
        if keep_path:
            path.append(parameters)
    return Descents(
        parameters,
        _loss(parameters, x, targets),
        _gradient(parameters, x, targets).norm(dim=-1),
        sign_changes,
        torch.stack(path, dim=-2) if keep_path else None,
    )
