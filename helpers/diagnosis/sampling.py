"""What the data hold too little of, and how to draw them by their weights. The names in the cures: ``findings.py``."""

from collections.abc import Iterator

from helpers.diagnosis.facts import Facts
from helpers.diagnosis.finding import Finding, samples, short
from helpers.diagnosis.formulas import ROUNDING

ABSENT = 0.5
FEW_SAMPLES = 40
MOST_DRAWN_FROM = 2**24  # torch.multinomial refuses more categories

DRAW = (
    "sampler = torch.utils.data.WeightedRandomSampler({weights}[labels], len(labels))\n"
    "loader = torch.utils.data.DataLoader(dataset, {batch}, sampler=sampler)  # and no weight in the loss"
)
MISREAD = {  # the cure, by the last word of the doubt
    "labels": "d = diagnose(labels=counts)",
    "classes": "d = diagnose(labels=labels)  # which counts the samples of each",
    "percentages": "counts = [n * total / 100 for n in counts]",
}
TOO_MANY = "# a sampler takes at most 16,777,216 samples: beyond, draw the class first, then one of its samples\n"


def draw(f: Facts, weights: str = "d.weights.double()") -> str:
    """Samples drawn by their weights, as code."""
    return (TOO_MANY if f.samples > MOST_DRAWN_FROM else "") + DRAW.format(weights=weights, batch=f.batch_size)


def bring(f: Facts) -> str:
    """The rarest class into most batches, as code; or why no sampler does."""
    if f.sampler:
        return "# the balanced sampler leaves it at that: a larger batch holds the class more often"
    drawn = float(f.counts[f.rarest] * f.advised[f.rarest]) / f.samples
    by_weights, balanced = ((1 - share) ** f.batch for share in (drawn, 1 / int(f.held.sum())))
    if by_weights <= ABSENT:
        return draw(f)
    if balanced <= ABSENT:
        note = f"# drawn by these weights it would still be missing from {by_weights:.1%} of the batches; balanced, "
        note += "beyond your weights for that class:\n"
        return note + draw(f, "(1 / d.facts.counts)")
    return (
        f"# a balanced sampler does not mend it: with it the class is still missing from {balanced:.1%} of the batches"
    )


def rarest(f: Facts) -> str:
    """The rarest class by its name, and whether others are as rare."""
    alike = int((f.counts == f.counts[f.rarest]).sum())
    return f"{f.name(f.rarest)}, " + ("the rarest class" if alike == 1 else f"one of the {alike:,} rarest classes")


def in_the_data(f: Facts) -> Iterator[Finding]:
    """Findings that follow from the counts and the batch: misread, empty, absent or too few samples."""
    if f.doubt:
        looks_like = f.doubt.split()[-1]
        yield Finding("note", "input", f"Taken as counts, but {f.doubt}.", "", MISREAD[looks_like], "10_verdict")
    if not f.held.all():
        first = f.name(int((~f.held).nonzero()[0]))
        sentence = f"No sample of {first}: nothing can be learnt of it. Its weight is 1, that of the average sample."
        figure = f"{int((~f.held).sum())} of {len(f.counts)} classes without a sample"
        cure = "labels = labels.unique(return_inverse=True)[1]  # only the classes that occur"
        if len(f.counts) == 256 and f.held[255] and not f.held[254] and f.name(255) == "class 255":
            cure = "d = diagnose(labels=labels, ignore_index=255)  # if 255 marks what has no label\n# else " + cure
        yield Finding("note", "empty", sentence, figure, cure, "10_verdict")
    if f.absent_share > ABSENT + ROUNDING and not f.equal and f.heaviest > 1 + ROUNDING:
        sentence = f"Most batches hold no sample of {rarest(f)}."
        figure = f"{f.absent_share:.1%} of random batches of {f.batch:,.0f}"
        yield Finding("note", "absent", sentence, figure, bring(f), "08_batches_and_machines")
    count = float(f.counts[f.rarest])
    if count < FEW_SAMPLES:
        whose, held = ("any class", "each has") if f.equal else (f"{rarest(f)},", "it has")
        sentence = f"The recall of {whose} says little on one split: {held} {samples(count)}."
        figure = f"a quarter held out leaves {short(count / 4)}"
        cure = "from helpers.datasets import stratified_split\n"
        cure += "splits = [stratified_split(labels, 0.25, seed) for seed in range(10)]  # report mean and spread"
        if count == 1:
            sentence = f"The recall of {whose} cannot be measured: {held} 1 sample, to train on or to test on."
            figure = "a quarter held out leaves none"
            cure = "tested = d.facts.counts > 1  # take means over these classes"
            if f.counts.max() == 1:
                cure = "# no class has a second sample: nothing can be tested"
        yield Finding("note", "few samples", sentence, figure, cure, "06_choosing_weights")
