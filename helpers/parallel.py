"""Independent runs, two at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Job = TypeVar("Job")
Result = TypeVar("Result")

# A third run would want memory that a small machine has not got.
AT_A_TIME = 2


def parallel_map(work: Callable[[Job], Result], jobs: Iterable[Job]) -> list[Result]:
    """``[work(job) for job in jobs]``, two jobs at a time.

    torch releases Python's lock while it computes, so threads share the cores
    well where tensors are large. Each job computes on one thread of its own:
    its digits are those that it has alone. ``work`` must not change anything
    that another job uses.

    Raises what the first failing job raises, once those before it have ended.
    """
    with ThreadPoolExecutor(AT_A_TIME, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        return list(pool.map(work, jobs))
