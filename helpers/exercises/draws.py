"""Random inputs of the exercises, from one generator: numbers in float64, labels and counts in int64."""

import torch
from torch import Generator, Tensor


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(generator: Generator, low: float, high: float, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


def log_uniform(generator: Generator, low: float, high: float, *shape: int) -> Tensor:
    """Numbers whose logarithm is uniform between those of ``low`` and ``high``."""
    return low * (high / low) ** uniform(generator, 0.0, 1.0, *shape)


def number(generator: Generator, low: float, high: float) -> float:
    return uniform(generator, low, high, 1).item()


def integer(generator: Generator, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    return int(torch.randint(low, high + 1, (1,), generator=generator))


def sign(generator: Generator) -> float:
    return 1.0 if integer(generator, 0, 1) else -1.0


def labels(generator: Generator, num_classes: int, size: int) -> Tensor:
    return torch.randint(num_classes, (size,), generator=generator)


def counts(generator: Generator, low: int, high: int, num_classes: int) -> Tensor:
    """Numbers of samples, log-uniform, so that rare and common classes stand together."""
    return log_uniform(generator, low, high, num_classes).round().long()
