"""Exercises: an answer is right, not yet right (with a hint), or not given yet.

The exercises of notebook NN are declared in ``notebook_NN.py``, in the tuple EXERCISES.
"""

from helpers.exercises.core import check

__all__ = ["check"]
