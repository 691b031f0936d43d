"""Figures that move without a kernel: one ES module each, on the site and, through ``moving``, in a notebook.

``FIGURES`` says in words what each module shows, and what it needs to know; ``base.js`` is what the modules share. Each
exports ``compute(settings, data)``, which the tests compare with the package, and ``render({ model, el })``, which
anywidget and the site call.
"""

from helpers.moving.figures import FIGURES, Moving, data_of, module
from helpers.moving.widget import STILLS, described, moving, picture

__all__ = ["FIGURES", "STILLS", "Moving", "data_of", "described", "module", "moving", "picture"]
