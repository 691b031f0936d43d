"""A moving figure in a notebook, with a still one in the same output for where no widget runs."""

from typing import Any

import anywidget
import traitlets
from matplotlib.figure import Figure

from helpers.moving.figures import FIGURES, module
from helpers.plots.frame import still


class MovingFigure(anywidget.AnyWidget):
    """The module as a widget. It computes in the browser: once it is shown, no kernel is asked."""

    data = traitlets.Dict().tag(sync=True)

    def __init__(self, name: str, picture: dict[str, Any], words: dict[str, Any]) -> None:
        super().__init__(_esm=module(name), data=FIGURES[name].data())
        self._still = picture, words, name

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, words, name = self._still
        shown, *_ = super()._repr_mimebundle_(**kwargs) or ({},)
        view = "application/vnd.jupyter.widget-view+json"
        return {**picture, view: shown[view], "text/plain": f"<figure that moves: {name}>"}, words


def moving(name: str, figure: Figure, alt: str) -> MovingFigure:
    """The figure ``name`` as a widget; ``figure``, drawn by the cell and described by ``alt``, stands in for it.

    Raises ValueError for a name that is not in FIGURES and, as ``show`` does, for too short an ``alt``.
    """
    if name not in FIGURES:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(map(repr, FIGURES))}")
    return MovingFigure(name, *still(figure, alt))
