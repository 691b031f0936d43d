"""Measure the course's speed as ratios, both sides of each in this one run; two rows are plain seconds and GB.

    python -m tools.bench [--skip-notebooks]

Ends in a table: what, the ratio, the target, whether it is met. Exit status 1 if a target is missed.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import nbformat
import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from book.course import read
from helpers.datasets import two_gaussians
from helpers.diagnosis import diagnose
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.stability import logistic_descents
from helpers.training import fit
from helpers.weights import inverse_frequency
from tools.options import ROOT
from tools.run import PeakMemory, client_for

STEPS, RUNS, RUNS_BY_LOOP = 100, 10_000, 20
SIZES = (70, 700, 7_000, 70_000)  # numbers of classes
# torch's compiler, and 800 modules with it: imported where the first optimiser is made, a second without any work.
LATE = "torch._dynamo"


@dataclass
class Row:
    what: str
    value: float
    target: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The fastest of ``repeats`` runs, after one that warms up: what disturbs a run only ever makes it slower."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def run(path: Path, floor: bool = False) -> tuple[float, float, bool]:
    """Seconds and peak memory in MiB of a notebook in a fresh kernel, and whether it imported ``LATE``.

    Its floor is what no notebook can do without: the kernel starts, and runs the first code cell, which imports.
    """
    notebook = nbformat.read(path, as_version=4)
    if floor:
        first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        notebook.cells = notebook.cells[: first + 1]
    notebook.cells.append(nbformat.v4.new_code_cell(f"import sys\nprint({LATE!r} in sys.modules)"))
    memory = PeakMemory()
    memory.start()
    started = time.perf_counter()
    client_for(notebook, path.parent).execute()
    return time.perf_counter() - started, memory.stop(), notebook.cells[-1].outputs[0].text == "True\n"


def notebooks() -> list[Row]:
    total, floors, peaks = {}, {}, []
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        # In turn, so that a machine that slows down slows both.
        first, peak, late = run(path)
        first_floor, _, _ = run(path, floor=True)
        second, _, _ = run(path)
        second_floor, _, _ = run(path, floor=True)
        total[path], floors[path] = min(first, second), min(first_floor, second_floor)
        peaks.append(peak)
        also = ", imports the compiler" if late else ""
        print(
            f"{path.stem:<28} {total[path]:>6.1f} s, floor {floors[path]:>4.1f} s, {peak:>5.0f} MiB{also}", flush=True
        )
    part_one = [path for path in total if read(path).part == "I"]
    return [
        Row("run-all of part I / its floor", sum(total[p] for p in part_one) / sum(floors[p] for p in part_one), 1.8),
        Row("run-all of the series / its floor", sum(total.values()) / sum(floors.values()), 3.5),
        Row("peak memory of a kernel, GB", max(peaks) * 2**20 / 1e9, 1.2),
    ]


def descents() -> Row:
    toy = two_gaussians(0)
    start = torch.cat([toy.weight[0], toy.bias])
    scales, lrs = torch.meshgrid(torch.logspace(0, 4, 100), torch.logspace(-3, 0, 100), indexing="ij")

    def batched() -> None:
        logistic_descents(start, toy.inputs, toy.targets, lr=lrs.flatten(), scale=scales.flatten(), steps=STEPS)

    def by_loop() -> None:
        for k in torch.logspace(0, 4, RUNS_BY_LOOP).tolist():
            slope, bias = toy.weight.clone().requires_grad_(), toy.bias.clone().requires_grad_()
            optimizer = torch.optim.SGD([slope, bias], lr=0.1)
            for _ in range(STEPS):
                optimizer.zero_grad()
                logits = (toy.inputs @ slope + bias)[:, 0]
                (k * F.binary_cross_entropy_with_logits(logits, toy.targets)).backward()
                optimizer.step()

    loop = seconds(by_loop, 3) * RUNS / RUNS_BY_LOOP
    return Row("10,000 descents: loop of SGD / batched", loop / seconds(batched), 700, at_least=True)


def class_weights() -> Row:
    y = np.random.default_rng(0).integers(0, 7000, 10**7)
    labels = torch.from_numpy(y)

    def ours() -> torch.Tensor:
        # bincount reads its labels three times, for the least, the largest and the counts: a block stays in the cache.
        # It keeps to one core, and lets go of Python's lock: each core counts blocks of its own.
        return inverse_frequency(sum(cores.map(partial(torch.bincount, minlength=7000), labels.split(2**19))))

    theirs = seconds(lambda: compute_class_weight("balanced", classes=np.arange(7000), y=y), 3)
    with ThreadPoolExecutor(torch.get_num_threads()) as cores:
        return Row("weights of 10^7 labels: scikit-learn / ours", theirs / seconds(ours, 50), 100, at_least=True)


def loss(num_samples: int, pairs: int) -> Row:
    """Forward and backward, in turn; the fastest of each, as the pages that some steps ask for anew cost more than
    half of a step, and which steps do is a matter of what ran before. What a call costs more hardly grows with the
    samples, so that the ratio falls."""
    z = torch.randn(num_samples, 7000, requires_grad=True)
    y = torch.randint(7000, (num_samples,))
    w = torch.rand(7000) + 0.1

    def one(function: Callable[..., torch.Tensor]) -> float:
        z.grad = None
        started = time.perf_counter()
        function(z, y, w).backward()
        return time.perf_counter() - started

    times = [(one(weighted_cross_entropy), one(F.cross_entropy)) for _ in range(pairs)]
    ours, theirs = map(min, zip(*times, strict=True))
    return Row(f"loss, 7,000 classes, {num_samples:,} samples: ours / PyTorch", ours / theirs, 1.05)


def zipf(num_classes: int) -> list[int]:
    return [10**7 // (rank + 1) + 1 for rank in range(num_classes)]


def diagnosis() -> Row:
    counts = zipf(10**6)
    return Row("diagnose at 10^6 classes, s", seconds(lambda: diagnose(counts, batch_size=1024), 3), 1.0)


def a_step(num_classes: int) -> Callable[[], object]:
    x, model = torch.randint(num_classes, (256,)), next_word_model(num_classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return lambda: fit(model, x, x, optimizer, steps=2)


def a_loss(num_classes: int) -> Callable[[], object]:
    z, y, w = torch.randn(256, num_classes), torch.randint(num_classes, (256,)), torch.ones(num_classes)
    return lambda: weighted_cross_entropy(z, y, w)


def growth() -> list[Row]:
    """How seconds grow with the number of classes: the exponent over the whole range, of each."""
    each: dict[str, Callable[[int], Callable[[], object]]] = {
        "two training steps": a_step,
        "the loss": a_loss,
        "weights": lambda k: partial(inverse_frequency, torch.tensor(zipf(k))),
        "diagnose": lambda k: partial(diagnose, zipf(k), batch_size=256),
    }
    rows = []
    for what, work in each.items():
        times = [seconds(work(num_classes), 3) for num_classes in SIZES]
        print(f"{what:<20}", ", ".join(f"{k:,}: {1e3 * t:.2f} ms" for k, t in zip(SIZES, times, strict=True)))
        exponent = float(np.log10(times[-1] / times[0]) / np.log10(SIZES[-1] / SIZES[0]))
        rows.append(Row(f"growth with classes, exponent, {what}", exponent, 1.0))
    return rows


def operations() -> list[Row]:
    return [descents(), loss(512, 400), loss(4096, 40), diagnosis(), *growth()]


def awake(work: Callable[[], list[Row]]) -> list[Row]:
    """What ``work`` returns, in a process whose threads wait awake for their next share.

    To wake one takes as long as a short operation, and whether it sleeps hangs on what ran before. The kernels that
    run the notebooks shall not inherit this.
    """
    os.environ["OMP_WAIT_POLICY"] = "active"
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            return process.submit(work).result()
    finally:
        del os.environ["OMP_WAIT_POLICY"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skip-notebooks", action="store_true")
    skip = parser.parse_args().skip_notebooks
    # Counting has threads of its own, and torch's, waiting awake, would take a core from them.
    rows = [class_weights(), *awake(operations), *([] if skip else notebooks())]
    print(f"\n{'what':<52} {'measured':>9}  target")
    for row in rows:
        sign = ">=" if row.at_least else "<="
        print(f"{row.what:<52} {row.value:>9.2f}  {sign} {row.target:g}  {'met' if row.met else 'MISSED'}")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
