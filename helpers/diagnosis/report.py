"""A diagnosis as text, as HTML and as a figure."""

from collections.abc import Sequence
from html import escape
from typing import Any

import torch

from helpers.colours import BLACK, BLUE, VERMILION
from helpers.diagnosis.facts import Facts
from helpers.diagnosis.finding import Finding, samples, short

DIVISOR = {
    "weights": "divided by the weights of the batch",
    "samples": "divided by the samples",
    "nothing": "not divided",
}
HEALTHY = "Nothing to mend: with these options no edge is crossed."
NAMES = (
    "In the cures d is this diagnosis, z and y the logits and labels of one batch, labels those of all samples, "
    "numbers of classes in an int64 tensor, one each, and dataset holds the same samples, both without the ignored. "
    "Each cure is for the run as asked, not for one that another has changed: after one, ask again with what it "
    "changed. The lr advised is for one near the best without weights: under SGD, by counts alone, without inputs=, it "
    "may still be too large; under Adam try your own, too. A tenth of the best is better kept where the ratios make "
    "the loss less than ten times as steep."
)
AMPLE = 1000.0


def rows(f: Facts) -> list[tuple[str, str]]:
    """What was asked and what follows, as pairs of a name and a value."""

    def of(c: int) -> str:
        return f"{f.name(c)}, {samples(float(f.counts[c]))}"

    def span(w: torch.Tensor) -> str:
        return f"{short(float(w[f.held].min()))} to {short(float(w[f.held].max()))}"

    def room(factor: float) -> str:
        return "ample" if factor > AMPLE else f"factor {short(factor)}"

    advised = f"{short(f.lr_factor)} of yours" if f.lr is None else short(f.lr * f.lr_factor)
    options = {"lr": f.lr, "momentum": f.momentum, "weight decay": f.weight_decay, "clip": f.clip_norm}
    given = [f"{name} {value:g}" for name, value in options.items() if value]
    smooth = f", label smoothing {f.label_smoothing:g}" if f.label_smoothing else ""
    batch = "all samples" if f.batch_size is None else samples(f.batch_size)
    if f.step != f.batch:
        batch += f", times {f.accumulation_steps} micro-batches and {f.world_size} ranks: {f.step:,.0f} a step"
    format_ = f"{f.dtype}" + (", autocast" if f.autocast else "")
    if f.state_dtype != f.dtype:
        format_ += f", state {f.state_dtype}"
    rarest = [] if f.equal else [("rarest class", of(f.rarest)), ("most common class", of(f.commonest))]
    ratio = [("weight ratio, rarest to most common", short(f.nominal_ratio))]
    if f.divisor == "weights" and f.batch < f.samples:
        ratio.append(("ratio that the batch lets through", short(f.effective_ratio)))
    return [
        ("classes and samples", f"{len(f.counts):,} and {samples(f.samples)}"),
        *rarest,
        ("order of the classes", f.order),
        ("scheme", f.scheme + (", beside a balanced sampler" if f.sampler else "")),
        ("loss", f"{f.loss}, {f.reduction}: {DIVISOR[f.divisor]}{smooth}"),
        ("optimiser", ", ".join([f.optimizer, *given])),
        ("batch", batch),
        ("format", format_.replace("torch.", "")),
        ("weights, as they are", span(f.weights)),
        ("weights advised (sample mean one)", span(f.advised)),
        ("lr advised for them", advised + (", measured without clipping" if f.clip_norm else "")),
        ("scale of the loss", f"{short(f.scale)} times that without weights"),
        *([] if f.equal else [("batches without the rarest class", f"{f.absent_share:.1%}")]),
        *ratio,
        ("heaviest sample against its step, w_max / B", short(f.outweighs)),
        ("room in the format, above and below", f"{room(f.room_above)} and {room(f.room_below)}"),
    ]


def as_text(facts: Facts, findings: Sequence[Finding]) -> str:
    """A table and the findings, in plain text."""
    table = rows(facts)
    width = max(len(name) for name, _ in table)
    lines = [*(f"{name:<{width}}  {value}" for name, value in table), ""]
    for number, finding in enumerate(findings, 1):
        lines.append(f"{number}. {finding.severity.upper()} · {finding.sentence}")
        lines += [f"   figure   {finding.figure}"] if finding.figure else []
        lines += [f"   {'' if i else 'cure':<8} {line}" for i, line in enumerate(finding.cure.splitlines())]
        lines.append(f"   shown in {finding.notebook}")
    return "\n".join([*lines, NAMES if findings else HEALTHY])


def as_html(facts: Facts, findings: Sequence[Finding]) -> str:
    """The same for a notebook."""
    table = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows(facts)
    )
    if not findings:
        return f"<table>{table}</table><p>{HEALTHY}</p>"
    items = "".join(
        f"<li><strong>{escape(f.severity)}</strong> · {escape(f.sentence)}<br>{escape(f.figure)}"
        f'<pre>{escape(f.cure)}</pre>shown in <a href="{f.notebook}.ipynb">{f.notebook}</a></li>'
        for f in findings
    )
    return f"<table>{table}</table><ol>{items}</ol><p>{escape(NAMES)}</p>"


def draw(f: Facts, ax: Any) -> Any:
    """Weights against counts on logarithmic axes, sample mean one; a class above the batch outweighs it alone."""
    n = f.counts[f.held]
    order = n.argsort(stable=True)
    w, v = (f.weights / f.average)[f.held][order], f.through[f.held][order]
    apart = {"markevery": 0.04}  # of the diagonal: thousands of classes have no room for a dot each
    ax.loglog(n[order], w, "o-", color=VERMILION, label="asked for", **apart)
    ax.loglog(n[order], v, "s--", color=BLUE, label="let through by the batch", **apart)
    ax.axhline(f.step, color=BLACK, linewidth=1, linestyle=":", label="as heavy as the whole batch")
    ax.set(xlabel="samples of the class", ylabel="weight, average sample = 1")
    ax.set_title("What a sample of each class weighs")
    ax.legend()
    return ax
