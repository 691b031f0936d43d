"""A diagnosis as text and as HTML."""

from collections.abc import Sequence
from html import escape

from helpers.diagnosis.facts import Facts
from helpers.diagnosis.findings import Finding

DIVISOR = {
    "mean": "divided by the weights of the batch",
    "sum": "not divided",
    "none": "divided by the samples, by hand",
}


def rows(facts: Facts) -> list[tuple[str, str]]:
    """What was asked and what follows, as pairs of a name and a value."""
    batch = "all samples" if facts.batch_size is None else f"{facts.batch_size:,}"
    rate = "" if facts.lr is None else f", lr {facts.lr:g}"
    ranges = [(f"weights, {name}", f"{low:.3g} to {high:.3g}") for name, (low, high) in facts.ranges.items()]
    return [
        ("classes and samples", f"{len(facts.counts):,} and {facts.samples:,.0f}"),
        ("rarest class", f"{facts.name(facts.rarest)}, {facts.counts[facts.rarest].item():,.0f}"),
        ("most common class", f"{facts.name(facts.commonest)}, {facts.counts[facts.commonest].item():,.0f}"),
        ("scheme", facts.scheme),
        ("loss", f"{facts.reduction}: {DIVISOR[facts.reduction]}"),
        ("optimiser, batch", f"{facts.optimizer}{rate}, {batch}"),
        ("format", str(facts.dtype).removeprefix("torch.")),
        *ranges,
        ("scale of the loss", f"{facts.scale:.3g} times that without weights"),
        ("batches without the rarest class", f"{facts.absent_share:.1%}"),
        ("weight ratio, rarest to most common", f"{facts.nominal_ratio:,.3g}"),
        ("ratio that the batch lets through", f"{facts.effective_ratio:,.3g}"),
        ("room above in the format", f"factor {facts.room_above:.2g}"),
        ("room below in the format", f"factor {facts.room_below:.2g}"),
    ]


HEALTHY = "Nothing to mend: with these options no edge is crossed."


def as_text(facts: Facts, findings: Sequence[Finding]) -> str:
    """A table and the findings, in plain text."""
    table = rows(facts)
    width = max(len(name) for name, _ in table)
    lines = [f"{name:<{width}}  {value}" for name, value in table]
    lines.append("")
    if not findings:
        lines.append(HEALTHY)
    for number, finding in enumerate(findings, 1):
        lines += [
            f"{number}. {finding.severity.upper()} · {finding.sentence}",
            f"   figure   {finding.figure}",
            f"   cure     {finding.cure}",
            f"   shown in {finding.notebook}",
        ]
    return "\n".join(lines)


def as_html(facts: Facts, findings: Sequence[Finding]) -> str:
    """The same for a notebook."""
    table = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows(facts)
    )
    if not findings:
        return f"<table>{table}</table><p>{HEALTHY}</p>"
    items = "".join(
        f"<li><strong>{escape(f.severity)}</strong> · {escape(f.sentence)}<br>{escape(f.figure)}<br>"
        f'<code>{escape(f.cure)}</code><br>shown in <a href="{f.notebook}.ipynb">{f.notebook}</a></li>'
        for f in findings
    )
    return f"<table>{table}</table><ol>{items}</ol>"
