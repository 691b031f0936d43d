"""What the notebooks train: three small models, each seeded without touching global state."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch
from torch import nn

from helpers.arguments import whole_number

GENERATOR = Lock()


def softmax_regression(
    num_features: int, num_classes: int, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> nn.Module:
    """Inputs (N, num_features) to logits (N, num_classes) by one linear map: a convex problem."""
    with _seeded(seed, num_features=num_features, num_classes=num_classes):
        return nn.Linear(num_features, num_classes).to(dtype)


def one_hidden_layer(
    num_features: int, num_hidden: int, num_classes: int, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> nn.Module:
    """Inputs (N, num_features) to logits (N, num_classes) through ``num_hidden`` rectified units."""
    with _seeded(seed, num_features=num_features, num_hidden=num_hidden, num_classes=num_classes):
        layers = nn.Linear(num_features, num_hidden), nn.ReLU(), nn.Linear(num_hidden, num_classes)
    return nn.Sequential(*layers).to(dtype)


def next_word_model(num_words: int, num_dimensions: int = 32, *, seed: int = 0) -> nn.Module:
    """Previous words, int64 (N,), to logits over the next word (N, num_words): embedding, then linear map."""
    with _seeded(seed, num_words=num_words, num_dimensions=num_dimensions):
        return nn.Sequential(nn.Embedding(num_words, num_dimensions), nn.Linear(num_dimensions, num_words))


@contextmanager
def _seeded(seed: int, **sizes: int) -> Iterator[None]:
    for name, size in sizes.items():
        whole_number(name, size, 1)
    # torch's layers draw from the one generator of the process, so only one thread at a time may seed it.
    with GENERATOR, torch.random.fork_rng(devices=[]):
        torch.manual_seed(whole_number("seed", seed, 0))
        yield
