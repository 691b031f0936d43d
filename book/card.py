"""The picture beside a posted link."""

from pathlib import Path

import torch

from book.head import CARD_ALT
from helpers.datasets import austen_pairs
from helpers.plots import canvas, lines
from helpers.plots.frame import still
from helpers.weights import inverse_frequency, normalize, power


def draw_card(path: Path) -> None:
    """1200 × 630: Austen's words, and the weights that four schemes give them."""
    counts = austen_pairs().counts.double().sort(descending=True).values
    raw = inverse_frequency(counts)
    schemes = {
        "N/n_c": raw,
        "square root": power(counts, 0.5),
        "sample mean one": normalize(raw, counts, to="sample mean"),
        "sum one": normalize(raw, to="sum"),
    }
    figure, ax = canvas(size=(12, 6.3))
    look = {"log": "xy", "title": "", "xlabel": "rank of the word", "ylabel": "its weight in the loss"}
    lines(ax, torch.arange(1, len(counts) + 1), schemes, **look)
    ax.set_title("How large should class weights be?", fontsize=34, loc="left", pad=20)
    for text in (ax.xaxis.label, ax.yaxis.label, *ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels()):
        text.set_fontsize(20)
    for line in ax.lines:
        line.set_linewidth(4)
    path.write_bytes(still(figure, CARD_ALT)[0]["image/png"])
