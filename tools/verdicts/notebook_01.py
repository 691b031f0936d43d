"""Notebook 01: what weighted cross entropy divides by."""

import torch
from torch.nn import functional as F

from tools.verdicts import Verdict


def divisors(seed: int, largest: float = 10.0, ignored: float = 0.0) -> bool:
    """Whether 100 times the weights leave the mean over indices alone, and multiply that over one-hot rows by 100."""
    generator = torch.Generator().manual_seed(seed)
    num_classes = int(torch.randint(2, 50, (), generator=generator))
    z = 3 * torch.randn(40, num_classes, generator=generator, dtype=torch.float64)
    y = torch.randint(num_classes, (40,), generator=generator)
    w = largest ** torch.rand(num_classes, generator=generator, dtype=torch.float64)
    rows = F.one_hot(y, num_classes).double()
    labels = torch.where(torch.rand(40, generator=generator) < ignored, -100, y)
    labels[0] = y[0]
    same = F.cross_entropy(z, labels, 100 * w) / F.cross_entropy(z, labels, w)
    grown = F.cross_entropy(z, rows, 100 * w) / F.cross_entropy(z, rows, w)
    return bool((same - 1).abs() < 1e-9 and (grown / 100 - 1).abs() < 1e-9)


VERDICTS = [
    Verdict(
        "01",
        "divisors",
        "100 times the weights leave the default mean alone; with probability targets it is 100 times as large.",
        divisors,
        {
            "as in the notebook": {},
            "weights up to a million": {"largest": 1e6},
            "half ignored": {"ignored": 0.5},
        },
    ),
]
