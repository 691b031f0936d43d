"""Many small networks trained side by side on the same samples, as one batched tensor program.

M networks that differ in their loss alone start from the same weights and see
the same batches, so that a difference between two of them is the work of their
losses. Nothing passes from one to another: each loss reads one network's
logits, and Adam works on each number by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from helpers.arguments import positive, tensors, whole_number

# Logits (B, K), targets (B,) and the share of the training that is over (0 to below 1), to the loss of one network.
Loss = Callable[[Tensor, Tensor, float], Tensor]


@dataclass(frozen=True)
class Networks:
    """M networks with one hidden layer of H rectified units, F features and K classes."""

    hidden: Tensor  # (M, H, F + 1), the bias last
    output: Tensor  # (M, K, H)
    output_bias: Tensor  # (M, K, 1)

    def logits(self, inputs: Tensor) -> Tensor:
        """Inputs (N, F) to logits (M, N, K), without gradients."""
        with torch.no_grad():
            return _logits((self.hidden, self.output, self.output_bias), pad(inputs, (0, 1), value=1.0))


def fit_many(
    inputs: Tensor,
    targets: Tensor,
    losses: Sequence[Loss],
    *,
    epochs: int,
    lr: float | list[float] | tuple[float, ...],
    batch_size: int | None = None,
    num_hidden: int = 32,
    seed: int = 0,
    sampler: Iterable[int] | None = None,
    after_epoch: Callable[[int, Networks], None] | None = None,
) -> Networks:
    """Train one network for each of the M losses, with Adam, all on the same batches.

    Args:
        inputs: float32, float64 or bfloat16, (N, F); the networks take its dtype.
        targets: int64 (N,); K is the largest of them plus one.
        losses: one for each network, see ``Loss``.
        epochs: passes over the N samples.
        lr: Adam's learning rate at the start, or one for each network; it falls to zero in a straight line.
        batch_size: samples a step, an incomplete last batch dropped; None takes all.
        num_hidden: H.
        seed: of the starting weights, which all networks share, and of the order of the samples.
        sampler: gives sample indices, enough for a batch, each time that it is iterated, once an
            epoch, for instance ``torch.utils.data.WeightedRandomSampler``; None visits each sample once.
        after_epoch: called with the number of finished epochs and the networks, for curves.

    Raises ValueError for what would go unnoticed: targets of another length or below 0, inputs of another shape or
    dtype or not finite, no loss, or one that is several numbers, a batch larger than the data or than what the sampler
    gives, or learning rates of zero, of infinity, or fewer or more than the networks; TypeError for inputs or targets
    that are no tensor, and for what should be a number and is none.
    """
    tensors(inputs=inputs, targets=targets)
    if inputs.ndim != 2 or inputs.dtype not in (torch.float32, torch.float64, torch.bfloat16):
        found = f"shape {tuple(inputs.shape)} and dtype {inputs.dtype}"  # in float16 Adam's epsilon is zero
        raise ValueError(f"inputs has {found}; expected (N, F) in float32: give inputs.float()")
    if len(inputs) != len(targets) or not inputs.isfinite().all():
        raise ValueError(f"inputs holds {len(inputs)} samples, targets {len(targets)}; expected as many, all finite")
    if not len(targets) or targets.min() < 0:
        raise ValueError("targets is empty, or holds a number below 0; expected classes from 0: drop other samples")
    if not hasattr(losses, "__len__"):
        raise TypeError("losses is no list; expected one loss for each network: give [loss]")
    if not losses:
        raise ValueError("losses is empty; expected one for each network")
    whole_number("epochs", epochs, 0)
    whole_number("num_hidden", num_hidden, 1)
    num_samples, num_features = inputs.shape
    size = num_samples if batch_size is None else whole_number("batch_size", batch_size, 1, num_samples)
    rates = [positive("lr", one) for one in (lr if isinstance(lr, list | tuple) else [lr] * len(losses))]
    if len(rates) != len(losses):
        raise ValueError(f"lr holds {len(rates)} rates; expected one number, or one for each of {len(losses)} networks")
    generator = torch.Generator().manual_seed(seed)
    num_classes = int(targets.max()) + 1

    def start(*shape: int, fan_in: int) -> Tensor:
        # As nn.Linear starts: uniform within one over the square root of the number of inputs.
        drawn = torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1
        shared = (drawn / fan_in**0.5).to(inputs.dtype)
        return shared.expand(len(losses), *shape).clone().requires_grad_()

    parameters = (
        start(num_hidden, num_features + 1, fan_in=num_features),
        start(num_classes, num_hidden, fan_in=num_hidden),
        start(num_classes, 1, fan_in=num_hidden),
    )
    rate = torch.tensor(rates, dtype=inputs.dtype).view(-1, 1, 1)
    averages = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]  # Adam's, of gradient and its square
    extended = pad(inputs.detach(), (0, 1), value=1.0)
    step = 0
    for epoch in range(epochs):
        order = torch.randperm(num_samples, generator=generator) if sampler is None else torch.tensor(list(sampler))
        if len(order) < size or not 0 <= order.min() <= order.max() < num_samples:
            given = f"{len(order)} samples in epoch {epoch + 1}"
            raise ValueError(f"sampler gives {given}; expected at least {size}, each from 0 to {num_samples - 1}")
        batches = [order[i : i + size] for i in range(0, len(order) - size + 1, size)]
        for number, batch in enumerate(batches):
            done = (epoch + number / len(batches)) / epochs
            y = targets[batch]
            logits = _logits(parameters, extended.index_select(0, batch))  # a third of the time of extended[batch]
            values = [loss(z, y, done) for loss, z in zip(losses, logits, strict=True)]
            if wrong := [tuple(value.shape) for value in values if value.ndim]:
                raise ValueError(f"losses holds one that returns shape {wrong[0]}; expected one number: take the mean")
            # The sum's gradient in one network's parameters is the gradient of that network's loss.
            total = torch.stack(values).sum()
            step += 1
            _adam(parameters, torch.autograd.grad(total, parameters), averages, rate * (1 - done), step)
        if after_epoch is not None:
            after_epoch(epoch + 1, Networks(*(p.detach() for p in parameters)))
    return Networks(*(p.detach() for p in parameters))


def _adam(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    averages: Sequence[tuple[Tensor, Tensor]],
    rate: Tensor,
    step: int,
) -> None:
    """One step of Adam in place, as ``torch.optim.Adam`` takes it but for rounding, with M rates (M, 1, 1)."""
    # torch.optim has one rate for a tensor, and spends more time around so small tensors than in them.
    rate = rate / (1 - 0.9**step)
    for p, g, (mean, square) in zip(parameters, gradients, averages, strict=True):
        mean.lerp_(g, 0.1)
        square.mul_(0.999).addcmul_(g, g, value=0.001)
        spread = (square / (1 - 0.999**step)).sqrt_().add_(1e-8)
        p.detach().addcdiv_(mean * rate, spread, value=-1)


def _logits(parameters: tuple[Tensor, Tensor, Tensor], extended: Tensor) -> Tensor:
    hidden, output, output_bias = parameters
    # One matrix product makes the hidden layers of all networks; the samples come last, where memory is contiguous.
    h = (hidden.flatten(0, 1) @ extended.T).relu_().unflatten(0, hidden.shape[:2])
    # What losses and an argmax do over the classes is slow where samples stay last.
    return torch.baddbmm(output_bias, output, h).transpose(1, 2).contiguous()
