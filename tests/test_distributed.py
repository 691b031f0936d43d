"""The weighted mean on several processes, and a launcher that never hangs and leaves nothing behind."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
import torch.distributed as dist
from torch.nn import functional as F

from helpers.distributed import PRIORS, _end, global_weighted_mean, gradient_errors, launch, main

LIMIT_S = 120.0


@pytest.fixture(scope="module")
def results():
    """Two processes, then four, in one launch."""
    return launch(4, "--groups", "2", "4", "--batches", "20", limit_s=LIMIT_S)


@pytest.fixture
def lone_process():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def running(mark: str) -> list[str]:
    """Command lines of the processes that carry ``mark``; zombies have none."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if mark in line:
            lines.append(line)
    return lines


def gradient_of_mean(model, x, y, w):
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(F.cross_entropy(model(x), y, w), list(model.parameters()))]
    )


def errors_of_averaged_means(processes: int, batches: int, batch_size: int) -> list[float]:
    """What averaging PyTorch's weighted means over processes costs, worked out in one process."""
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 3, dtype=torch.float64)
    w = 1 / (3 * torch.tensor(PRIORS, dtype=torch.float64))
    errors = []
    for seed in range(batches):
        y = torch.multinomial(torch.tensor(PRIORS), batch_size, True, generator=torch.Generator().manual_seed(seed))
        x = y[:, None] + torch.randn(batch_size, 2, dtype=w.dtype, generator=torch.Generator().manual_seed(seed))
        parts = zip(x.tensor_split(processes), y.tensor_split(processes), strict=True)
        averaged = torch.stack([gradient_of_mean(model, *part, w) for part in parts]).mean(dim=0)
        wanted = gradient_of_mean(model, x, y, w)
        errors.append(float((averaged - wanted).norm() / wanted.norm()))
    return errors


def agrees_with_itself(r, batches):
    zero_weight = r["zero weight"]
    assert [len(r[name]) for name in ("local weights", "local samples", "global weights")] == [batches] * 3
    assert max(*r["local weights"], *r["local samples"], *r["global weights"], *zero_weight.values()) < 1e-13


@pytest.mark.usefixtures("lone_process")
def test_one_process_agrees_with_itself():
    r = gradient_errors(dist.group.WORLD, 3, 8)
    assert (r["processes"], r["batch size"]) == (1, 8)
    agrees_with_itself(r, 3)


def test_main_prints_one_line_for_all_groups(monkeypatch, capsys):
    for name, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 0}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(sys, "argv", ["distributed", "--batches", "2", "--limit-s", "60.5"])
    main()
    assert 60 < signal.alarm(0) <= 65
    assert not dist.is_initialized()
    (line,) = capsys.readouterr().out.splitlines()
    (r,) = json.loads(line)
    assert (r["processes"], r["batch size"]) == (1, 32)
    agrees_with_itself(r, 2)


def test_groups_of_two_and_four(results):
    assert [r["processes"] for r in results] == [2, 4]
    assert all(r["batch size"] == 32 for r in results)


def test_global_weights_give_the_single_process_gradient(results):
    for r in results:
        assert len(r["global weights"]) == 20
        assert max(r["global weights"]) < 1e-13


def test_local_weights_do_not(results):
    for r in results:
        assert r["local weights"] == pytest.approx(errors_of_averaged_means(r["processes"], 20, 32), rel=1e-9)
        assert sum(off > 0.01 for off in r["local weights"]) > 10
        assert max(r["local weights"]) > 0.1


def test_local_samples_need_no_communication_where_parts_are_equal(results):
    for r in results:
        assert max(r["local samples"]) < 1e-13


def test_a_rank_of_zero_weight(results):
    for r in results:
        assert math.isnan(r["zero weight"]["local weights"])
        assert r["zero weight"]["global weights"] < 1e-13


def test_two_torchruns_stand_for_two_hosts():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1", "--rdzv-backend=c10d"]
    command += ["--rdzv-id=weights", f"--rdzv-endpoint=127.0.0.1:{port}", "--local-addr=127.0.0.1"]
    command += ["-m", "helpers.distributed", "--batches", "5", f"--limit-s={LIMIT_S}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    hosts = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True)
        for _ in range(2)
    ]
    try:
        printed = [host.communicate(timeout=LIMIT_S)[0] for host in hosts]
    finally:
        for host in hosts:
            host.terminate()
    (line,) = [text for text in printed if text.strip()]
    (r,) = json.loads(line)
    assert r["processes"] == 2
    assert max(r["global weights"]) < 1e-13


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_a_crash_is_an_error_that_names_its_rank():
    limit_s = LIMIT_S + os.getpid() / 1e6
    start = time.monotonic()
    with pytest.raises(RuntimeError, match="the 2 processes ended with an error: rank 1: RuntimeError: this rank was"):
        launch(2, "--crash", "1", limit_s=limit_s)
    assert time.monotonic() - start < limit_s
    assert running(f"--limit-s={limit_s}") == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_a_stalled_rank_is_ended_at_the_limit():
    limit_s = 7 + os.getpid() / 1e8
    with pytest.raises(TimeoutError, match="did not finish within 7"):
        launch(2, "--stall", "1", limit_s=limit_s)
    assert running(f"--limit-s={limit_s}") == []


def test_a_limit_may_be_shorter_than_a_second():
    with pytest.raises(TimeoutError, match=r"the 1 processes did not finish within 0\.5 s"):
        launch(1, limit_s=0.5)


def test_what_does_not_stop_when_asked_is_killed():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(30)"
    agent = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert agent.stdout is not None
    assert agent.stdout.readline() == "1\n"
    _end(agent, patience_s=0.5)
    assert agent.returncode == -signal.SIGKILL


def test_processes_meet_on_the_loopback_interface_with_one_thread_each(monkeypatch):
    started = Mock(side_effect=InterruptedError)
    monkeypatch.setattr(subprocess, "Popen", started)
    with pytest.raises(InterruptedError):
        launch(3)
    (command,), options = started.call_args
    assert {"--nproc-per-node=3", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"} <= set(command)
    assert options["cwd"] == Path(__file__).resolve().parent.parent
    assert options["start_new_session"]
    assert options["env"]["OMP_NUM_THREADS"] == "1"
    assert options["env"]["GLOO_SOCKET_IFNAME"] == {"linux": "lo", "darwin": "lo0"}.get(sys.platform)


@pytest.mark.parametrize(
    ("complaints", "said"), [("1\n2\n\n3\n4\n", "2 / 3 / 4"), ("", "exit status 9"), ("1\nrank 3: x\n2\n", "rank 3: x")]
)
def test_an_error_without_a_rank_is_told_by_its_last_lines(monkeypatch, complaints, said):
    agent = Mock(returncode=9)
    agent.communicate.return_value = ("", complaints)
    monkeypatch.setattr(subprocess, "Popen", Mock(return_value=agent))
    with pytest.raises(RuntimeError, match=f"the 2 processes ended with an error: {said}$"):
        launch(2)


@pytest.mark.parametrize("processes", [0, -1, True, 1.5, "2", None, math.nan])
def test_launch_refuses_a_number_of_processes_that_is_none(processes):
    with pytest.raises((TypeError, ValueError), match="processes is"):
        launch(processes)


@pytest.mark.parametrize("limit_s", [0.0, -1.0, math.inf, math.nan, "5", None, True, 1j])
def test_launch_refuses_a_limit_that_is_none(limit_s):
    with pytest.raises((TypeError, ValueError), match="limit_s is"):
        launch(1, limit_s=limit_s)


@pytest.mark.usefixtures("lone_process")
def test_one_process_has_pytorchs_mean():
    z = torch.randn(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y, w = torch.tensor([0, 1, 2, 2, 1, 0, 0]), torch.tensor([0.3, 4.0, 30.0], dtype=torch.float64)
    assert float(global_weighted_mean(z, y, w)) == pytest.approx(float(F.cross_entropy(z, y, w)), rel=1e-14)


@pytest.mark.usefixtures("lone_process")
def test_a_small_total_weight_is_no_error():
    z, y, w = torch.zeros(1, 2), torch.tensor([0]), torch.tensor([1e-30, 1.0])
    assert float(global_weighted_mean(z, y, w)) == pytest.approx(math.log(2))


@pytest.mark.usefixtures("lone_process")
def test_ignored_samples_count_nowhere():
    z = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y, w = torch.tensor([0, -100, 2, -100]), torch.tensor([0.3, 4.0, 30.0], dtype=torch.float64)
    assert float(global_weighted_mean(z, y, w)) == pytest.approx(float(F.cross_entropy(z, y, w)), rel=1e-14)


@pytest.mark.usefixtures("lone_process")
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("targets", torch.tensor([0, 3])),
        ("targets", torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])),
        ("weight", None),
        ("weight", torch.ones(3, requires_grad=True)),
        ("group", dist.GroupMember.NON_GROUP_MEMBER),
    ],
)
def test_arguments_that_would_fail_inside_are_named(argument, value):
    good = {"logits": torch.zeros(2, 3), "targets": torch.tensor([0, 2]), "weight": torch.ones(3), "group": None}
    with pytest.raises((TypeError, ValueError), match=f"^{argument}"):
        global_weighted_mean(**{**good, argument: value})


@pytest.mark.usefixtures("lone_process")
def test_zero_weight_on_all_ranks_is_an_error():
    z, y, w = torch.zeros(2, 3), torch.tensor([0, 0]), torch.tensor([0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="total weight of the batch is zero over all processes"):
        global_weighted_mean(z, y, w)
