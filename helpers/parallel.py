"""Independent runs, two at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from tqdm.auto import tqdm

Job = TypeVar("Job")
Result = TypeVar("Result")

# A third run would want memory that a small machine has not got.
AT_A_TIME = 2


def parallel_map(work: Callable[[Job], Result], jobs: Iterable[Job], progress: str | None = None) -> list[Result]:
    """``[work(job) for job in jobs]``, two jobs at a time.

    torch releases Python's lock while it computes, so threads share the cores
    well where tensors are large. Each job computes on one thread of its own:
    its digits are those that it has alone.

    Args:
        work: must not change anything that another job uses.
        progress: text of a progress bar; None shows none.

    Raises what the first failing job raises, once those before it have ended.
    """
    waiting = list(jobs)
    with ThreadPoolExecutor(AT_A_TIME, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        running = pool.map(work, waiting)
        return list(tqdm(running, total=len(waiting), desc=progress, disable=progress is None))
