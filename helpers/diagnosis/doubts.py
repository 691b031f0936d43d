"""Why counts that can be read may be something else."""

from collections.abc import Collection, Sequence
from typing import Any

from torch import Tensor, arange

# What the last row of a table is called, beside what begins with total. The last is a capital sigma, in lower case.
TOTALS = ("all", "sum", "summe", "grand total", "subtotal", "overall", "gesamt", "gesamtergebnis", "\u03c3")
MISSING = ("na", "n/a", "#n/a", "<na>", "null", "none", "\\n")  # how R, pandas, Excel and SQL write no value


def doubtful(n: Tensor) -> str:
    """Why valid counts may be something else: numbers that look like labels or their order, or whole percentages."""
    values = n.unique()
    if len(n) >= 20 and 1 < len(values) <= len(n) / 5 and _run_as_labels(n, values):
        return f"{len(n):,} numbers that are only {values[0]:.0f} to {values[-1]:.0f} look like labels"
    if len(n) > 2 and n.equal(arange(len(n), dtype=n.dtype)):
        return f"counts that are 0 to {len(n) - 1} in order look like numbers of classes"
    return "counts that sum to exactly 100 look like percentages" if float(n.sum()) == 100 and len(n) > 2 else ""


def _run_as_labels(n: Tensor, values: Tensor) -> bool:
    """Whether whole numbers leave none out; or, as where some class has no sample, few of those from 0 or 1 on.

    Counts have a long tail more often than not: few of them are in the upper half of their range.
    """
    low, high = float(values[0]), float(values[-1])
    run, upper = int(high - low) + 1, int((n > (low + high) / 2).sum())
    gaps = low in (0, 1) and run <= 1000 and run < 2 * len(values) and 10 * upper >= len(n)
    return (gaps or len(values) == run <= 100) and bool((values == values.round()).all())


def no_total(keys: Sequence[Any], n: Tensor) -> None:
    """Raise ValueError where a row of sums was taken for a class; of two classes each may be the sum of the other."""
    for c, name in enumerate(keys):
        called = name.strip(" :").lower() if isinstance(name, str) else ""
        if (called in TOTALS or called.startswith("total")) and len(n) > 2 and 2 * n[c] == n.sum():
            raise ValueError(f"counts has a class {name}, the sum of the others; leave that row out")


def no_missing_words(words: Sequence[str], names: Collection[str]) -> None:
    """Raise ValueError where ``words``, those of the names that are no numbers, all stand for a missing number."""
    if 0 < len(words) < len(names) and all(word.strip().lower() in MISSING for word in words):
        raise ValueError(
            f"labels holds a missing value, {words[0]}; drop those samples, or give classes names that are no numbers"
        )
