"""What a finding is, and how its numbers are written."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["breaks", "hurts", "note"]
ORDER: tuple[Severity, ...] = ("breaks", "hurts", "note")


@dataclass(frozen=True)
class Finding:
    """One thing to know: a sentence, the figure behind it, the cure as code, and where it is shown."""

    severity: Severity
    name: str
    sentence: str
    figure: str
    cure: str
    notebook: str


def short(x: float) -> str:
    """Three digits, with a comma at thousands."""
    return f"{float(f'{x:.3g}'):,.10g}" if 1e-4 <= abs(x) < 1e7 else f"{x:.3g}"


def samples(count: float) -> str:
    """A count with its unit, "1 sample" or "1,200 samples"."""
    return f"{count:,.15g} sample" + ("" if count == 1 else "s")
