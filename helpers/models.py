"""What the notebooks train: three small models, each seeded without touching global state, and a stack of them.

Each of the three raises TypeError for a size or a seed that is no whole number, ValueError for a size below 1 or a seed
below 0.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import torch
from torch import Tensor, nn

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
        # In place: no layer needs the sums before they are rectified, and on a full batch they are megabytes.
        layers = nn.Linear(num_features, num_hidden), nn.ReLU(inplace=True), nn.Linear(num_hidden, num_classes)
    return nn.Sequential(*layers).to(dtype)


def next_word_model(num_words: int, num_dimensions: int = 32, *, seed: int = 0) -> nn.Module:
    """Previous words, int64 (N,), to logits over the next word (N, num_words): embedding, then linear map."""
    with _seeded(seed, num_words=num_words, num_dimensions=num_dimensions):
        return nn.Sequential(nn.Embedding(num_words, num_dimensions), nn.Linear(num_dimensions, num_words))


class Stack(nn.Module):
    """M models of the same linear and rectified layers as one batched model, whose parameters are (M, ...).

    Inputs (N, F), which all models see, or (M, N, F) to logits (M, N, K). It copies the parameters, and trains them
    all. No model's logits depend on another's parameters, so the sum of M losses has the gradient of each loss in its
    own model.

    Raises ValueError for models of other layers, or whose layers differ in kind, size or dtype.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        layers = [list(model) if isinstance(model, nn.Sequential) else [model] for model in models]
        kinds = [
            [(type(layer), *((p.shape, p.dtype) for p in layer.parameters())) for layer in each] for each in layers
        ]
        # A linear layer has two parameters, weight and bias; a rectified one none.
        known = {(nn.Linear, 2), (nn.ReLU, 0)}
        if not kinds or any(each != kinds[0] for each in kinds) or not {(k[0], len(k) - 1) for k in kinds[0]} <= known:
            raise ValueError(
                "models has to be one or more of the same layers, sizes and dtype: nn.Linear with a bias, nn.ReLU"
            )
        self.rectified = [kind[0] is nn.ReLU for kind in kinds[0]]
        linear = [same for same in zip(*layers, strict=True) if isinstance(same[0], nn.Linear)]
        self.weights = nn.ParameterList(torch.stack([m.weight.detach() for m in same]) for same in linear)
        self.biases = nn.ParameterList(torch.stack([m.bias.detach() for m in same])[:, None] for same in linear)

    def forward(self, inputs: Tensor) -> Tensor:
        x = inputs.expand(len(self.biases[0]), *inputs.shape[-2:])
        linear = zip(self.biases, self.weights, strict=True)
        for rectified in self.rectified:
            if rectified:
                x = x.relu()
            else:
                bias, weight = next(linear)
                x = torch.baddbmm(bias, x, weight.mT)
        return x

    def flat(self) -> Tensor:
        """All parameters, (M, P), each row in the order of ``nn.utils.parameters_to_vector``."""
        pairs = zip(self.weights, self.biases, strict=True)
        return torch.cat([p.detach().flatten(1) for pair in pairs for p in pair], dim=1)


@contextmanager
def _seeded(seed: int, **sizes: int) -> Iterator[None]:
    for name, size in sizes.items():
        whole_number(name, size, 1)
    # torch's layers draw from the one generator of the process, so only one thread at a time may seed it.
    with GENERATOR, torch.random.fork_rng(devices=[]):
        torch.manual_seed(whole_number("seed", seed, 0))
        yield
