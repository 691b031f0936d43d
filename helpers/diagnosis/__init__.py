"""Your counts in, findings out: what your class weights will do to a training run.

``diagnose`` reads (``given``, ``options``), computes (``formulas``, ``facts``), judges
(``findings``) and prints (``report``). Nothing is trained: every number follows
from the counts and the options by the formulas that the notebooks derive
and measure. ``python -m helpers.diagnosis`` does the same for a CSV file.
"""

from helpers.diagnosis.compute import Diagnosis, diagnose
from helpers.diagnosis.finding import Finding
from helpers.diagnosis.formulas import advised_lr

__all__ = ["Diagnosis", "Finding", "advised_lr", "diagnose"]
