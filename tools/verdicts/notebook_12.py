"""Notebook 12: which number to trust, what costs ask for, and what makes a comparison unfair."""

from functools import cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn
from torch.utils.data import WeightedRandomSampler

from helpers import datasets
from helpers.ensembles import Networks, fit_many
from helpers.training import fit
from tools.problems import standard
from tools.verdicts import LOADERS, Verdict
from tools.verdicts.notebook_06 import RARE, weighted


def digits(seed: int) -> datasets.Split:
    """scikit-learn's digits cut to a long tail, 120 of the first class to one of the last; the test holds the rest."""
    inputs, targets = load_digits(return_X_y=True)
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))
    x, y = standard(inputs)[order], torch.as_tensor(targets)[order]
    place = (y[:, None] == torch.arange(10)).cumsum(dim=0).gather(1, y[:, None])[:, 0]  # among its class, from 1
    train, test = place <= (120 * 0.6 ** torch.arange(10))[y].int(), place > 120
    return datasets.Split(x[train], y[train], x[test], y[test], torch.bincount(y), tuple("0123456789"))


SPLITS = LOADERS | {"digits": digits}
WRONG = 0.01  # share of wrong labels


def inverse(y: Tensor) -> Tensor:
    return len(y) / torch.bincount(y).float()


def mean_recall(named: Tensor, y: Tensor) -> float:
    return float(torch.stack([(named[y == c] == c).float().mean() for c in y.unique()]).mean())


@cache
def picks(seed: int, data: str = "letters", lr: float = 0.05, epochs: int = 12) -> dict[str, tuple[int, float]]:
    """Under N/n_c, the epoch at which each validation loss is smallest, and the mean recall on the test there."""
    split = SPLITS[data](seed)
    train, valid = datasets.stratified_split(split.train_targets, 0.25, seed)
    x, y = split.train_inputs[train], split.train_targets[train]
    x_valid, y_valid = split.train_inputs[valid], split.train_targets[valid]
    w, seen, recall = inverse(y), [], []

    def look(_: int, networks: Networks) -> None:
        z = networks.logits(x_valid)[0].double()
        seen.append([float(F.cross_entropy(z, y_valid, weight=weight)) for weight in (None, w.double())])
        recall.append(mean_recall(networks.logits(split.test_inputs)[0].argmax(dim=1), split.test_targets))

    fit_many(x, y, [weighted(w)], epochs=epochs, lr=lr, batch_size=1024, seed=seed, after_epoch=look)
    epoch = torch.tensor(seen).argmin(dim=0).tolist()
    return {name: (e, recall[e]) for name, e in zip(("plain", "weighted"), epoch, strict=True)}


def earlier(seed: int, **setting: Any) -> bool:
    """Whether the weighted validation loss is smallest before the plain one is."""
    found = picks(seed, **setting)
    return found["weighted"][0] < found["plain"][0]


def lower_recall(seed: int, **setting: Any) -> bool:
    """Whether the epoch of the weighted validation loss has the lower mean recall on the test."""
    found = picks(seed, **setting)
    return found["weighted"][1] < found["plain"][1]


@cache
def bills(
    seed: int,
    cost: float,
    ours: tuple[int, ...] = (7, 14),
    data: str = "flights",
    epochs: int = 6,
    lr: float = 0.05,
) -> dict[str, Any]:
    """What a test costs with the ratios 1, ``cost`` and N/n_c: in the loss, and as thresholds."""
    split = SPLITS[data](seed)
    y, y_test = (torch.isin(t, torch.tensor(ours)).long() for t in (split.train_targets, split.test_targets))
    ratios = torch.tensor([1.0, cost, float((y == 0).sum() / (y == 1).sum())])
    losses = [weighted(torch.tensor([1.0, float(ratio)])) for ratio in ratios]
    networks = fit_many(split.train_inputs, y, losses, epochs=epochs, lr=lr, batch_size=1024, seed=seed)
    m = networks.logits(split.test_inputs).diff(dim=-1)[..., 0]

    def bill(m: Tensor) -> Any:
        return (cost * ((m <= 0) & (y_test == 1)).sum(dim=1) + ((m > 0) & (y_test == 0)).sum(dim=1)).tolist()

    return {"loss": bill(m), "threshold": bill(m[0] + ratios.log()[:, None])}


def cheapest(seed: int, where: str = "loss", **setting: Any) -> bool:
    """Whether the ratio of the costs is cheaper than no weights and than N/n_c."""
    none, asked, counts = bills(seed, **setting)[where]
    return asked < min(none, counts)


def loss_is_cheaper(seed: int, **setting: Any) -> bool:
    """Whether the ratio of the costs is cheaper in the loss than as a threshold of the unweighted network."""
    return bills(seed, **setting)["loss"][1] < bills(seed, **setting)["threshold"][1]


def threshold_is_cheaper(
    seed: int,
    cost: float = 10.0,
    ours: tuple[int, ...] = (7, 14),
    data: str = "flights",
    boosted: bool = False,
    **limits: int,
) -> bool:
    """Whether trees on 4,000 samples have the smaller bill by a threshold for ``cost`` than by weights 1 and cost."""
    split = SPLITS[data](seed)
    y, y_test = (torch.isin(t, torch.tensor(ours)).numpy() for t in (split.train_targets, split.test_targets))
    rows = np.random.default_rng(seed).permutation(len(y))[:4_000]

    def rare(weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
        kind = HistGradientBoostingClassifier if boosted else RandomForestClassifier
        trees = kind(random_state=seed, **limits).fit(split.train_inputs[rows], y[rows], sample_weight=weights)
        return np.asarray(trees.predict_proba(split.test_inputs)[:, 1])

    def bill(called: NDArray[np.bool_]) -> float:
        return float(cost * (~called & y_test).sum() + (called & ~y_test).sum())

    return bill(rare(None) > 1 / (1 + cost)) < bill(rare(np.where(y[rows], cost, 1.0)) > 0.5)


def flooded(seed: int, data: str = "shuttle", lr: float = 0.05, epochs: int = 6) -> bool:
    """Whether one wrong label in a hundred more than triples the decisions of N/n_c for a rare class."""
    split = SPLITS[data](seed)
    y, num_classes = split.train_targets, len(split.class_names)
    generator = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(y), generator=generator) < WRONG
    other = (y + torch.randint(1, num_classes, (len(y),), generator=generator)) % num_classes
    rare, alarms = torch.bincount(y) < RARE, []
    for labels in (y, torch.where(wrong, other, y)):
        budget: dict[str, Any] = {"epochs": epochs, "lr": lr, "batch_size": 1024, "seed": seed}
        networks = fit_many(split.train_inputs, labels, [weighted(inverse(labels))], **budget)
        alarms.append(int(rare[networks.logits(split.test_inputs)[0].argmax(dim=1)].sum()))
    return alarms[1] > 3 * alarms[0]


@cache
def networks_of(
    seed: int, data: str = "flights", lr: float = 0.05, epochs: int = 6, batch: int = 1024, hidden: int = 32
) -> dict[str, Tensor]:
    """Test logits of no weights, N/n_c, a balanced sampler, and sampler and weights together."""
    split = SPLITS[data](seed)
    x, y = split.train_inputs, split.train_targets
    w, found = inverse(y), []
    for even in (False, True):
        sampler = WeightedRandomSampler(w.double()[y].tolist(), len(y), generator=torch.Generator().manual_seed(seed))
        budget: dict[str, Any] = {"epochs": epochs, "lr": lr, "batch_size": batch, "seed": seed, "num_hidden": hidden}
        networks = fit_many(x, y, [weighted(None), weighted(w)], sampler=sampler if even else None, **budget)
        found.append(networks.logits(split.test_inputs).double())
    logits = dict(zip(("none", "weights", "sampler", "both"), torch.cat(found), strict=True))
    return logits | {"y": split.test_targets, "w": w, "rare": torch.bincount(y) < RARE}


def twice(seed: int, **setting: Any) -> bool:
    """Whether, after sampler and weights, 2 log w states a number of rare samples nearer in ratio than log w does."""
    found = networks_of(seed, **setting)
    rare, shift = found["rare"], found["w"].log()
    true = rare[found["y"]].sum()
    off = [float(((found["both"] - k * shift).softmax(dim=1)[:, rare].sum() / true).log().abs()) for k in (1, 2)]
    return off[1] < off[0]


def natural_averages_hurt(seed: int, data: str = "flights", lr: float = 0.02, steps: int = 240) -> bool:
    """Whether natural batch norm averages take over 0.05 of mean recall after a sampler, and less after N/n_c."""
    split = SPLITS[data](seed)
    x, y = split.train_inputs, split.train_targets
    w, lost = inverse(y), []
    generator = torch.Generator().manual_seed(seed)
    for even in (True, False):
        drawn = torch.multinomial(w[y], len(y), replacement=True, generator=generator) if even else torch.arange(len(y))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers = nn.Linear(x.shape[1], 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, len(w))
        model, weight = nn.Sequential(*layers), None if even else w
        loss = partial(F.cross_entropy, weight=weight)
        adam = torch.optim.Adam(model.parameters(), lr=lr)
        fit(model, x[drawn], y[drawn], adam, steps=steps, batch_size=256, seed=seed, loss=loss)
        before = mean_recall(model.eval()(split.test_inputs).argmax(dim=1), split.test_targets)
        update_bn([x], model)
        lost.append(before - mean_recall(model(split.test_inputs).argmax(dim=1), split.test_targets))
    return lost[0] > 0.05 and lost[1] < lost[0]


def recalls(seed: int, **setting: Any) -> dict[str, float]:
    found = networks_of(seed, **setting)
    found = found | {"shift": found["none"] + found["w"].log()}
    return {k: mean_recall(found[k].argmax(dim=1), found["y"]) for k in ("none", "shift", "weights", "sampler")}


def most_is_a_shift(seed: int, **setting: Any) -> bool:
    """Whether log w, added without training, gives over two thirds of what N/n_c in the loss gains in mean recall."""
    found = recalls(seed, **setting)
    gain = found["weights"] - found["none"]
    return gain > 0 and found["shift"] - found["none"] > 2 / 3 * gain


def weights_beat_shift(seed: int, **setting: Any) -> bool:
    found = recalls(seed, **setting)
    return found["weights"] > found["shift"]


def sampler_beats_shift(seed: int, **setting: Any) -> bool:
    found = recalls(seed, **setting)
    return found["sampler"] > found["shift"]


@cache
def moved(seed: int, data: str = "flights", lr: float = 0.05, epochs: int = 6, batch: int = 1024) -> dict[str, float]:
    """Mean recall on the test of no weights and of the square root: by z, and by z + τ log(N/n_c).

    τ is what gives the highest mean recall on a quarter of the training set, which is kept from training.
    """
    split = SPLITS[data](seed)
    train, valid = datasets.stratified_split(split.train_targets, 0.25, seed)
    x, y = split.train_inputs[train], split.train_targets[train]
    y_valid, shift = split.train_targets[valid], inverse(y).log()
    losses = [weighted(None), weighted(inverse(y).sqrt())]
    networks = fit_many(x, y, losses, epochs=epochs, lr=lr, batch_size=batch, seed=seed)
    logits = zip(networks.logits(split.train_inputs[valid]), networks.logits(split.test_inputs), strict=True)
    found = {}
    for name, (held_out, test) in zip(("none", "root"), logits, strict=True):
        taus = (torch.arange(-2, 7) / 4).tolist()
        tau = max(taus, key=lambda tau: mean_recall((held_out + tau * shift).argmax(dim=1), y_valid))
        found[name] = mean_recall(test.argmax(dim=1), split.test_targets)
        found[f"{name}, moved"] = mean_recall((test + tau * shift).argmax(dim=1), split.test_targets)
    return found


def higher(seed: int, first: str, second: str, **setting: Any) -> bool:
    found = moved(seed, **setting)
    return found[first] > found[second]


WATCHED: dict[str, dict[str, Any]] = {"letters": {}, "letters, lr 0.01": {"lr": 0.01}}
WATCHED |= {"flights": {"data": "flights"}, "Shuttle": {"data": "shuttle"}}
FLIGHTS: dict[str, dict[str, Any]] = {
    "flights, 6 epochs": {},
    "flights, 15 epochs": {"epochs": 15},
    "flights, 6 epochs, lr 0.01": {"lr": 0.01},
    "Shuttle, 6 epochs": {"data": "shuttle"},
    "letters, 6 epochs": {"data": "letters"},
}
BASELINES = FLIGHTS | {
    "flights, 6 epochs, 128 hidden units": {"hidden": 128},
    "flights, 40 epochs": {"epochs": 40},
    "digits, 40 epochs, lr 0.01": {"data": "digits", "lr": 0.01, "epochs": 40, "batch": 32},
    "digits, the same, 8 hidden units": {"data": "digits", "lr": 0.01, "epochs": 40, "batch": 32, "hidden": 8},
    "digits, 40 epochs, lr 0.001": {"data": "digits", "lr": 0.001, "epochs": 40, "batch": 32},
    "digits, 6 epochs, lr 0.01": {"data": "digits", "lr": 0.01, "epochs": 6, "batch": 32},
}
MOVED = {name: setting for name, setting in BASELINES.items() if "hidden" not in setting and "15" not in name}
MOVED |= {f"{name}, 40 epochs": {"data": name.lower(), "epochs": 40} for name in ("Shuttle", "letters")}
PRICES: dict[str, dict[str, Any]] = {"a miss at 3 : 1": {"cost": 3.0}, "a miss at 100 : 1": {"cost": 100.0}}
PRICES |= {"3 : 1, 15 epochs": {"cost": 3.0, "epochs": 15}, "3 : 1, lr 0.01": {"cost": 3.0, "lr": 0.01}}
PRICES |= {"3 : 1, Envoy Air": {"cost": 3.0, "ours": (9,)}}
FOUR_RAREST: dict[str, Any] = {"cost": 10.0, "data": "shuttle", "ours": (1, 2, 5, 6)}
PRICES |= {"10 : 1, Shuttle": FOUR_RAREST, "10 : 1, Shuttle, 30 epochs": FOUR_RAREST | {"epochs": 30}}
PRICES |= {"3 : 1, Shuttle": FOUR_RAREST | {"cost": 3.0}, "10 : 1, Shuttle, lr 0.15": FOUR_RAREST | {"lr": 0.15}}
PRICES |= {"10 : 1, letters, 15 epochs": {"cost": 10.0, "data": "letters", "ours": (6, 7, 8), "epochs": 15}}
PRICES |= {"10 : 1, letters, 6 epochs": PRICES["10 : 1, letters, 15 epochs"] | {"epochs": 6}}

RARE_LETTERS = PRICES["10 : 1, letters, 15 epochs"]["ours"]
TREES: dict[str, dict[str, Any]] = {
    f"{kind}, {name}": {"boosted": kind == "boosted", **setting}
    for kind in ("forest", "boosted")
    for name, setting in {
        "flights, 10 : 1": {},
        "flights, 3 : 1": {"cost": 3.0},
        "flights, 100 : 1": {"cost": 100.0},
        "letters, 10 : 1": {"data": "letters", "ours": RARE_LETTERS},
        "Shuttle, 10 : 1": FOUR_RAREST,
    }.items()
}
TREES |= {
    "forest with leaves of 5, letters, 10 : 1": {"data": "letters", "ours": RARE_LETTERS, "min_samples_leaf": 5},
    "forest with leaves of 5, flights, 100 : 1": {"cost": 100.0, "min_samples_leaf": 5},
}

VERDICTS = [
    Verdict("12", "two epochs", "Under N/n_c the weighted validation loss is smallest before the plain one is.",
            earlier, WATCHED, quick=False),
    Verdict("12", "lower recall", "Its epoch has a lower mean recall on the test than the epoch of the plain loss.",
            lower_recall, WATCHED, quick=False),
    Verdict("12", "costs", "In the loss, the ratio of the costs is cheaper than no weights and than N/n_c.",
            cheapest, PRICES, quick=False),
    Verdict("12", "thresholds", "As a threshold, the ratio of the costs is cheaper than one half and than N/n_c.",
            partial(cheapest, where="threshold"), PRICES, quick=False),
    Verdict("12", "across", "The ratio of the costs is cheaper in the loss than as a threshold.",
            loss_is_cheaper, PRICES, quick=False),
    Verdict("12", "trees", "Trees on 4,000 samples: the ratio of the costs is cheaper as a threshold than as weights.",
            threshold_is_cheaper, TREES, quick=False),
    Verdict("12", "noise", "One wrong label in a hundred more than triples the rare alarms of N/n_c.",
            flooded, {"Shuttle, 6 epochs": {}, "Shuttle, 6 epochs, lr 0.01": {"lr": 0.01},
                      "flights, 6 epochs": {"data": "flights"}}, quick=False),
    Verdict("12", "twice", "After sampler and weights, 2 log w states the number of rare samples better than log w.",
            twice, FLIGHTS, quick=False),
    Verdict("12", "batch norm", "Natural averages cost the sampler's network over 0.05 of mean recall, N/n_c's less.",
            natural_averages_hurt, {"flights": {}, "flights, lr 0.005": {"lr": 0.005},
                                    "Shuttle": {"data": "shuttle"}}, quick=False),
    Verdict("12", "baseline", "A shift by log w gives over two thirds of what N/n_c gains in mean recall.",
            most_is_a_shift, BASELINES, quick=False),
    Verdict("12", "weights", "N/n_c in the loss has a higher mean recall than the shift by log w.",
            weights_beat_shift, BASELINES, quick=False),
    Verdict("12", "sampler", "The balanced sampler has a higher mean recall than the shift by log w.",
            sampler_beats_shift, BASELINES, quick=False),
    Verdict("12", "by z", "Decided by z, the square root has a higher mean recall than no weights, shifted.",
            partial(higher, first="root", second="none, moved"), MOVED, quick=False),
    Verdict("12", "moved too", "A shift of its own, by held-out samples, raises the mean recall of the square root.",
            partial(higher, first="root, moved", second="root"), MOVED, quick=False),
    Verdict("12", "both moved", "Shifted too, the square root has a higher mean recall than no weights, shifted.",
            partial(higher, first="root, moved", second="none, moved"), MOVED, quick=False),
]  # fmt: skip
