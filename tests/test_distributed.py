"""The weighted mean on several processes is that of one, whatever a rank holds."""

import faulthandler
import json
import math
import os
import subprocess
import sys
from functools import partial
from unittest.mock import Mock

import pytest
import torch
import torch.distributed as dist
from conftest import ROOT
from torch.nn import functional as F

from helpers import distributed, launcher
from helpers.distributed import (
    BATCH_SIZE,
    PRIORS,
    global_weighted_mean,
    gradient_errors,
    main,
    total_weight,
    weighted_share,
)
from helpers.launcher import launch

# Detects a hang, and leaves a busy machine its time.
LIMIT_S = 600.0
Z, Y = torch.zeros(2, 3), torch.tensor([0, 2])
ON_RANKS = "tests.on_ranks"


@pytest.fixture(scope="module")
def results():
    """Two processes, then four, in one launch."""
    return launch(4, "helpers.distributed", "--groups", "2", "4", "--batches", "20", limit_s=LIMIT_S)


@pytest.fixture
def lone_process():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def gradient_of_mean(model, x, y, w):
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(F.cross_entropy(model(x), y, w), list(model.parameters()))]
    )


def errors_of_averaged_means(processes: int, batches: int) -> list[float]:
    """What averaging PyTorch's weighted means over processes costs, worked out in one process."""
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 3, dtype=torch.float64)
    w = 1 / (3 * torch.tensor(PRIORS, dtype=torch.float64))
    errors = []
    for seed in range(batches):
        y = torch.multinomial(torch.tensor(PRIORS), BATCH_SIZE, True, generator=torch.Generator().manual_seed(seed))
        x = y[:, None] + torch.randn(BATCH_SIZE, 2, dtype=w.dtype, generator=torch.Generator().manual_seed(seed))
        parts = zip(x.tensor_split(processes), y.tensor_split(processes), strict=True)
        averaged = torch.stack([gradient_of_mean(model, *part, w) for part in parts]).mean(dim=0)
        wanted = gradient_of_mean(model, x, y, w)
        errors.append(float((averaged - wanted).norm() / wanted.norm()))
    return errors


def agrees_with_itself(r, batches):
    zero_weight = r["zero weight"]
    names = ("local weights", "local samples", "global weights", "accumulated", "accumulated / R")
    assert [len(r[name]) for name in names] == [batches] * 5
    assert max(*(off for name in names for off in r[name]), *zero_weight.values()) < 1e-13


@pytest.mark.usefixtures("lone_process")
def test_one_process_agrees_with_itself():
    r = gradient_errors(dist.group.WORLD, 3)
    assert r["processes"] == 1
    agrees_with_itself(r, 3)


@pytest.mark.usefixtures("lone_process")
def test_the_demonstration_accumulates_over_two_micro_batches(monkeypatch):
    """Which its errors do not tell: they are as small with one, or with three."""
    sizes = []

    def seen(logits, *arguments, **options):
        sizes.append(len(logits))
        return weighted_share(logits, *arguments, **options)

    monkeypatch.setattr(distributed, "weighted_share", seen)
    gradient_errors(dist.group.WORLD, 1)
    half = BATCH_SIZE // 2
    assert sizes == [BATCH_SIZE, *[half] * 4, BATCH_SIZE]


@pytest.mark.parametrize(
    ("options", "batches", "ends_after_s"), [(["--batches", "2", "--limit-s", "60.5"], 2, 65.5), ([], 20, 605.0)]
)
def test_main_prints_one_line_for_all_groups(monkeypatch, capsys, options, batches, ends_after_s):
    for name, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 0}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(sys, "argv", ["distributed", *options])
    clock = Mock()
    monkeypatch.setattr(faulthandler, "dump_traceback_later", clock)
    main()
    clock.assert_called_once_with(ends_after_s, exit=True)
    assert not dist.is_initialized()
    (line,) = capsys.readouterr().out.splitlines()
    (r,) = json.loads(line)
    assert r["processes"] == 1
    agrees_with_itself(r, batches)


@pytest.mark.parametrize("number", [0, 1])
def test_only_the_global_weights_and_equal_parts_by_samples_give_the_single_process_gradient(results, number):
    r, processes = results[number], (2, 4)[number]
    assert (r["processes"], len(r["global weights"])) == (processes, 20)
    for name in ("global weights", "accumulated", "local samples"):
        assert max(r[name]) < 1e-13
    assert r["accumulated / R"] == pytest.approx([1 - 1 / processes] * 20, rel=1e-12)
    assert r["local weights"] == pytest.approx(errors_of_averaged_means(processes, 20), rel=1e-9)
    assert sum(off > 0.01 for off in r["local weights"]) > 10
    assert max(r["local weights"]) > 0.1
    assert math.isnan(r["zero weight"]["local weights"])  # a rank whose samples weigh nothing
    assert r["zero weight"]["global weights"] < 1e-13


def test_two_torchruns_stand_for_two_hosts(tmp_path):
    """Which meet as in ``launch``: over a file, as a port that is free now may be taken when it is used."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1", "--rdzv-backend=c10d"]
    command += ["--rdzv-id=weights", "--rdzv-conf=store_type=file", f"--rdzv-endpoint={tmp_path / 'store'}"]
    command += ["--local-addr=127.0.0.1", "-m", "helpers.distributed", "--batches", "5", f"--limit-s={LIMIT_S}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    if sys.platform in launcher.LOOPBACK:
        environment["GLOO_SOCKET_IFNAME"] = launcher.LOOPBACK[sys.platform]
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


@pytest.fixture(scope="module")
def of_two():
    """What two ranks say that start as on Windows and macOS; the processes of ``results`` start as here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launcher, "START", "spawn")
        return launch(2, ON_RANKS, "both", limit_s=LIMIT_S)


def test_a_bad_label_on_one_rank_is_refused_by_all_and_the_next_batch_works(of_two):
    label, dtype, good = of_two[0]
    for (other, own), kind in (
        (label, "ValueError: targets of sample 1 is 3"),
        (dtype, "TypeError: targets is"),
    ):
        assert other.startswith("ValueError: 1 of the other processes refused targets or weight")
        assert own.startswith(kind)
    assert good == pytest.approx([math.log(3)] * 2)


def test_accumulation_on_two_ranks_has_the_gradient_of_one_process(of_two):
    assert max(of_two[1]) < 1e-13


def test_a_process_that_nobody_ends_ends_itself():
    """Its launcher may have been killed, and so asks for nothing any more."""
    lone = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    command = [sys.executable, "-m", ON_RANKS, "deaf", "--limit-s=1"]
    ended = subprocess.run(
        command, env=os.environ | lone, cwd=ROOT, stderr=subprocess.PIPE, timeout=LIMIT_S, text=True, check=False
    )
    assert ended.returncode != 0
    assert "on_ranks.py" in ended.stderr  # where it was when its time was over


@pytest.mark.usefixtures("lone_process")
@pytest.mark.parametrize("labels", [[0, 1, 2, 2, 1, 0, 0], [0, -100, 2, -100]])
def test_one_process_has_pytorchs_mean(labels):
    z = torch.randn(len(labels), 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y, w = torch.tensor(labels), torch.tensor([0.3, 4.0, 30.0], dtype=torch.float64)
    assert float(global_weighted_mean(z, y, w)) == pytest.approx(float(F.cross_entropy(z, y, w)), rel=1e-14)


@pytest.mark.usefixtures("lone_process")
def test_a_small_total_weight_is_no_error():
    z, y, w = torch.zeros(1, 2), torch.tensor([0]), torch.tensor([1e-30, 1.0])
    assert float(global_weighted_mean(z, y, w)) == pytest.approx(math.log(2))


@pytest.mark.usefixtures("lone_process")
@pytest.mark.parametrize("processes", [1, 4])
def test_a_total_is_refused_where_the_gradient_would_be_nan(monkeypatch, processes):
    """As the sum of the weights of one batch is, but for the number of processes, by which the share is multiplied."""
    monkeypatch.setattr(dist, "get_world_size", lambda _: processes)
    z, y = torch.zeros(1, 2, requires_grad=True), torch.tensor([0])
    edge = processes / torch.finfo(torch.float32).max
    w = torch.full((2,), 1.1 * edge)
    weighted_share(z, y, w, float(w[0])).backward()
    assert z.grad.tolist()[0] == pytest.approx([-processes / 2, processes / 2], rel=1e-5)
    below = torch.full((2,), 0.9 * edge)
    with pytest.raises(ValueError, match=rf"^total is .*: {processes} over it, .* overflows torch.float32"):
        weighted_share(z, y, below, float(below[0]))
    weighted_share(z, y, below.double(), float(below[0])).backward()  # and the loss is computed in float64


@pytest.mark.usefixtures("lone_process")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("weight", [1e-6, 300.0])
def test_sixteen_bits_lose_neither_a_small_total_nor_a_large_sum(dtype, weight):
    """Where PyTorch's mean of the same batch gives a gradient of NaN, and where a sum in float16 is infinite."""
    y = torch.arange(512) % 3
    z = torch.zeros(512, 3, dtype=dtype, requires_grad=True)
    w = torch.tensor([1.0, 2.0, 3.0]).mul(weight).to(dtype)
    share = weighted_share(z, y[:1].expand(512) if weight < 1 else y, w, total_weight(y[:1] if weight < 1 else y, w))
    share.backward()
    assert share.isfinite()
    assert z.grad.isfinite().all()


@pytest.mark.usefixtures("lone_process")
def test_zero_weight_on_all_ranks_is_an_error():
    z, y, w = torch.zeros(2, 3), torch.tensor([0, 0]), torch.tensor([0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="total weight of the batch is zero over all processes"):
        global_weighted_mean(z, y, w)


@pytest.mark.usefixtures("lone_process")
def test_shares_of_micro_batches_add_up_to_pytorchs_mean():
    z = torch.randn(9, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y, w = torch.tensor([0, 1, 2, 2, 1, -100, -100, 0, 0]), torch.tensor([0.3, 4.0, 30.0], dtype=torch.float64)
    total = total_weight(y, w)
    assert float(total) == pytest.approx(0.9 + 8 + 60, rel=1e-15)
    cuts = [2, 5, 7]  # the third micro-batch holds ignored samples alone
    micro = zip(z.tensor_split(cuts), y.tensor_split(cuts), strict=True)
    assert float(sum(weighted_share(*part, w, total) for part in micro)) == pytest.approx(
        float(F.cross_entropy(z, y, w)), rel=1e-14
    )


@pytest.mark.usefixtures("lone_process")
def test_a_total_beyond_the_format_of_the_logits_is_no_error():
    z, y, w = torch.zeros(3, 2, dtype=torch.float16), torch.tensor([0, 0, 0]), torch.tensor([3e4, 1.0]).half()
    assert float(total_weight(y, w)) == 3 * 3e4  # float16 ends at 65,504
    share = weighted_share(z[:1], y[:1], w, total_weight(y, w))
    assert share.dtype == torch.float16
    assert float(share) == pytest.approx(math.log(2) / 3, rel=1e-3)


@pytest.mark.usefixtures("lone_process")
@pytest.mark.parametrize("total", [0.0, -1.0, math.inf, math.nan, None, torch.ones(2)])
def test_a_total_that_is_none_is_named(total):
    with pytest.raises((TypeError, ValueError), match=r"^total is .*; expected (the finite weight|a real number)"):
        weighted_share(torch.zeros(2, 3), torch.tensor([0, 2]), torch.ones(3), total)


@pytest.mark.usefixtures("lone_process")
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("targets", torch.tensor([0, label])) for label in (-1, 3)),
        *(("targets", value) for value in (torch.tensor(1), torch.eye(3)[:2], torch.ones(2), Y.int(), [0, 1], None)),
        *(
            ("weight", value)
            for value in (torch.tensor(1.0), torch.ones(3).long(), torch.ones(0), -torch.ones(3), [1.0])
        ),
        ("weight", torch.ones(3, requires_grad=True)),
        ("group", dist.GroupMember.NON_GROUP_MEMBER),
    ],
)
def test_what_would_spoil_the_total_or_fail_inside_is_named(argument, value):
    good = {"targets": Y, "weight": torch.ones(3), "group": None}
    for call in (total_weight, partial(weighted_share, Z, total=1.0), partial(global_weighted_mean, Z)):
        with pytest.raises((TypeError, ValueError), match=f"^{argument}"):
            call(**{**good, argument: value})


@pytest.mark.usefixtures("lone_process")
def test_logits_fit_the_targets_and_labels_reach_from_the_first_class_to_the_last():
    for label in (-100, 0, 2):
        assert float(weighted_share(Z, torch.tensor([label, 1]), torch.ones(3), 1.0)) > 0
    with pytest.raises(TypeError, match=r"logits is of torch\.int64"):
        weighted_share(Z.long(), Y, torch.ones(3), 1.0)
    for logits in (Z[:1], Z[:, :2]):
        with pytest.raises(ValueError, match="has shape"):
            weighted_share(logits, Y, torch.ones(3), 1.0)
