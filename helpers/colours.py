"""One colour for each class, scheme and optimiser, through the whole course."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_hex, to_rgb

# Okabe and Ito's colours, which the common forms of colour blindness keep apart, and two darker ones of Paul Tol's.
BLACK, ORANGE, SKY, GREEN = "#333333", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, WINE, OLIVE = "#0072B2", "#D55E00", "#CC79A7", "#882255", "#999933"

# Shuttle's classes in the order of their numbers; a toy problem of two or three classes takes the first ones.
CLASS_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK)

COLOURS: dict[str, str] = {
    # The thread's four weightings, always in this order, and the one that is another problem.
    "1 : 2 : 3": BLUE,
    "2 : 4 : 6": ORANGE,
    "100 : 200 : 300": VERMILION,
    "1/6 : 2/6 : 3/6": GREEN,
    "3 : 2 : 1": PURPLE,
    # Weighting schemes.
    "no weights": BLACK,
    "N/n_c": VERMILION,
    "sum one": GREEN,
    "max one": SKY,
    "class mean one": PURPLE,
    "sample mean one": BLUE,
    "balanced": BLUE,
    "square root": ORANGE,
    "effective number": WINE,
    # Alternatives to weights.
    "threshold moving": SKY,
    "logit adjustment": GREEN,
    "resampling": PURPLE,
    "focal loss": OLIVE,
    "late weights": BLUE,
    # What the loss is divided by.
    "divided by Σ w": BLUE,
    "divided by N": VERMILION,
    "not divided": BLACK,
    # Optimisers.
    "SGD": VERMILION,
    "momentum": ORANGE,
    "Nesterov": WINE,
    "Adagrad": PURPLE,
    "RMSprop": SKY,
    "Adam": BLUE,
    "AdamW": GREEN,
    "L-BFGS": BLACK,
    # What theory says, against what was measured.
    "theory": BLACK,
    "measured": BLUE,
}


def for_letters(colour: str) -> str:
    """``colour``, as dark as letters on white paper want it: a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    red, green, blue = to_rgb(colour)
    shades = (to_hex((share * red, share * green, share * blue)) for share in np.linspace(1, 0, 101))
    return next(shade for shade in shades if 1.05 / (_luminance(to_rgb(shade)) + 0.05) >= 4.5)


def _luminance(rgb: tuple[float, float, float]) -> float:
    part = np.array(rgb)
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def colour_of(name: str, number: int, colours: Mapping[str, str] | Sequence[str] | None) -> str:
    """The colour of a series: from ``colours`` if given, else from COLOURS, else the next of the cycle."""
    if colours is not None and (name not in colours if isinstance(colours, Mapping) else number >= len(colours)):
        raise ValueError(f"colours has none for {name!r}; expected one for each series")
    if isinstance(colours, Mapping):
        return colours[name]
    if colours is not None:
        return colours[number]
    return COLOURS.get(name, CLASS_COLOURS[number % len(CLASS_COLOURS)])
