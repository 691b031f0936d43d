"""What was given, and what follows from it before any judgement."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any, Literal

import torch
from torch import Tensor

from helpers.diagnosis.formulas import absent_share, advised_lr, corrects, let_through, misled_share

Reduction = Literal["mean", "sum", "none"]

# The epsilon that PyTorch adds to the denominator of the step; None where the step is proportional to the gradient.
EPSILON: dict[str, float | None] = {
    **dict.fromkeys(("SGD", "momentum", "Nesterov", "ASGD")),
    **dict.fromkeys(("RMSprop", "Adam", "AdamW", "NAdam", "RAdam", "Adamax"), 1e-8),
    "Adagrad": 1e-10,
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was given, and as properties what follows. Tensors are float64 (K,), in the order of the classes."""

    keys: Sequence[Any]  # the classes' names, or their numbers
    order: str  # where the order of the classes comes from
    counts: Tensor
    weights: Tensor  # as the loss gets them; by a scheme, a class without a sample has the average weight
    scheme: str
    loss: str  # "cross entropy" or "bce"
    reduction: Reduction
    label_smoothing: float
    optimizer: str
    lr: float | None
    momentum: float
    weight_decay: float
    clip_norm: float | None
    batch_size: int | None  # as given; None is the full batch
    accumulation_steps: int
    world_size: int
    sampler: bool
    dtype: torch.dtype
    autocast: bool
    state_dtype: torch.dtype
    curvatures: tuple[float, float] | None  # X'X / N without and with the weights advised, see weighting.curvatures
    doubt: str  # why the counts may be something else; empty where nothing speaks for it

    def name(self, c: int) -> str:
        """What class ``c`` is called."""
        return f"class {self.keys[c]}" if isinstance(self.keys[c], Real) else str(self.keys[c])

    @cached_property
    def samples(self) -> float:
        return float(self.counts.sum())

    @cached_property
    def held(self) -> Tensor:
        """Which classes have a sample."""
        return self.counts > 0

    @cached_property
    def share(self) -> Tensor:
        """pi_c: share of class c in a batch; a balanced sampler makes all equal."""
        return self.held.double() / self.held.sum() if self.sampler else self.counts / self.samples

    @cached_property
    def batch(self) -> float:
        """Samples in one loss."""
        return self.samples if self.batch_size is None else float(self.batch_size)

    @cached_property
    def step(self) -> float:
        """Samples behind one step of the optimiser, all micro-batches and ranks together."""
        return self.batch * self.accumulation_steps * self.world_size

    @cached_property
    def divisor(self) -> Literal["weights", "samples", "nothing"]:
        """What the loss divides by. PyTorch's mean is over the weights for class indices, over elements for BCE."""
        if self.reduction == "sum":
            return "nothing"
        return "weights" if self.reduction == "mean" and self.loss == "cross entropy" else "samples"

    @cached_property
    def equal(self) -> bool:
        """Whether all classes have as many samples, so that none is the rarest."""
        return bool(self.counts.max() == self.counts.min())

    @cached_property
    def rarest(self) -> int:
        return int(self.counts.where(self.held, torch.inf).argmin())

    @cached_property
    def commonest(self) -> int:
        return int(self.counts.argmax())

    @cached_property
    def average(self) -> float:
        """Weight of the average sample."""
        return float((self.share * self.weights).sum())

    @cached_property
    def scale(self) -> float:
        """Of the loss, against the same loss without weights."""
        return 1.0 if self.divisor == "weights" else self.average

    @cached_property
    def heaviest(self) -> float:
        """Largest weight of a class with samples, where the average sample weighs one."""
        return float(self.weights[self.held].max()) / self.average

    @cached_property
    def through(self) -> Tensor:
        """v_c: what a sample of class c weighs on average in the loss that is trained, sample mean one."""
        if self.divisor == "weights" and self.batch < self.samples:
            return let_through(self.share, self.weights, self.batch)
        return self.weights / self.average

    @cached_property
    def shift(self) -> Tensor:
        """How far weights and sampler move the best logits, log (v_c pi_c N / n_c); zero where a class is not seen."""
        moved = self.through * self.share * self.samples / self.counts  # 0 / 0 where there is no sample
        return moved.where(moved > 0, 1.0).log()

    @cached_property
    def nominal_ratio(self) -> float:
        """Weight of the rarest class over that of the most common one."""
        return float(self.weights[self.rarest] / self.weights[self.commonest])

    @cached_property
    def effective_ratio(self) -> float:
        """The same, as the average batch lets it through."""
        return float(self.through[self.rarest] / self.through[self.commonest])

    @cached_property
    def absent_share(self) -> float:
        """Of random batches without a sample of the rarest class."""
        drawn_anew = (1 - float(self.share[self.rarest])) ** self.batch  # with replacement
        return drawn_anew if self.sampler else absent_share(float(self.counts[self.rarest]), self.samples, self.batch)

    @cached_property
    def outweighs(self) -> float:
        """w_max / B: the heaviest sample against all samples of its step."""
        return self.heaviest / self.step

    @cached_property
    def misled_share(self) -> float:
        """Of the samples that weigh anything, which a network that knows them misnames because of label smoothing."""
        weighed = self.counts * (self.weights > 0)
        return misled_share(weighed / weighed.sum(), self.weights, self.label_smoothing)

    @cached_property
    def advised(self) -> Tensor:
        """The weights asked for, on the scale where the average sample weighs one.

        Where they correct for the counts beside a balanced sampler, which has done so by pi_c N / n_c already, they
        correct by what is left. A class without a sample gets 1.
        """
        w = self.weights * self.counts if self.sampler and corrects(self.counts, self.weights) else self.weights
        return (w / (self.share * w).sum()).where(self.held, 1.0)

    @cached_property
    def lr_factor(self) -> float:
        """The learning rate advised for the advised weights, against the one that suits no weights."""
        adaptive = EPSILON[self.optimizer] is not None
        flatter = 1.0 if adaptive or self.curvatures is None else self.curvatures[0] / self.curvatures[1]
        alone = self.batch == 1 and self.divisor == "weights"  # a weight that is divided by itself
        return 1.0 if alone else min(flatter, advised_lr(1.0, self.advised, self.share, self.step, adaptive=adaptive))

    @cached_property
    def room_above(self) -> float:
        """The largest number of the format over the largest value on the way to the loss: below 1, it overflows.

        In an untrained model a sample loses log K. In pure training the heaviest weight and its loss must fit, and with
        a sum the total of an average batch, by which the default's backward pass divides one before all else; under
        autocast the loss is float32 and the logits' gradient must fit (float32's own edges are far from any weights).
        """
        heaviest, loss = self.heaviest * self.average, max(1.0, math.log(len(self.weights)))
        if self.autocast:
            largest = heaviest / self.divided_by
        elif self.divisor == "samples":
            largest = heaviest * loss
        else:
            total = self.batch * self.average
            largest = max(heaviest * loss, total * loss, 1 / total if self.divisor == "weights" else 0.0)
        return torch.finfo(self.dtype).max / largest

    @cached_property
    def divided_by(self) -> float:
        """What the loss divides a sample's part by, in an average batch."""
        return {"weights": self.batch * self.average, "samples": self.batch, "nothing": 1.0}[self.divisor]

    @cached_property
    def room_below(self) -> float:
        """Smallest entry of an untrained model's logit gradient, in the format's smallest steps: below 1/2, zero."""
        w, limits = self.weights[self.held & (self.weights > 0)].min(), torch.finfo(self.dtype)
        return float(w) / (len(self.weights) * self.divided_by) / (limits.smallest_normal * limits.eps)
