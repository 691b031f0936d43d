"""From counts and options to a diagnosis."""

import math
from dataclasses import dataclass, replace
from typing import Any, get_args

import torch
from torch import Tensor

from helpers.arguments import real_number, whole_number
from helpers.diagnosis.doubts import doubtful
from helpers.diagnosis.facts import Facts, Reduction
from helpers.diagnosis.finding import Finding
from helpers.diagnosis.findings import find
from helpers.diagnosis.given import class_counts
from helpers.diagnosis.options import number_format, optimizer_name
from helpers.diagnosis.report import as_html, as_text, draw
from helpers.diagnosis.weighting import class_weights, curvatures

HALVES = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Diagnosis:
    """Facts and findings; prints as a table in a terminal and in a notebook."""

    facts: Facts
    findings: tuple[Finding, ...]  # the most severe first; empty for a healthy case

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, in the order of ``weights`` and ``shift``."""
        return tuple(map(self.facts.name, range(len(self.facts.counts))))

    @property
    def weights(self) -> Tensor:
        """The weights advised for the scheme asked for, float32 (K,): the average sample weighs one."""
        return self.facts.advised.float()

    @property
    def lr(self) -> float | None:
        """The learning rate advised for ``weights``, from the ``lr`` that suits the loss without weights."""
        return None if self.facts.lr is None else self.facts.lr * self.facts.lr_factor

    @property
    def shift(self) -> Tensor:
        """What to subtract from the logits of a model trained as asked, float32 (K,): log v_c(B), and the sampler's.

        Clipping can hold part of it back; this is measured without.
        """
        return self.facts.shift.float()

    def draw(self, ax: Any) -> Any:
        """Weights against counts on Matplotlib's Axes ``ax``: asked for, let through by the batch, and the batch."""
        return draw(self.facts, ax)

    def __str__(self) -> str:
        return as_text(self.facts, self.findings)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self.facts, self.findings)


def diagnose(
    counts: Any = None,
    *,
    labels: Any = None,
    classes: Any = None,
    scheme: str | float = "inverse frequency",
    weight: Any = None,
    pos_weight: float | None = None,
    loss: str = "cross entropy",
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
    optimizer: str | type = "SGD",
    lr: float | None = None,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    clip_norm: float | None = None,
    batch_size: int | None = None,
    accumulation_steps: int = 1,
    world_size: int = 1,
    sampler: bool = False,
    dtype: torch.dtype | str = torch.float32,
    autocast: bool = False,
    state_dtype: torch.dtype | str | None = None,
    inputs: Any = None,
    ignore_index: int = -100,
) -> Diagnosis:
    """What class weights will do to a training run, computed from counts and options; nothing is trained.

    Args:
        counts: samples of each class, 2 to 10^6 classes: a sequence, array, tensor, dict, Counter or Series. Numbers
            as keys are sorted; the names of a Counter or Series too, since it comes by frequency. A class with zero
            samples is kept and gets weight 1; a number that is missing among keys is none, unless ``classes`` is K.
        labels: instead of counts, the class of each sample, any shape: whole numbers, classes 0 to K - 1
            (``ignore_index`` is left out, of counts too), or names, in alphabetical order.
        classes: the names in the order of the logits, or K, where that differs.
        scheme: "none", "inverse frequency" (N / n_c), "balanced" (sample mean one), "sum to one", "square root",
            "effective number" (beta 0.999, class mean one), or the exponent of (N / n_c).
        weight: your own weights (K,), instead of a scheme.
        pos_weight: of the binary loss, instead of a scheme; makes ``loss`` "bce".
        loss: "cross entropy", or "bce" for binary_cross_entropy_with_logits; counts are then (negative, positive).
        reduction: PyTorch's; "none" is a mean over samples taken by hand.
        label_smoothing: as in cross_entropy, 0 to 1.
        optimizer: its name in any case ("momentum" and "Nesterov" are SGD's), or a class of torch.optim.
        lr: the learning rate that is best without weights, or near it (a tenth of that is better kept where the ratios
            make the loss less than ten times as steep: notebook 10); None leaves it out.
        momentum, weight_decay: of the optimiser, 0 to 1 and 0 or more.
        clip_norm: as in clip_grad_norm_.
        batch_size: samples that one loss sees, on one rank in one micro-batch; None means all of them. Pixels or
            tokens that come together are worth fewer (notebook 11).
        accumulation_steps, world_size: micro-batches a step, and ranks.
        sampler: whether a WeightedRandomSampler already draws all classes equally often.
        dtype: number format of logits and loss ("float16" or torch.float16); ``autocast``: of the model under autocast.
        state_dtype: of the optimizer's state; default float32 under autocast, else ``dtype``.
        inputs: features (N, D) of the samples in ``labels``, for the curvature.

    Raises TypeError or ValueError, naming the argument, for what cannot be read or is out of range.
    """
    keys, n, order = class_counts(
        counts, labels, classes, whole_number("ignore_index", ignore_index, -(2**63), 2**63 - 1)
    )
    for name, value, known in (("reduction", reduction, get_args(Reduction)), ("loss", loss, ("cross entropy", "bce"))):
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, known))}")
    loss = "bce" if pos_weight is not None else loss
    for name, flag in (("sampler", sampler), ("autocast", autocast)):
        if not isinstance(flag, bool):
            raise TypeError(f"{name} is {flag!r}; expected True or False")
    total = float(n.sum())
    if batch_size is not None and whole_number("batch_size", batch_size, 1) > total:
        raise ValueError(
            f"batch_size is {batch_size}, but counts has only {total:,.0f} samples; "
            "give None for all of them (and counts of samples, not percentages)"
        )
    kind = number_format("dtype", dtype)
    if autocast and kind not in HALVES:
        raise ValueError(f"dtype is {kind}; autocast computes in torch.float16 or torch.bfloat16")
    if loss == "bce" and (len(n) != 2 or label_smoothing):
        raise ValueError(
            f"loss is bce with {len(n)} classes and label_smoothing {label_smoothing}; expected counts of negatives "
            "and positives of one label, without smoothing: diagnose several labels one by one, and under SGD take "
            "the smallest lr advised"
        )
    raw, called = class_weights(n, scheme, weight, pos_weight)
    smoothing = real_number("label_smoothing", label_smoothing, 0, 1)
    clip = None if clip_norm is None else real_number("clip_norm", clip_norm, 1e-30)
    facts = Facts(
        keys=keys,
        order=order,
        counts=n,
        weights=raw,
        scheme=called,
        loss=loss,
        reduction=reduction,
        label_smoothing=smoothing,
        optimizer=optimizer_name(optimizer),
        lr=None if lr is None else real_number("lr", lr, 1e-30, 1e30),
        momentum=real_number("momentum", momentum, 0, 1),
        weight_decay=real_number("weight_decay", weight_decay, 0, 1e30),
        clip_norm=None if clip == math.inf else clip,  # with infinity clip_grad_norm_ measures alone
        batch_size=batch_size,
        accumulation_steps=whole_number("accumulation_steps", accumulation_steps, 1, 10**6),
        world_size=whole_number("world_size", world_size, 1, 10**6),
        sampler=sampler,
        dtype=kind,
        autocast=autocast,
        state_dtype=number_format("state_dtype", state_dtype or (torch.float32 if autocast else kind)),
        curvatures=None,
        doubt="" if counts is None else doubtful(n),
    )
    if inputs is not None:
        bounds = curvatures(inputs, labels, keys, facts.advised, ignore_index, smoothing, sampler)
        facts = replace(facts, curvatures=bounds)
    if not facts.advised.float().isfinite().all() or not facts.advised.float()[facts.held & (raw > 0)].all():
        raise ValueError("counts or weight span more than float32 can hold as weights")
    return Diagnosis(facts, find(facts))
