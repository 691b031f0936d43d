"""Checks of the exercises: an answer is right, not yet right (with a hint), or not given yet.

The judges of notebook NN stand in ``notebook_NN.py``, in a dictionary JUDGES
from the exercise's number to a judge.
"""

from helpers.exercises.core import Ask, Judge, check

__all__ = ["Ask", "Judge", "check"]
