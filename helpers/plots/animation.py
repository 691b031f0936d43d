"""A descent that moves."""

import io
from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from helpers.plots.colours import BLACK, VERMILION
from helpers.plots.frame import dress, numbers, series_of, styled


@styled
def animate_paths(
    paths: Mapping[str, ArrayLike],
    surface: Callable[[NDArray[np.float64]], ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    size: tuple[float, float] = (12.0, 3.8),
    milliseconds: int = 160,
) -> bytes:
    """Paths through a plane, one panel each, as an endless GIF of one frame a step.

    Args:
        paths: panel's title to points, shape (steps + 1, 2); the same steps for all.
        surface: points (n, 2) to heights (n,), drawn as contours.
        size: inches, at 80 dots an inch.
        milliseconds: how long a frame stays; the last one stays ten times as long.

    Returns the bytes of the file.
    Raises ValueError or TypeError for paths of another form or of different lengths.
    """
    shape = np.shape(next(iter(series_of("paths", paths).values())))
    if len(shape) != 2 or shape[1] != 2 or not shape[0]:
        raise ValueError(f"paths has a path of shape {shape}; expected (steps + 1, 2)")
    tracks = {name: numbers(f"paths[{name!r}]", path, shape) for name, path in paths.items()}
    figure, axes = plt.subplots(1, len(paths), figsize=size, dpi=80, squeeze=False)
    for ax, (name, points) in zip(axes[0], tracks.items(), strict=True):
        reach = np.ptp(points, axis=0)
        low, high = points.min(axis=0) - 0.12 * reach, points.max(axis=0) + 0.12 * reach
        grid = np.meshgrid(*np.linspace(low, high, 80).T)
        heights = np.asarray(surface(np.stack(grid, axis=-1).reshape(-1, 2))).reshape(80, 80)
        ax.contourf(*grid, heights, levels=12, alpha=0.5)
        dress(ax, name, xlabel, ylabel if ax is axes[0][0] else "")
    # Only the path changes, so everything else is drawn once: a full redraw of each frame takes ten times as long.
    figure.canvas.draw()
    background = figure.canvas.copy_from_bbox(figure.bbox)  # type: ignore[attr-defined]
    frames = []
    trails = [ax.plot([], [], color=BLACK, linewidth=1.3, marker=".", markersize=4)[0] for ax in axes[0]]
    heads = [ax.plot([], [], color=VERMILION, marker="o", markersize=9)[0] for ax in axes[0]]
    clock = axes[0][0].text(0.97, 0.03, "", transform=axes[0][0].transAxes, ha="right", fontsize=13)
    for step in range(shape[0]):
        figure.canvas.restore_region(background)  # type: ignore[attr-defined]
        for trail, head, points in zip(trails, heads, tracks.values(), strict=True):
            trail.set_data(*points[: step + 1].T)
            head.set_data(*points[step : step + 1].T)
            trail.axes.draw_artist(trail)
            trail.axes.draw_artist(head)
        clock.set_text(f"step {step}")
        axes[0][0].draw_artist(clock)
        frames.append(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB"))  # type: ignore[attr-defined]
    plt.close(figure)
    colours = frames[-1].quantize(128, Image.Quantize.MAXCOVERAGE)
    stills = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    content = io.BytesIO()
    durations = [milliseconds] * (len(stills) - 1) + [10 * milliseconds]
    stills[0].save(content, "GIF", save_all=True, append_images=stills[1:], duration=durations, loop=0)
    return content.getvalue()
