"""A descent that moves."""

import io
from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from helpers.colours import BLACK, VERMILION
from helpers.plots.frame import numbers, styled

MILLISECONDS = 160  # each frame; the last one stays ten times as long


@styled
def animate_paths(
    paths: Mapping[str, NDArray[np.float64]],
    surface: Callable[[NDArray[np.float64]], ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
) -> bytes:
    """Paths through a plane as the bytes of an endless GIF: a panel for each path, a frame for each step.

    Args:
        paths: title of the panel to points, shape (steps + 1, 2), for each path the same number of steps.
        surface: points (n, 2) to heights (n,), drawn as contours.
    """
    points = np.stack([numbers(f"paths[{name!r}]", path, (len(path), 2)) for name, path in paths.items()])
    figure, axes = plt.subplots(1, len(points), figsize=(12.0, 3.8), dpi=80, squeeze=False)
    for ax, name, path in zip(axes[0], paths, points, strict=True):
        reach = 0.12 * np.ptp(path, axis=0)
        grid = np.meshgrid(*np.linspace(path.min(axis=0) - reach, path.max(axis=0) + reach, 80).T)
        heights = np.asarray(surface(np.stack(grid, axis=-1).reshape(-1, 2))).reshape(80, 80)
        ax.contourf(*grid, heights, levels=12, alpha=0.5)
        ax.set(title=name, xlabel=xlabel)
    axes[0][0].set_ylabel(ylabel)
    # Only the path changes, so everything else is drawn once: a full redraw of each frame takes ten times as long.
    figure.canvas.draw()
    background = figure.canvas.copy_from_bbox(figure.bbox)  # type: ignore[attr-defined]
    trails = [ax.plot([], [], color=BLACK, linewidth=1.3, marker=".", markersize=4)[0] for ax in axes[0]]
    heads = [ax.plot([], [], color=VERMILION, marker="o", markersize=9)[0] for ax in axes[0]]
    counter = axes[0][0].text(0.97, 0.03, "", transform=axes[0][0].transAxes, ha="right", fontsize=13)
    frames = []
    for step in range(len(points[0])):
        figure.canvas.restore_region(background)  # type: ignore[attr-defined]
        counter.set_text(f"step {step}")
        for trail, head, path in zip(trails, heads, points, strict=True):
            trail.set_data(*path[: step + 1].T)
            head.set_data(*path[step : step + 1].T)
        for artist in (*trails, *heads, counter):
            artist.axes.draw_artist(artist)
        frames.append(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB"))  # type: ignore[attr-defined]
    plt.close(figure)
    return _gif(frames)


def _gif(frames: list[Image.Image]) -> bytes:
    colours = frames[-1].quantize(128, Image.Quantize.MAXCOVERAGE)
    first, *rest = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    durations = [MILLISECONDS] * len(rest) + [10 * MILLISECONDS]
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return buffer.getvalue()
