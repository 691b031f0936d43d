"""Your counts in, findings out: what your class weights will do to a training run.

``diagnose`` computes, ``findings`` judges, ``report`` prints. Nothing is
trained: every number follows from the counts and the options by the formulas
that notebooks 01 to 09 derive and measure.
"""

from helpers.diagnosis.compute import Diagnosis, diagnose
from helpers.diagnosis.findings import Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
