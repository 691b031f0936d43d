"""A moving figure in a notebook, with a still one or a sentence in the same output for where no widget runs."""

from typing import Any

import anywidget
import traitlets
from matplotlib.figure import Figure

from helpers.moving.figures import FIGURES, module
from helpers.plots.frame import still

VIEW = "application/vnd.jupyter.widget-view+json"
WHERE = "This figure moves in JupyterLab, once its cell has run, and on the course's site."


class MovingFigure(anywidget.AnyWidget):
    """The module as a widget. It computes in the browser: once it is shown, no kernel is asked."""

    data = traitlets.Dict().tag(sync=True)

    def __init__(self, name: str, instead: dict[str, Any], metadata: dict[str, Any]) -> None:
        super().__init__(_esm=module(name), data=FIGURES[name].data())
        self._instead = instead, metadata, name

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        instead, metadata, name = self._instead
        shown, *_ = super()._repr_mimebundle_(**kwargs) or ({},)
        # Without the widget's number in memory, so that two runs store the same.
        return {**instead, VIEW: shown[VIEW], "text/plain": f"<figure that moves: {name}>"}, metadata


def moving(name: str, figure: Figure | None = None, alt: str = "") -> MovingFigure:
    """The figure ``name`` as a widget.

    Where no widget runs, ``figure`` stands in for it, described by ``alt``; without one, a sentence that says what
    moves, and where. Raises ValueError for a name that is not in FIGURES and, as ``show`` does, for too short an
    ``alt``.
    """
    if name not in FIGURES:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(map(repr, FIGURES))}")
    if figure is None:
        return MovingFigure(name, {"text/markdown": f"*{FIGURES[name].alt} {WHERE}*"}, {})
    return MovingFigure(name, *still(figure, alt))
