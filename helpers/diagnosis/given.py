"""What was given, read without guessing: counts or labels."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, ValuesView
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.arguments import no_mask, whole_number
from helpers.diagnosis.doubts import doubtful, no_missing_words, no_total

MOST_CLASSES = 10**6
Array = np.ndarray[Any, Any]


def class_counts(counts: Any, labels: Any, classes: Any, ignore_index: int) -> tuple[Sequence[Any], Tensor, str]:
    """The classes' names or numbers, their counts as float64 (K,), and where their order comes from."""
    if classes is not None:
        classes = _names(classes)
    if (counts is None) == (labels is None):
        raise TypeError("give either counts, one number a class, or labels=, one class a sample")
    found = _per_class(counts, ignore_index) if labels is None else _tally(labels, ignore_index)
    if isinstance(found, dict):
        _check_kinds(found, found.values())
        numbered = all(issubclass(kind, Real) for kind in set(map(type, found)))
        if classes is not None:
            found, order = _in_order(found, classes, ignore_index), "as in classes"
        elif numbered:
            found, order = dict(sorted(found.items())), "by number"
        elif labels is not None or isinstance(counts, Counter) or not isinstance(counts, dict):  # by frequency
            if all(_reads_as_number(str(name)) for name in found):  # 0, 1, 10, 2, as below
                raise TypeError("counts has numbers as text for its classes; give numbers, or their order as classes=")
            found, order = dict(sorted(found.items(), key=lambda item: str(item[0]))), "alphabetical"
        else:
            order = "as given"
        keys, values = list(found), list(found.values())
    else:
        order = "by number" if classes is None else "as in classes"
        keys, values = list(range(len(found)) if classes is None else classes), found.tolist()
        if len(keys) != len(values):
            raise ValueError(f"classes has {len(keys)} names for {len(values)} counts; expected one a class")
        _check_kinds(keys, values)
    try:
        n = torch.from_numpy(np.array(values, dtype=np.float64))
    except OverflowError:
        raise ValueError("counts holds a number that no float can hold; expected numbers of samples") from None
    _check(n, keys)
    if isinstance(found, dict) and labels is None and classes is None and not isinstance(counts, Counter):
        no_total(keys, n)
    if isinstance(found, np.ndarray) and not n.all() and "labels" in doubtful(n):
        raise ValueError(f"counts holds {doubtful(n)}; give labels=")
    return keys, n, order


def _check_kinds(keys: Iterable[Any], values: Collection[Any]) -> None:
    wrong = {kind for kind in set(map(type, values)) if issubclass(kind, bool) or not issubclass(kind, Real)}
    if wrong:
        key, value = next(pair for pair in zip(keys, values, strict=True) if type(pair[1]) in wrong)
        raise TypeError(f"counts[{key!r}] is {value!r}; expected a number of samples; for labels give labels=")


def _check(n: Tensor, keys: Sequence[Any]) -> None:
    bad = ~((n >= 0) & n.isfinite())
    if bad.any():
        c = int(bad.nonzero()[0])
        raise ValueError(f"counts[{keys[c]!r}] is {n[c]:g}; expected a finite number of samples, zero or more")
    if len(n) > MOST_CLASSES:
        raise ValueError(f"counts has {len(n)} classes; expected 2 to {MOST_CLASSES}: merge the rarest")
    if int((n > 0).sum()) < 2:
        raise ValueError("counts or labels hold samples of fewer than two classes; weights compare classes")
    total, whole = float(n.sum()), bool((n == n.round()).all())
    if not math.isfinite(total):
        raise ValueError("counts sums to infinity; expected numbers of samples")
    for all_of_them, what in ((1, "shares"), (100, "percentages")):
        if not whole and abs(total - all_of_them) <= 0.015 * all_of_them:
            raise ValueError(
                f"counts sums to {total:.3g}, so these are {what}; multiply them by the number of samples"
                + (" / 100" if all_of_them == 100 else "")
            )


def _per_class(counts: Any, ignore_index: int) -> dict[Any, Any] | Array:
    """Class to count, without ``ignore_index``, or one count a class."""
    if hasattr(counts, "columns"):
        raise TypeError("counts is a table; give one column: df['count'], or labels=df['label']")
    if hasattr(counts, "to_dict"):
        if not counts.index.is_unique:
            raise ValueError("counts names a class twice; add them up: counts.groupby(level=0).sum()")
        counts = counts.to_numpy() if list(counts.index) == list(range(len(counts))) else counts
    if isinstance(counts, Mapping) or hasattr(counts, "to_dict"):
        found = dict(counts.items())
        if any(isinstance(key, Tensor) for key in found):
            raise TypeError("counts has tensors as keys: a Counter of a tensor counts each entry apart; give labels=")
        if any(_missing(key) for key in found if not isinstance(key, int)):
            raise ValueError("counts has a missing value as a class; drop those samples")
        ignored = found.pop(ignore_index, None)
        if ignored is not None and any(issubclass(type(key), Real) and key > ignore_index >= 0 for key in found):
            found[ignore_index] = 0  # it has a place among the logits, below others
        return found
    array = read_array("counts", counts)
    if array.ndim != 1 or array.dtype.kind in "mM":  # dates, which become whole numbers in a list
        shape = f"shape {array.shape}, dtype {array.dtype}"
        raise ValueError(f"counts has {shape}; expected one number a class, (K,); for labels give labels=")
    if 0 <= ignore_index < len(array):
        array = np.where(np.arange(len(array)) == ignore_index, 0, array)
    return array


def read_array(name: str, values: Any) -> Array:
    """``values`` as numpy has them, at least one dimension, none masked."""
    no_mask(name, values)
    if isinstance(values, Tensor) and values.dtype == torch.bfloat16:  # which numpy does not know
        values = values.float()
    try:
        array = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TypeError(f"{name} is a {type(values).__name__} that numpy cannot read: {error}") from None
    if not array.ndim:
        cures = {ValuesView: ": give the mapping itself", Iterator: ": give list(...) of it"}
        cure = next((cure for kind, cure in cures.items() if isinstance(values, kind)), "")
        raise TypeError(f"{name} is {values!r}; expected one entry a class or sample{cure}")
    return array


def _tally(labels: Any, ignore_index: int) -> dict[Any, int]:
    """Class to count. Numbers are classes 0 to K - 1, ``ignore_index`` is left out; anything else is a name."""
    if hasattr(labels, "columns"):
        raise TypeError("labels is a table; give one column: df['label']")
    array = read_array("labels", labels)
    if array.dtype.kind not in "biuf":
        # Beside texts numpy makes a text of NaN too.
        given = np.array(labels, dtype=object) if isinstance(labels, Sequence) else array
        if any(map(_missing, given.flat)):
            raise ValueError("labels holds a missing value; drop those samples")
        kept = [name for name in given.flat if not (isinstance(name, Real) and name == ignore_index)]
        if given.ndim > 1 and len({isinstance(name, str) for name in kept}) > 1:  # such as ImageFolder's samples
            raise ValueError("labels holds rows of text and numbers; give the labels alone: [row[-1] for row in rows]")
        found = dict(Counter(map(str, kept)))
        if all(map(_reads_as_number, found)):  # whose alphabetical order would be 0, 1, 10, 2
            kind = "as text" if any(isinstance(name, str) for name in kept) else "of dtype object"
            raise TypeError(f"labels holds numbers {kind}; give numbers, labels.astype(float), or names that are none")
        no_missing_words([name for name in found if not _reads_as_number(name)], found)
        return found
    if array.ndim == 2 and array.shape[1] > 1 and set(np.unique(array)) <= {0, 1} and (array.sum(axis=1) == 1).all():
        raise ValueError(f"labels has shape {array.shape} and looks one-hot; give labels.argmax(1)")
    kept = array[array != ignore_index]
    bad = kept[~((kept >= 0) & (kept < MOST_CLASSES) & (kept == np.floor(kept)))]
    if len(bad):
        raise ValueError(
            f"labels holds {bad[0]}; expected 0 to {MOST_CLASSES - 1}, {ignore_index} (left out), or names"
        )
    if not len(kept):
        raise ValueError("labels holds no sample")
    return dict(enumerate(np.bincount(kept.astype(np.int64)).tolist()))


def _reads_as_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return "_" not in name  # 1_0 is ten to Python alone


def _missing(name: Any) -> bool:
    try:
        return name is None or name == "" or bool(name != name)  # NaN differs from itself
    except TypeError:  # pandas.NA, of which nothing is true or false
        return True


def _names(classes: Any) -> list[Any]:
    """The classes in the order of the logits, from their names or how many they are."""
    if not isinstance(classes, Iterable) or not getattr(classes, "ndim", 1):
        classes = classes.item() if hasattr(classes, "item") else classes
        return list(range(whole_number("classes", classes, 2, MOST_CLASSES)))
    listed = isinstance(classes, Sequence | np.ndarray) or hasattr(classes, "to_list")  # an index of pandas
    names = list(classes) if listed and not isinstance(classes, str) else [None]
    if not all(isinstance(name, str | Real) for name in names) or len(set(names)) < len(names):
        said = "expected a list of the names in the order of the logits, or how many they are"
        raise TypeError(f"classes is {classes!r}; {said}")
    return names


def _in_order(found: dict[Any, Any], classes: list[Any], ignore_index: int) -> dict[Any, Any]:
    """The counts in the order of ``classes``; a class that is not counted, or whose place is ignored, has none."""
    known = set(classes)
    lacking = [name for name, count in found.items() if count and name not in known]
    if lacking and all(isinstance(key, Real) and key in range(len(classes)) for key in found):  # places, not names
        return {name: found.get(c, 0) for c, name in enumerate(classes)}
    if lacking:
        raise ValueError(f"classes lacks {lacking[0]!r}, which has samples; give all, in the order of the logits")
    ignored = classes[ignore_index] if 0 <= ignore_index < len(classes) else None
    return {name: 0 if name == ignored and isinstance(name, str) else found.get(name, 0) for name in classes}
