"""A moving figure in a notebook, with a still of it in the same output for where no widget runs."""

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from helpers.moving.figures import FIGURES, HERE, module

VIEW = "application/vnd.jupyter.widget-view+json"
WHERE = "A still. This figure moves in JupyterLab, once its cell has run, and on the course's site."
STILLS = HERE / "stills.json"  # what each still shows, in words; ``make stills`` writes them


def picture(name: str) -> Path:
    """Where the still of a figure lies, as PNG."""
    return HERE / f"{name}.png"


def described(name: str) -> str:
    """A figure and its still in words: the alternative text, but for the place where it moves."""
    return f"{FIGURES[name].alt} {json.loads(STILLS.read_text(encoding='utf-8'))[name]}"


class MovingFigure(anywidget.AnyWidget):
    """The module as a widget. It computes in the browser: once it is shown, no kernel is asked."""

    data = traitlets.Dict().tag(sync=True)

    def __init__(self, name: str) -> None:
        super().__init__(_esm=module(name), data=FIGURES[name].data())
        self._name = name

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})  # the latter says to Colab how to show it
        # Without the widget's number in memory, so that two runs store the same.
        text = f"<figure that moves: {self._name}>"
        still = {"image/png": picture(self._name).read_bytes(), "text/plain": text}
        alt = {"alt": f"{described(self._name)} {WHERE}"}
        return {**still, VIEW: shown[VIEW]}, {**metadata, "image/png": alt}


def moving(name: str) -> MovingFigure:
    """The figure ``name`` as a widget, and as a still where no widget runs.

    Raises ValueError for a name that is not in FIGURES.
    """
    if name not in FIGURES:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(map(repr, FIGURES))}")
    return MovingFigure(name)
