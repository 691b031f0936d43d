"""Notebook 11: weights in other losses."""

from functools import cache, partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.image import imread
from sklearn.datasets import load_sample_images
from torch import Tensor
from torch.nn import functional as F

from helpers import datasets
from helpers.datasets import austen_pairs
from helpers.ensembles import fit_many
from helpers.stability import minimise
from tools.verdicts import LOADERS, Verdict
from tools.verdicts.notebook_08 import effective_weights


def smoothing(
    seed: int, data: str = "shuttle", eps: float = 0.1, epochs: int = 4, lr: float = 0.05, size: int = 1024
) -> bool:
    """Whether smoothing under N/n_c loses at least half of the names that the repair keeps, after training."""
    split = LOADERS[data](seed)
    y = split.train_targets
    w = len(y) / torch.bincount(y).float()

    def smoothed(z: Tensor, y: Tensor, _: float) -> Tensor:
        return F.cross_entropy(z, y, weight=w, label_smoothing=eps)

    def repaired(z: Tensor, y: Tensor, _: float) -> Tensor:
        return (w[y] * F.cross_entropy(z, y, label_smoothing=eps, reduction="none")).sum() / w[y].sum()

    networks = fit_many(split.train_inputs, y, [smoothed, repaired], epochs=epochs, lr=lr, batch_size=size, seed=seed)
    right = (networks.logits(split.test_inputs).argmax(dim=-1) == split.test_targets).double().mean(dim=1)
    return bool(right[0] < right[1] / 2)


def two_numbers(
    seed: int, data: str = "flights", kind: str = "smoothed", exponent: float = 0.5, epochs: int = 6
) -> bool:
    """Whether a z - s log w, with a and s by held-out samples, has a log loss 2 % below that of z and of z - log w."""
    split = LOADERS[data](seed)
    train, valid = datasets.stratified_split(split.train_targets, 0.25, seed)
    x, y = split.train_inputs[train], split.train_targets[train]
    w = (len(y) / torch.bincount(y).float()) ** exponent

    def loss(z: Tensor, y: Tensor, _: float) -> Tensor:
        if kind == "smoothed":
            return F.cross_entropy(z, y, weight=w, label_smoothing=0.1)
        ce = F.cross_entropy(z, y, label_smoothing=0.1 * (kind == "repaired"), reduction="none")
        focus = (1 - (-ce).exp()) ** 2 if kind == "focal" else 1
        return (w[y] * focus * ce).sum() / w[y].sum()

    networks = fit_many(x, y, [loss], epochs=epochs, lr=0.05, batch_size=1024, seed=seed)
    z_valid, z = (networks.logits(part)[0].double() for part in (split.train_inputs[valid], split.test_inputs))
    shift = w.double().log()
    a, s = minimise(
        lambda p: F.cross_entropy(p[0] * z_valid - p[1] * shift, split.train_targets[valid]), torch.ones(2).double()
    )
    by = [float(F.cross_entropy(part, split.test_targets)) for part in (z, z - shift, a * z - s * shift)]
    return by[2] < 0.98 * min(by[:2])


def photographs(name: str) -> Tensor:
    """One or two photographs that a package ships, (photos, 3, H, W), values from 0 to 1, at half their size."""
    if name == "portrait":
        pictures = np.asarray(imread(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"))[None]
    else:
        pictures = np.stack(load_sample_images().images)
    return F.avg_pool2d(torch.tensor(pictures).movedim(3, 1).double() / 255, 2)


def tiles(seed: int, name: str = "two photographs", side: int = 64, number: int = 1, by: str = "colour") -> bool:
    """Whether the worth by the design effect is nearer to what gets through than pixels are, and than tiles are.

    The draw sets the thresholds of the masks, and where the tiles begin.
    """
    generator = torch.Generator().manual_seed(seed)
    photos, draw = photographs(name), torch.rand(4, generator=generator, dtype=torch.float64)
    down, right = (draw[:2] * torch.tensor([photos.shape[2] % side + 1, photos.shape[3] % side + 1])).long().tolist()
    photos = photos[:, :, down:, right:]
    if by == "brightness":  # the darkest half, the middle, and the brightest hundredths
        values = photos.mean(dim=1)
        mask = torch.bucketize(
            values, torch.quantile(values, torch.stack([0.4 + 0.3 * draw[2], 0.95 + 0.04 * draw[3]]))
        )
    else:
        red, green, blue = photos.unbind(dim=1)
        mask = (red - blue > 0.2 + 0.1 * draw[2]).long()
        mask[(red - torch.maximum(green, blue) > 0.1 + 0.1 * draw[3]) & (blue > green - 0.06)] = 2
    m = F.avg_pool2d(F.one_hot(mask, 3).movedim(3, 1).double(), side).movedim(1, 3).flatten(0, 2) * side**2
    counts = m.sum(dim=0)
    w = counts.sum() / (3 * counts)
    rare, q = int(w.argmax()), counts / counts.sum()
    drawn = torch.randint(len(m), (1_000, number), generator=generator)
    batch = (m if number == 1 else m[drawn].sum(dim=1)) * w
    measured = (batch / batch.sum(dim=1, keepdim=True)).mean(dim=0)[rare] / q[rare]
    alike = ((m @ w - m.sum(dim=1)) ** 2).mean() / (m.sum(dim=1).mean() * ((q * w**2).sum() - 1))
    pixels = number * side**2
    sizes = (max(1.0, float(pixels / alike)), pixels, number)
    worth, as_pixels, as_tiles = (abs(float(effective_weights(counts, w, B)[rare] - measured)) for B in sizes)
    return worth < as_pixels and worth < as_tiles


@cache
def words() -> tuple[Tensor, Tensor]:
    """Austen's words: which of the 100 most frequent stand before, and which of the 500 most frequent follow."""
    pairs = austen_pairs()
    before = torch.cat([pairs.train_inputs, pairs.test_inputs])
    after = torch.cat([pairs.train_targets, pairs.test_targets])
    x, y = torch.zeros(7000, 101), torch.zeros(7000, 500)
    x[after[before < 100], before[before < 100]] = 1
    x[:, 100] = 1
    y[before[after < 500], after[after < 500]] = 1
    return x, y


@cache
def sounds() -> tuple[Tensor, Tensor]:
    """The letters of English words, and of each of 67 sounds whether it is that of the letter."""
    split = datasets.letters()
    x = split.train_inputs.float()
    return torch.cat([x, torch.ones(len(x), 1)], dim=1), F.one_hot(split.train_targets, 67).float()


def labels_of(seed: int, data: str) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, 60 labels drawn from those of the data, and negatives / positives of each."""
    x, y = {"words": words, "sounds": sounds}[data]()
    y = y[:, torch.randperm(y.shape[1], generator=torch.Generator().manual_seed(seed))[:60]]
    return x, y, (len(y) - y.sum(dim=0)) / y.sum(dim=0)


def never(seed: int, size: int = 32, steps: int = 300, lr: float = 0.3, data: str = "words") -> bool:
    """Whether a tenth of 60 labels never gets a yes without ``pos_weight``, and a twentieth at most with it."""
    x, y, balanced = labels_of(seed, data)

    def share(pos_weight: Tensor) -> Tensor:
        theta, generator = torch.zeros(x.shape[1], y.shape[1]), torch.Generator().manual_seed(seed)
        for _ in range(steps):
            i = torch.randint(len(y), (size,), generator=generator)
            error = torch.sigmoid(x[i] @ theta) - y[i]
            theta -= lr * x[i].T @ (error * torch.where(y[i] > 0, pos_weight, 1.0)) / size
        return ((x @ theta > 0).sum(dim=0) == 0).double().mean()

    return bool(share(torch.ones(y.shape[1])) > 0.1 and share(balanced) <= 0.05)


def alpha(seed: int, epochs: int = 6, lr: float = 0.05, gamma: float = 2.0) -> bool:
    """Whether α from 0.25 to 0.98 moves rare recall more than twice as far as γ does, on a split of Shuttle."""
    split = datasets.shuttle(seed)
    rare = torch.bincount(split.train_targets) < 200
    yes, yes_test = rare[split.train_targets].long(), rare[split.test_targets]

    def focal(z: Tensor, y: Tensor, _: float, a: float, g: float) -> Tensor:
        margin, weight = (z[:, 1] - z[:, 0]) * (2 * y - 1), torch.where(y > 0, a, 1 - a)
        return -(weight * torch.sigmoid(-margin) ** g * F.logsigmoid(margin)).sum() / weight.sum()

    losses = [partial(focal, a=a, g=g) for a in (0.25, 0.98) for g in (0.0, gamma)]
    networks = fit_many(split.train_inputs, yes, losses, epochs=epochs, lr=lr, batch_size=1024, seed=seed)
    says = networks.logits(split.test_inputs).argmax(dim=-1) > 0
    recall = ((says & yes_test).sum(dim=1) / yes_test.sum()).view(2, 2)
    return bool((recall[1] - recall[0]).min() > 2 * (recall[:, 1] - recall[:, 0]).abs().max())


def positives(seed: int, size: int = 32, steps: int = 300, optimiser: str = "SGD", data: str = "words") -> bool:
    """Whether the best rate without ``pos_weight`` ends above the start with negatives / positives, on 60 labels."""
    x, y, balanced = labels_of(seed, data)

    def end(pos_weight: Tensor, lr: float) -> Tensor:
        theta = torch.zeros(x.shape[1], y.shape[1], requires_grad=True)
        make = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}[optimiser]
        descent, generator = make([theta], lr=lr), torch.Generator().manual_seed(seed)
        for _ in range(steps):
            i = torch.randint(len(y), (size,), generator=generator) if size < len(y) else slice(None)
            error = torch.sigmoid(x[i] @ theta.detach()) - y[i]
            theta.grad = x[i].T @ (error * torch.where(y[i] > 0, pos_weight, 1.0)) / len(x[i])
            descent.step()
        loss = [
            F.binary_cross_entropy_with_logits(x @ a, y, pos_weight=pos_weight) for a in (theta.detach(), 0 * theta)
        ]
        return (loss[0] / loss[1]).detach()

    rates = (0.3, 1.0, 3.0, 10.0) if optimiser == "SGD" else (0.003, 0.03, 0.3)
    ends = [end(torch.ones(y.shape[1]), lr) for lr in rates]
    return bool(end(balanced, rates[int(torch.stack(ends).argmin())]) > 1)


def cap(seed: int, epochs: int = 6, lr: float = 0.05, size: int = 1024, at: float = 10.0) -> bool:
    """Whether a cap on the ratio of N/n_c lowers rare recall and raises rare precision, on one split of Shuttle."""
    split = datasets.shuttle(seed)
    y, y_test = split.train_targets, split.test_targets
    n = torch.bincount(y).float()
    rare, ratio = n < 200, n.max() / n
    losses = [lambda z, y, _, w=w: F.cross_entropy(z, y, weight=w) for w in (ratio, ratio.clamp(max=at))]
    networks = fit_many(split.train_inputs, y, losses, epochs=epochs, lr=lr, batch_size=size, seed=seed)
    named = networks.logits(split.test_inputs).argmax(dim=-1)
    hits = ((named == y_test) & rare[y_test]).sum(dim=1)
    precision = hits / rare[named].sum(dim=1)
    return bool(hits[1] < hits[0] and precision[1] > precision[0])


VERDICTS = [
    Verdict(
        "11",
        "smoothing",
        "Under N/n_c smoothing of 0.1 loses at least half of the names that the repaired loss keeps.",
        smoothing,
        {
            "as in the notebook": {},
            "12 epochs": {"epochs": 12},
            "lr 0.005": {"lr": 0.005},
            "smoothing 0.01": {"eps": 0.01},
            "smoothing 0.001, below the onset": {"eps": 0.001},
            "letters, 67 sounds": {"data": "letters"},
        },
        quick=False,
    ),
    Verdict(
        "11",
        "two numbers",
        "After weights, a z - s log w, fitted on held-out samples, has a log loss 2 % below those of z and z - log w.",
        two_numbers,
        {
            "square root, smoothing of 0.1, flights": {},
            "40 epochs": {"epochs": 40},
            "letters": {"data": "letters"},
            "Shuttle": {"data": "shuttle"},
            "N/n_c": {"exponent": 1.0},
            "the repaired loss": {"kind": "repaired"},
            "the repaired loss, Shuttle": {"kind": "repaired", "data": "shuttle"},
            "focal loss, γ = 2": {"kind": "focal"},
            "focal loss, Shuttle": {"kind": "focal", "data": "shuttle"},
            "no smoothing": {"kind": "plain"},
            "no smoothing, Shuttle": {"kind": "plain", "data": "shuttle"},
        },
        quick=False,
    ),
    Verdict(
        "11",
        "worth",
        "Of a batch of tiles, the worth tells what gets through better than the pixels do, and than the tiles do.",
        tiles,
        {
            "one tile of 64 × 64": {},
            "16 tiles of 16 × 16": {"side": 16, "number": 16},
            "16 tiles of 64 × 64": {"number": 16},
            "a portrait": {"name": "portrait"},
            "a portrait, 16 of 16 × 16": {"name": "portrait", "side": 16, "number": 16},
            "masks by brightness": {"by": "brightness"},
        },
    ),
    Verdict(
        "11",
        "pos_weight",
        "At the rate that is best without pos_weight, negatives / positives ends above the loss at the start.",
        positives,
        {
            "as in the notebook": {},
            "600 steps": {"steps": 600},
            "B = 256": {"size": 256},
            "all 7,000 at once, 20 steps": {"size": 7000, "steps": 20},
            "Adam": {"optimiser": "Adam"},
            "letters, 67 sounds": {"data": "sounds"},
        },
        quick=False,
    ),
    Verdict(
        "11",
        "never",
        "Without pos_weight over a tenth of the labels never get a yes, with negatives / positives hardly any.",
        never,
        {
            "as in the notebook": {},
            "600 steps": {"steps": 600},
            "lr 0.03": {"lr": 0.03},
            "lr 3": {"lr": 3.0},
            "letters, 67 sounds": {"data": "sounds"},
        },
        quick=False,
    ),
    Verdict(
        "11",
        "alpha",
        "In training on Shuttle α from 0.25 to 0.98 moves rare recall more than twice as far as γ from 0 to 2 does.",
        alpha,
        {
            "as in the notebook": {},
            "12 epochs": {"epochs": 12},
            "40 epochs": {"epochs": 40},
            "lr 0.01": {"lr": 0.01},
            "γ = 5": {"gamma": 5.0},
        },
        quick=False,
    ),
    Verdict(
        "11",
        "cap",
        "On Shuttle a cap of 10 on the ratio of N/n_c lowers rare recall and raises rare precision.",
        cap,
        {
            "as in the notebook": {},
            "12 epochs": {"epochs": 12},
            "lr 0.01": {"lr": 0.01},
            "cap of 100": {"at": 100.0},
        },
        quick=False,
    ),
]
