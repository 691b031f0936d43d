"""From facts to findings, each with its edge, its figure, its cure and the notebook that shows it."""

import math
from dataclasses import dataclass
from typing import Literal

from helpers.diagnosis.facts import EPSILON, Facts

Severity = Literal["breaks", "hurts", "note"]
ORDER: tuple[Severity, ...] = ("breaks", "hurts", "note")

# The edges. A finding speaks from its edge outwards; the tests stand on both sides of each.
SCALE_BREAKS = 10.0
SCALE_HURTS = 2.0
RATIO_LOST = 0.5
ABSENT = 0.5
FEW_SAMPLES = 40
ODDS_SHIFTED = 2.0

CURE_SAMPLE_MEAN = 'w = normalize(w, counts, to="sample mean")'


@dataclass(frozen=True)
class Finding:
    """One thing to know: a sentence, the figure behind it, the cure as code, and where it is shown."""

    severity: Severity
    name: str
    sentence: str
    figure: str
    cure: str
    notebook: str


def find(facts: Facts) -> tuple[Finding, ...]:
    """All findings that follow from the facts, the most severe first."""
    found = [
        finding
        for rule in (_overflow, _scale, _epsilon, _underflow, _batch_undoes, _absent, _few_samples, _odds)
        if (finding := rule(facts)) is not None
    ]
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.severity)))


def _overflow(facts: Facts) -> Finding | None:
    if facts.room_above >= 1:
        return None
    sums = facts.reduction in ("mean", "sum")
    what = f"the sum over a batch of {facts.batch:,.0f}" if sums else "one weighted loss"
    return Finding(
        "breaks",
        "overflow",
        f"In {_format(facts)} {what} or a weight overflows: the loss becomes infinite or NaN.",
        f"largest value {facts.largest_value:.3g}, room {facts.room_above:.2g} of the format",
        CURE_SAMPLE_MEAN + "; model.to(torch.bfloat16)  # float32's range",
        "09_number_formats",
    )


def _scale(facts: Facts) -> Finding | None:
    if facts.reduction == "mean" or EPSILON[facts.optimizer] is not None:
        return None
    factor = max(facts.scale, 1 / facts.scale)
    if factor < SCALE_HURTS:
        return None
    direction = "larger" if facts.scale > 1 else "smaller"
    acts = f", so your {facts.lr:g} acts as {facts.lr * facts.scale:.3g}" if facts.lr is not None else ""
    cure = CURE_SAMPLE_MEAN + (f"  # or lr = {facts.lr / facts.scale:.3g}" if facts.lr is not None else "")
    return Finding(
        "breaks" if factor >= SCALE_BREAKS else "hurts",
        "scale",
        f"These weights act on {facts.optimizer} as a learning rate {factor:.3g} times {direction}{acts}.",
        f"average weight of a sample {facts.scale:.3g}",
        cure,
        "03_gradient_scaling",
    )


def _epsilon(facts: Facts) -> Finding | None:
    epsilon = EPSILON[facts.optimizer]
    if facts.reduction == "mean" or epsilon is None:
        return None
    total = facts.scale * (facts.batch if facts.reduction == "sum" else 1)
    average_entry = 2 * total / len(facts.counts)
    if average_entry >= epsilon:
        return None
    return Finding(
        "hurts",
        "epsilon",
        f"The average entry of the logit gradient is below the epsilon of {facts.optimizer}, which shrinks its steps.",
        f"average entry at most {average_entry:.2g}, epsilon {epsilon:g}",
        CURE_SAMPLE_MEAN,
        "05_optimizers",
    )


def _underflow(facts: Facts) -> Finding | None:
    # Between half the smallest number and the smallest number a result still rounds up.
    if facts.room_below >= 0.5:
        return None
    return Finding(
        "hurts",
        "underflow",
        f"In {_format(facts)} the smallest entries of the logit gradient become exactly zero.",
        f"smallest entry {facts.smallest_gradient:.2g}, {facts.room_below:.2g} of the format's smallest number",
        CURE_SAMPLE_MEAN + "; scaler = torch.amp.GradScaler()  # or bfloat16",
        "09_number_formats",
    )


def _batch_undoes(facts: Facts) -> Finding | None:
    if facts.nominal_ratio <= 1 or facts.effective_ratio >= RATIO_LOST * facts.nominal_ratio:
        return None
    return Finding(
        "hurts",
        "batch",
        f"Divided by the weights of each batch, the rarest class gets {facts.effective_ratio:,.3g} times the weight of "
        f"the most common one, not {facts.nominal_ratio:,.3g} times.",
        f"batch of {facts.batch:,.0f}: {facts.effective_ratio / facts.nominal_ratio:.1%} of the ratio is left",
        f'{CURE_SAMPLE_MEAN}; loss = weighted_cross_entropy(logits, y, w, divide_by="samples")',
        "08_batches_and_machines",
    )


def _absent(facts: Facts) -> Finding | None:
    if facts.absent_share <= ABSENT:
        return None
    needed = math.ceil(facts.samples / facts.counts[facts.rarest].item() * math.log(2))
    return Finding(
        "note",
        "absent",
        f"Most batches hold no sample of the rarest class, {facts.name(facts.rarest)}.",
        f"{facts.absent_share:.1%} of random batches of {facts.batch:,.0f}",
        f"batch_size={needed}  # half of the batches, or a WeightedRandomSampler",
        "08_batches_and_machines",
    )


def _few_samples(facts: Facts) -> Finding | None:
    count = facts.counts[facts.rarest].item()
    if count >= FEW_SAMPLES:
        return None
    return Finding(
        "note",
        "few samples",
        f"The rarest class, {facts.name(facts.rarest)}, has so few samples that its recall on one split says little.",
        f"{count:,.0f} samples; a quarter held out leaves {count / 4:.3g}",
        "for seed in range(10): ...  # repeat the stratified split and show the spread",
        "06_choosing_weights",
    )


def _odds(facts: Facts) -> Finding | None:
    spread = (facts.weights.max() / facts.weights.min()).item()
    if spread < ODDS_SHIFTED:
        return None
    return Finding(
        "note",
        "calibration",
        "The model will learn weighted odds, not the frequencies of your data: its probabilities need a correction.",
        f"odds between two classes shift by up to a factor {spread:,.3g}",
        "probabilities = (logits - w.log()).softmax(dim=1)",
        "06_choosing_weights",
    )


def _format(facts: Facts) -> str:
    return str(facts.dtype).removeprefix("torch.")
