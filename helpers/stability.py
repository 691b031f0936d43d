"""When gradient descent on a scaled loss oscillates: curvature, the bound, and many descents at once.

Gradient descent with step size lr on k times a loss is stable at a minimum where lr * k * lambda_max < 2; lambda_max
is the largest eigenvalue of the Hessian of the unscaled loss there (its sharpness).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad, softplus

from helpers.arguments import finite, floating_tensor, positive, tensors, whole_number

BLOCK = 2000  # runs whose logits on a few hundred samples stay in the processor's cache


def largest_curvature(loss: Callable[[Tensor], Tensor], parameters: Tensor) -> float:
    """Largest eigenvalue of the Hessian of ``loss`` at ``parameters``.

    Args:
        loss: takes a tensor of the shape of ``parameters``, returns a number.
        parameters: any shape, P numbers in all. The P x P Hessian is built in full: keep P below a few thousand.

    Raises ValueError where the Hessian is not finite.
    """
    _, hessian = _derivatives(loss, floating_tensor("parameters", parameters))
    if not hessian.isfinite().all():
        raise ValueError("the Hessian of loss at parameters is not finite: give a point where the loss is smooth")
    return float(torch.linalg.eigvalsh(hessian)[-1])


@torch.enable_grad()  # within torch.no_grad() too
def _derivatives(loss: Callable[[Tensor], Tensor], parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient (P,) and Hessian (P, P), row by row: a batch of rows would first import a computer algebra system."""
    p = parameters.detach().clone().requires_grad_()
    g = torch.autograd.grad(loss(p), p, create_graph=True)[0].flatten()
    if not g.requires_grad:  # of a straight line
        return g, torch.zeros(len(g), len(g), dtype=g.dtype)
    return g.detach(), torch.stack([torch.autograd.grad(slope, p, retain_graph=True)[0].flatten() for slope in g])


def critical_scale(lr: float, curvature: float) -> float:
    """k* = 2 / (lr * lambda_max): the scale of the loss above which descent cannot rest at the minimum.

    Raises ValueError for a learning rate or curvature that is not above zero.
    Source: a step multiplies the error along the sharpest direction by 1 - lr * k * lambda_max (notebook 04).
    """
    return 2.0 / positive("lr", lr) / positive("curvature", curvature)  # whose product may be no float


def minimise(loss: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """The point where a convex ``loss`` is least, by damped Newton steps in float64.

    Made for logistic and softmax regression, weighted or not, on features of like size, not far from zero. Along a
    direction that does not change the loss the result stays at ``start``.

    Args:
        loss: takes a float64 tensor of the shape of ``start``, returns a number; twice differentiable.
        start: any shape, P numbers in all, of which the P x P Hessian is built in full.

    Raises ValueError where it finds no finite minimum: classes that a line separates, a loss that is not convex, a
    direction of hardly any curvature, as under a tiny penalty, or a start so far out that the loss looks straight.
    Source: Boyd and Vandenberghe, Convex Optimization, 2004, section 9.5.
    """
    finite("start", start)
    p, bent = start.detach().double(), 1
    for _ in range(100):
        g, h = _derivatives(loss, p)
        if not (g.isfinite().all() and h.isfinite().all()):
            break
        step, _, rank, _ = torch.linalg.lstsq(h, -g[:, None], driver="gelsd")
        if rank < bent:  # the loss has become straight along a direction: it falls for ever
            break
        bent, step = int(rank), step.view(p.shape)
        size = 1 + p.norm()
        if step.norm() <= 1e-12 * size and g.norm() <= 1e-9 * size * h.norm():
            if torch.linalg.eigvalsh(h)[0] < -1e-9 * h.norm():  # a saddle, or a maximum
                break
            return p + step
        here = loss(p)
        while loss(p + step) > torch.minimum(here, loss(p + step / 2)) + 1e-14 * here.abs():
            step = step / 2
        p = p + step
    raise ValueError("found no finite minimum of the loss: the classes must overlap, and the loss be convex")


def logistic_loss(parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Mean cross entropy of logistic regression, in nats.

    Args:
        parameters: (..., D + 1), the slopes, then the bias.
        inputs: (..., N, D).
        targets: (..., N), 0 or 1.

    Returns shape (...): one loss for each leading index, all broadcast.
    """
    _check(inputs, targets, parameters=parameters)
    return _loss(parameters, pad(inputs, (0, 1), value=1.0), targets)


def logistic_gradient(parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Gradient of ``logistic_loss`` in the parameters, shape (..., D + 1): mean of (sigmoid(z) - y) (x, 1)."""
    _check(inputs, targets, parameters=parameters)
    return _gradient(parameters, pad(inputs, (0, 1), value=1.0), targets)


def logistic_minimum(inputs: Tensor, targets: Tensor) -> Tensor:
    """The parameters (D + 1,) that minimise ``logistic_loss`` on inputs (N, D) and targets (N,), in float64.

    Raises ValueError where there is none that is finite: one class only, or classes that a line separates.
    """
    _check(inputs, targets)
    x = inputs.detach().double()  # the search has no gradient, so a part of one would be wrong
    low, middle, high = x.sort(dim=0).values[[len(x) // 4, len(x) // 2, 3 * len(x) // 4]]
    size = (high - low).where(high > low, 1.0)  # features far from zero or of unlike size would look collinear
    p = minimise(lambda p: logistic_loss(p, (x - middle) / size, targets.double()), torch.zeros(x.shape[1] + 1))
    return torch.cat([p[:-1] / size, p[-1:] - (p[:-1] / size) @ middle])


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
        lr, scale: a number, or one a run, (R,). All runs take as many ``steps``.

    Raises ValueError for what is not finite, rates of zero or less, steps below 0, or targets not 0 to 1, one a sample.
    """
    _check(inputs, targets, start=start)
    finite("start", floating_tensor("start", start))
    whole_number("steps", steps, 0)
    step_size = torch.as_tensor(lr, dtype=start.dtype) * torch.as_tensor(scale, dtype=start.dtype)
    if bool in map(type, (lr, scale)) or not ((step_size > 0) & step_size.isfinite()).all():
        raise ValueError(f"lr is {lr} and scale {scale}; expected numbers whose product is finite and above zero")
    step_size, *_ = torch.broadcast_tensors(step_size, start[..., 0], inputs[..., 0, 0], targets[..., 0])
    runs = step_size.shape
    parameters = start.expand(*runs, -1)
    sign_changes, previous, path = torch.zeros(runs, dtype=torch.int64), torch.zeros(runs), [parameters]
    # In memory the samples of one feature stand side by side: with so few features the products are faster.
    x = pad(inputs, (0, 1), value=1.0).mT.contiguous().mT
    for _ in range(steps):
        gradient = _gradient(parameters, x, targets)
        sign_changes += gradient[..., 0] * previous < 0
        previous = gradient[..., 0]
        parameters = parameters - step_size[..., None] * gradient
        if keep_path:
            path.append(parameters)
    norm, kept = _gradient(parameters, x, targets).norm(dim=-1), torch.stack(path, dim=-2) if keep_path else None
    return Descents(parameters, _loss(parameters, x, targets), norm, sign_changes, kept)


def _logits(parameters: Tensor, x: Tensor) -> Tensor:
    return parameters @ x.T if x.ndim == 2 else (parameters[..., None, :] @ x.mT)[..., 0, :]


def _loss(parameters: Tensor, x: Tensor, targets: Tensor) -> Tensor:
    z = _logits(parameters, x)
    # Above its threshold softplus leaves its curve for a line; at 40 the two are the same float.
    return (softplus(z, threshold=40) - targets * z).mean(dim=-1)


def _gradient(parameters: Tensor, x: Tensor, targets: Tensor) -> Tensor:
    if x.ndim == 2 and targets.ndim == 1 and parameters.ndim == 2 and len(parameters) > BLOCK:
        return torch.cat([_gradient(block, x, targets) for block in parameters.split(BLOCK)])
    error = torch.sigmoid(_logits(parameters, x)) - targets
    # Inputs that all runs share take one matrix product, which is far faster than a batch of small ones.
    return (error @ x if x.ndim == 2 else (error[..., None, :] @ x)[..., 0, :]) / targets.shape[-1]


def _check(inputs: Tensor, targets: Tensor, **others: Tensor) -> None:
    tensors(**others, inputs=inputs, targets=targets)
    finite("inputs", inputs)
    samples = inputs.shape[-2:-1]  # of inputs (N,) there are none
    if samples in ((), (0,)) or targets.shape[-1:] != samples or not ((targets >= 0) & (targets <= 1)).all():
        shapes = f"{tuple(targets.shape)} for inputs of shape {tuple(inputs.shape)}"
        raise ValueError(f"targets has shape {shapes}; expected (N,) of 0 or 1 for (N, D), N at least 1")
