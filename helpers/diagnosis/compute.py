"""From counts and options to a diagnosis."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, get_args

import torch
from torch import Tensor

from helpers.arguments import real_number, whole_number
from helpers.diagnosis.facts import (
    EPSILON,
    Facts,
    Optimizer,
    Reduction,
    absent_share,
    effective_ratio,
    scheme_weights,
)
from helpers.diagnosis.findings import Finding, find
from helpers.diagnosis.report import as_html, as_text
from helpers.weights import inverse_frequency, normalize

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@dataclass(frozen=True)
class Diagnosis:
    """Facts and findings; prints as a table in a terminal and in a notebook."""

    facts: Facts
    findings: tuple[Finding, ...]  # the most severe first; empty for a healthy case

    def __str__(self) -> str:
        return as_text(self.facts, self.findings)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self.facts, self.findings)


def diagnose(
    counts: Any,
    *,
    reduction: Reduction = "mean",
    optimizer: Optimizer = "SGD",
    lr: float | None = None,
    batch_size: int | None = None,
    dtype: torch.dtype = torch.float32,
    scheme: str = "inverse frequency",
) -> Diagnosis:
    """What class weights made from ``counts`` will do to a training run.

    Args:
        counts: samples of each class, 2 to 10^6 classes: a sequence, array or
            tensor, or a dict or Counter of name to count. From labels:
            ``torch.bincount(y)``.
        reduction: "mean" and "sum" are PyTorch's, for class indices; "none" is
            a mean over samples taken by hand.
        optimizer: "SGD", "momentum", "Nesterov", "Adagrad", "RMSprop", "Adam"
            or "AdamW", with PyTorch's defaults.
        lr: your learning rate; None leaves it out of the sentences.
        batch_size: samples a step; None means all of them.
        dtype: number format of logits, weights and loss.
        scheme: "none", "inverse frequency" (N / n_c), "balanced" (sample mean
            one), "sum to one", "square root", or "effective number" (beta 0.999,
            class mean one).

    Raises TypeError for counts of another kind; ValueError for fewer than two
    classes, a count that is not a finite number above zero (it names the
    class), and an option outside its range.
    """
    names, n = _named_counts(counts)
    for name, value, known in (
        ("reduction", reduction, get_args(Reduction)),
        ("optimizer", optimizer, tuple(EPSILON)),
        ("dtype", dtype, DTYPES),
    ):
        if not isinstance(value, type(known[0])) or value not in known:
            raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, known))}")
    if lr is not None and not 0 < real_number("lr", lr) < math.inf:
        raise ValueError(f"lr is {lr}; expected a finite number above zero, or None")
    samples = float(n.sum())
    if batch_size is not None and not 0 < whole_number("batch_size", batch_size, 0) <= samples:
        raise ValueError(
            f"batch_size is {batch_size}; expected 1 to {samples:,.0f} (the samples in counts), or None for all"
        )

    w = scheme_weights(n, scheme)
    batch = samples if batch_size is None else float(batch_size)
    rarest, commonest = int(n.argmin()), int(n.argmax())
    scale = float((n * w).sum() / samples)
    nominal = float(w[rarest] / w[commonest])
    per_batch = reduction == "mean" and batch_size is not None and batch_size < samples
    facts = Facts(
        names=names,
        counts=n,
        weights=w,
        reduction=reduction,
        optimizer=optimizer,
        lr=lr,
        batch_size=batch_size,
        dtype=dtype,
        scheme=scheme,
        ranges=_ranges(w, n),
        scale=1.0 if reduction == "mean" else scale,
        absent_share=absent_share(float(n[rarest]), samples, batch),
        nominal_ratio=nominal,
        effective_ratio=effective_ratio(n, w, rarest, commonest, batch) if per_batch else nominal,
        largest_value=_largest_value(w, scale, batch, reduction),
        smallest_gradient=_smallest_gradient(w, scale, batch, reduction),
    )
    return Diagnosis(facts, find(facts))


def _named_counts(counts: Any) -> tuple[tuple[str, ...], Tensor]:
    names: tuple[str, ...] = ()
    if isinstance(counts, Mapping):
        for name, count in counts.items():
            if not isinstance(count, Real):
                raise TypeError(f"counts[{name!r}] is a {type(count).__name__}; expected a number of samples")
            if not 0 < float(count) < math.inf:
                raise ValueError(f"counts[{name!r}] is {count}; expected a finite number of samples above zero")
        names, counts = tuple(map(str, counts)), list(counts.values())
    inverse_frequency(counts)  # for its checks, which name the class
    n = torch.as_tensor(counts).detach().to(torch.float64)
    if len(n) < 2:
        raise ValueError("counts has one class; weights compare classes, so expected at least two")
    return names, n


def _ranges(w: Tensor, counts: Tensor) -> dict[str, tuple[float, float]]:
    """Smallest and largest weight under each normalisation."""
    scaled = {
        "as they are": w,
        "sum one": normalize(w, to="sum"),
        "class mean one": normalize(w, to="class mean"),
        "sample mean one": normalize(w, counts, to="sample mean"),
        "max one": normalize(w, to="max"),
    }
    return {name: (float(v.min()), float(v.max())) for name, v in scaled.items()}


def _largest_value(w: Tensor, scale: float, batch: float, reduction: Reduction) -> float:
    """The largest number met on the way to the loss of an untrained model, whose sample loss is log K.

    The heaviest weight and its loss; for "mean" and "sum" also the total of an
    average batch. Notebook 09 runs these edges.
    """
    loss = math.log(len(w))
    one = float(w.max()) * max(1.0, loss)
    return one if reduction == "none" else max(one, batch * scale * max(1.0, loss))


def _smallest_gradient(w: Tensor, scale: float, batch: float, reduction: Reduction) -> float:
    """Smallest entry of the logit gradient of an untrained model: w / K over the divisor."""
    divisor = {"mean": batch * scale, "sum": 1.0, "none": batch}[reduction]
    return float(w.min()) / (len(w) * divisor)
