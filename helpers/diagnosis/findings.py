"""From facts to findings, each with its edge, its figure, its cure as code and the notebook that shows it.

In the cures ``d`` is the diagnosis, ``z`` and ``y`` the logits and labels of a batch, ``labels`` those of all samples,
``inputs`` their features, ``dataset`` both together, ``model`` and ``optimizer`` yours, ``F`` is torch.nn.functional.
"""

from collections.abc import Iterator

import torch

from helpers.diagnosis.facts import EPSILON, Facts
from helpers.diagnosis.finding import ORDER, Finding, Severity, samples, short
from helpers.diagnosis.formulas import ROUNDING, corrects, lean
from helpers.diagnosis.sampling import draw, in_the_data

# The edges. A finding speaks from its edge outwards; the tests stand on both sides of each.
SCALE_BREAKS = 10.0
SCALE_HURTS = 2.0
OUTWEIGHS_BREAKS = 2.0
OUTWEIGHS_HURTS = 1.0
CURVATURE = 2.0
RATIO_LOST = 0.5
ODDS_SHIFTED = 2.0
SMOOTHED = 0.1
EARLY_RATE_HURTS = 3.0  # of RAdam's first steps, with inputs near one: larger ones are hurt earlier
USUAL_RATE = 0.001  # PyTorch's for RAdam

BFLOAT16 = "with torch.autocast(inputs.device.type, torch.bfloat16):\n    z = model(inputs)"
SLOWER = 'for group in optimizer.param_groups:\n    group["lr"] *= {factor}'


def find(facts: Facts) -> tuple[Finding, ...]:
    """All findings that follow from the facts, the most severe first."""
    found = [*_in_the_format(facts), *_in_the_step(facts), *_in_the_aim(facts), *in_the_data(facts)]
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.severity)))


def advised_loss(f: Facts) -> str:
    """The loss asked for, with the advised weights, in float32: a line that runs."""
    z = "z" if f.dtype == torch.float32 else "z.float()"
    if f.loss == "bce":
        end = ', reduction="sum")' if f.divisor == "nothing" else ")"
        call = f"F.binary_cross_entropy_with_logits({z}, y, pos_weight=d.weights[1] / d.weights[0]"
        return f"loss = d.weights[0] * {call}{end}"
    end = {"mean": ")", "sum": ', reduction="sum")', "none": ', reduction="none").mean()'}[f.reduction]
    return f"loss = F.cross_entropy({z}, y, d.weights.to(z.device){end}"


def _on_the_way(f: Facts) -> str:
    sums = ", the sum over a batch or one over that sum" if f.divisor == "weights" else " or the sum over a batch"
    return "the gradient of the logits" if f.autocast else f"a weight, its loss{sums}"


def _in_the_format(f: Facts) -> Iterator[Finding]:
    kind = str(f.dtype).removeprefix("torch.")
    if f.room_above < 1:
        sentence = f"In {kind} {_on_the_way(f)} overflows: the loss or its gradient becomes infinite or NaN."
        figure = f"the largest value is {short(1 / f.room_above)} times the largest number of the format"
        cure = BFLOAT16 if f.autocast else advised_loss(f)
        yield Finding("breaks", "overflow", sentence, figure, cure, "09_number_formats")
    if f.room_below < 0.5:
        sentence = f"In {kind} the smallest entries of the logits' gradient become exactly zero."
        figure = f"smallest entry {short(f.room_below)} of the smallest number of the format"
        cure = "scaler = torch.amp.GradScaler(z.device.type)  # once, before the loop\n"
        cure += advised_loss(f) + "\nscaler.scale(loss).backward()"
        yield Finding("hurts", "underflow", sentence, figure, cure, "09_number_formats")
    epsilon = EPSILON[f.optimizer]
    if epsilon is not None and float(torch.tensor(epsilon, dtype=f.state_dtype)) == 0:
        state = str(f.state_dtype).removeprefix("torch.")
        sentence = f"The state of {f.optimizer} in {state} holds neither its epsilon nor small squared gradients: it "
        sentence += "divides by zero."
        cure = "model.float()  # before the optimizer is made\n" + BFLOAT16
        yield Finding("breaks", "state", sentence, f"epsilon {epsilon:g} becomes 0", cure, "09_number_formats")
    total = f.scale * (f.batch if f.divisor == "nothing" else 1)
    if epsilon is not None and f.divisor != "weights" and 2 * total / len(f.counts) < epsilon:
        sentence = f"The average entry of the logits' gradient is below the epsilon of {f.optimizer}: where inputs "
        sentence += "are near one its steps shrink."
        figure = f"average entry at most {2 * total / len(f.counts):.2g}, epsilon {epsilon:g}"
        yield Finding("hurts", "epsilon", sentence, figure, advised_loss(f), "05_optimizers")


def _in_the_step(f: Facts) -> Iterator[Finding]:
    proportional = EPSILON[f.optimizer] is None
    factor = max(f.scale, 1 / f.scale)
    way = "larger" if f.scale > 1 else "smaller"
    early = f.optimizer == "RAdam" and f.scale > 1  # its first steps, before it has variances to go by
    if (proportional or early) and factor >= SCALE_HURTS:
        severity: Severity = "breaks" if factor >= SCALE_BREAKS else "hurts"
        if early:
            rate = (USUAL_RATE if f.lr is None else f.lr) * f.scale * (f.batch if f.divisor == "nothing" else 1)
            severity = "hurts" if rate >= EARLY_RATE_HURTS else "note"
        acts = f", so your {f.lr:g} acts as {short(f.lr * f.scale)}" if f.lr is not None else ""
        cuts = f.clip_norm and f.scale > 1 and not early
        ends = f" Clipping at {f.clip_norm:g} cuts ordinary steps too, if they are longer." if cuts else ""
        if early:
            ends = " It can hurt, the more so the larger the factor and the rate are."
        whom = f.optimizer + (", in its first five steps," if early else "")
        sentence = f"The weights act on {whom} as a learning rate {short(factor)} times {way}{acts}.{ends}"
        figure = f"the average sample weighs {short(f.scale)}"
        yield Finding(severity, "scale", sentence, figure, advised_loss(f), "03_gradient_scaling")
    if f.weight_decay and f.optimizer != "AdamW" and factor >= SCALE_HURTS:
        sentence = f"Weight decay stays as it is while the loss becomes {short(factor)} times {way}: the minimum moves."
        figure = f"weight decay {f.weight_decay:g} acts as {short(f.weight_decay / f.scale)}"
        yield Finding("hurts", "decay", sentence, figure, advised_loss(f), "05_optimizers")
    if f.divisor != "weights" and f.outweighs > OUTWEIGHS_HURTS + ROUNDING:
        severity = "note" if not proportional else "breaks" if f.outweighs >= OUTWEIGHS_BREAKS else "hurts"
        sentence = f"One sample of the heaviest class outweighs its batch: w_max / B is {short(f.outweighs)}."
        if f.clip_norm:
            sentence += " Clipping cuts these steps first, and with them the weight."
        figure = f"it weighs {short(f.heaviest)} average samples, in a step of {f.step:,.0f}"
        cure = advised_loss(f) + "\n" + _slower(f)
        yield Finding(severity, "outweighs", sentence, figure, cure, "08_batches_and_machines")
    weighed = f.divisor != "weights" or f.batch > 1  # else each weight is divided by itself
    if f.curvatures is not None and weighed and proportional and f.curvatures[1] >= CURVATURE * f.curvatures[0]:
        flat, steep = f.curvatures
        bound = (0.25 if f.loss == "bce" else 0.5) * steep
        sentence = f"The ratios alone raise the bound of a linear model's curvature {short(steep / flat)} times."
        if f.divisor == "nothing":
            bound *= f.samples
        limit = 2 * (1 + f.momentum) / (bound * (1 + 2 * f.momentum if f.optimizer == "Nesterov" else 1))
        where = "near a minimum of" if f.momentum else "on"  # momentum may swing on from far away
        figure = f"with d.weights curvature at most {short(bound)}"
        if f.momentum < 1:  # else nothing brakes, and no rate settles
            figure += f", so lr below {short(limit)} is stable {where} the full batch"
        yield Finding("hurts", "curvature", sentence, figure, advised_loss(f) + "\n" + _slower(f), "04_oscillation")


def _slower(f: Facts) -> str:
    becomes = "" if f.lr is None else f"  # {f.lr:g} becomes {short(f.lr * f.lr_factor)}"
    if f.clip_norm:
        becomes += ", measured without clipping: try yours first" if becomes else "  # measured without clipping"
    return SLOWER.format(factor=f"{f.lr_factor:.2g}") + becomes


def _without_smoothing(f: Facts) -> str:
    """The probabilities of a model that has learned smoothed labels: what came in last is taken out first."""
    epsilon, known = f.label_smoothing, f.held & (f.weights > 0)
    let, share, each = (f.through / f.weights)[known], f.share[known], epsilon / len(f.counts)
    # Its part in the labels of other classes, batches let through as they let these: more than its own, or less.
    astray = each * torch.maximum(let.max() / let - 1, 1 - let.min() / let)
    if (f.held & ~known).any():
        return "# samples of a class without weight smooth the others, by their share in each place: no shift undoes it"
    if (astray > SMOOTHED * (1 - epsilon) * share).any():
        return "# no shift undoes smoothing in such batches: fit a and s of a * z - s * d.shift on held-out samples"
    left = float((1 - epsilon) * share.sum() + each * len(share))  # one, unless a class has no weight or no sample
    lines = [
        "probabilities / d.facts.through.where(d.facts.through > 0, torch.inf).to(z.device, torch.float32)",
        f"({'' if known.all() else f'{left:g} * '}probabilities - {epsilon:g} / {len(f.counts)}).clamp(min=0)",
    ]
    if f.sampler:
        lines.append("probabilities * (d.facts.counts / d.facts.share).nan_to_num(0).to(z.device, torch.float32)")
    lines = [f"probabilities = F.normalize({line}, p=1, dim=1)" for line in lines]
    return "\n".join(["probabilities = z.softmax(dim=1)", *lines])


def _in_the_aim(f: Facts) -> Iterator[Finding]:
    if f.sampler and corrects(f.counts, f.weights):
        sentence = "A balanced sampler and weights correct the same thing twice."
        twice = lean(f.counts, f.weights) * float(f.counts[f.commonest] / f.counts[f.rarest])
        figure = f"the rarest class counts {short(twice)} times the most common one, sample for sample"
        cure = advised_loss(f) + "  # what the weights asked for, once; for equal classes give none"
        yield Finding("hurts", "twice", sentence, figure, cure, "12_judging")
    if f.label_smoothing and f.misled_share > 0:
        sentence = "Label smoothing under these weights teaches the wrong class: the smoothing mass of every sample is "
        sentence += "multiplied by the other classes' weights."
        of = " that weigh anything" if (f.weights[f.held] == 0).any() else ""
        figure = f"a network that knows every class is right on {1 - f.misled_share:.2%} of the samples{of}"
        each = f"F.cross_entropy(z, y, reduction='none', label_smoothing={f.label_smoothing:g})"
        over = {"weights": " / d.weights[y].sum()", "samples": " / len(y)", "nothing": ""}[f.divisor]
        cure = f"loss = (d.weights[y] * {each}).sum(){over}"
        yield Finding("breaks", "smoothing", sentence, figure, cure, "11_your_loss")
    if f.divisor == "weights" and f.batch < f.samples and f.nominal_ratio > 1:
        left = f.effective_ratio / f.nominal_ratio
        if left < RATIO_LOST:
            sentence = f"Divided by the weights of each batch, the rarest class gets {short(f.effective_ratio)} times "
            sentence += f"the weight of the most common one, not {short(f.nominal_ratio)} times."
            if f.step > f.batch:
                sentence += " More micro-batches or ranks change nothing: each divides by its own weights."
            figure = f"in a loss of {samples(f.batch)} {left:.1%} of the ratio is left"
            cure = advised_loss(f) if f.sampler else draw(f)  # one that draws by the weights would take its place
            yield Finding("hurts", "batch", sentence, figure, cure, "08_batches_and_machines")
    learned = f.shift[f.held & (f.weights > 0)]
    spread = float((learned.max() - learned.min()).exp())
    if spread >= ODDS_SHIFTED and f.label_smoothing < 1:  # labels smoothed to nothing teach no odds
        sentence = "Trained as asked, the model learns weighted odds, not the frequencies of your data: correct its "
        sentence += "probabilities, if that lowers their log loss on held-out samples."
        cure = "probabilities = (z - d.shift.to(z.device)).softmax(dim=1)"
        if f.loss == "bce":
            cure = "probabilities = (z - (d.shift[1] - d.shift[0])).sigmoid()"
        if f.label_smoothing:
            cure = _without_smoothing(f)
        figure = f"odds between two classes shift by up to a factor {short(spread)}"
        yield Finding("note", "calibration", sentence, figure, cure, "06_choosing_weights")
