"""Runs two at a time give what they give one by one."""

import threading
import time

import pytest
import torch

from helpers.models import next_word_model
from helpers.parallel import parallel_map
from tools.kernels import HANG_SECONDS


def test_results_come_in_the_order_of_the_jobs():
    second_is_done = threading.Event()

    def first_ends_after_second(job):
        if job == 0:
            assert second_is_done.wait(HANG_SECONDS)
        elif job == 1:
            second_is_done.set()
        return 10 * job

    assert parallel_map(first_ends_after_second, range(5)) == [0, 10, 20, 30, 40]
    assert parallel_map(first_ends_after_second, []) == []


def test_two_jobs_run_at_the_same_time_and_no_third():
    running, most = set(), []
    pair = threading.Barrier(2)

    def job(number):
        running.add(number)
        pair.wait(HANG_SECONDS)
        time.sleep(0.05)  # gives a third the time to come, if it may
        most.append(len(running))
        running.remove(number)

    parallel_map(job, range(6))
    assert max(most) == 2


def test_each_job_computes_on_one_thread_and_the_caller_keeps_its_own():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert parallel_map(lambda _: torch.get_num_threads(), range(3)) == [1, 1, 1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_models_made_side_by_side_have_the_weights_of_their_seeds():
    def weights(seed):
        return next_word_model(400, seed=seed)[1].weight.detach()

    together = parallel_map(weights, range(60))
    assert all(torch.equal(w, weights(seed)) for seed, w in enumerate(together))


def test_the_first_error_reaches_the_caller():
    def fail_on_odd(job):
        if job % 2:
            raise ValueError(f"job {job}")
        return job

    with pytest.raises(ValueError, match="job 1"):
        parallel_map(fail_on_odd, range(4))
