"""A decision, drawn as questions in a row."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from helpers.colours import BLACK, BLUE, VERMILION, for_letters
from helpers.plots.frame import styled


@styled
def decisions(ax: Axes, steps: Sequence[tuple[str, str, str]], *, title: str) -> Axes:
    """Questions from left to right; below each, the answer that asks for nothing and the one that asks for an act.

    Args:
        steps: (question, harmless answer, answer and act), each with line breaks where it should break.
    """
    ax.set_axis_off()
    ax.set(xlim=(-0.5, len(steps) - 0.5), ylim=(0, 3), title=title)
    for i, (question, harmless, act) in enumerate(steps):
        rust = for_letters(VERMILION)
        for text, height, colour in ((question, 2.6, BLACK), (harmless, 1.55, BLUE), (act, 0.5, rust)):
            box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 1.8}
            ax.text(i, height, text, ha="center", va="center", fontsize=11.5, color=colour, bbox=box)
        if i:
            arrow = {"arrowstyle": "->", "linewidth": 1.8, "color": BLACK}
            ax.annotate("", (i - 0.4, 2.6), (i - 0.6, 2.6), arrowprops=arrow)
    return ax
