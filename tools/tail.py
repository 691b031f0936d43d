"""Who gets along with a long tail: what notebook 14 shows and has no time to train.

    python -m tools.tail [--lanes 2]

Four parts. "zipf": the linear problem of Kunstner et al., with and without its tail. "table": Austen's pairs as a
table of counts, one row of logits for each previous word, whose minimum is known. "batches": the same, a few pairs at a
time. "network": the network of notebook 07 on its 7 000 words. Every rule and weighting is
tried at each rate of its grid. Writes data/tail.json: versions, and for each run its loss in all and by thirds of the
samples (frequent, middle, rare words) at some steps. Weights are taken out again before the plain loss is measured
(log w off the logits), except in "zipf", where the least loss is zero with any weights.
"""

import argparse
import json
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from helpers.datasets import austen_pairs
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.tail import Rule, descend, pair_counts, table_gradient, thirds, zipf_samples
from helpers.weights import normalize, power
from tools.run import ROOT

STORED = ROOT / "data" / "tail.json"
RATES: dict[str, dict[str, list[float]]] = {
    "zipf": {
        "momentum": [0.01, 0.03, 0.1, 0.3, 1, 3],
        "sign": [0.0003, 0.001, 0.003, 0.01, 0.03],
        "Adam": [0.001, 0.003, 0.01, 0.03, 0.1],
    },
    "table": {
        "momentum": [30, 100, 300, 1000, 3000, 10000],
        "sign": [0.01, 0.03, 0.1, 0.3],
        "Adam": [0.1, 0.3, 1, 3],
    },
    "batches": {
        "momentum": [3, 10, 30, 100, 300],
        "sign": [0.003, 0.01, 0.03, 0.1],
        "Adam": [0.01, 0.03, 0.1, 0.3, 1],
    },
    "network": {"momentum": [0.3, 1, 3, 10], "sign": [0.001, 0.003, 0.01, 0.03], "Adam": [0.01, 0.03, 0.1]},
}
CHECKED = (3, 10, 30, 100, 300)
WEIGHTINGS = {"no weights": (0.0, 0.0), "square root": (0.5, 0.0), "N/n_c": (1.0, 0.0)}
austen, counts_of = cache(austen_pairs), cache(pair_counts)
BOTH_SIDES = WEIGHTINGS | {"input": (0.0, 1.0), "input + root": (0.5, 1.0), "input + N/n_c": (1.0, 1.0)}


def by_third(loss: Tensor, counts: Tensor) -> list[float]:
    """The mean loss of all samples, then of each third; ``loss`` is summed over each class's samples, (K,)."""
    band = thirds(counts)
    parts = [float(loss.sum() / counts.sum())]
    return parts + [float(loss[band == k].sum() / counts[band == k].sum()) for k in range(3)]


def zipf(
    rule: Rule, lr: float, *, size: int, tail: bool, tau: float, steps: int, seed: int, centred: bool = False
) -> dict[int, list[float]]:
    """The plain loss of the linear problem at the steps of CHECKED, full batch."""
    x, y = zipf_samples(size, seed=seed, tail=tail, centred=centred)
    n, samples = torch.bincount(y).float(), torch.arange(len(y))
    w = normalize(power(n, tau), n, to="sample mean")

    def gradient(theta: Tensor) -> Tensor:
        error = torch.softmax(x @ theta.T, dim=1)
        error[samples, y] -= 1
        return (error * (w[y] / len(y))[:, None]).T @ x

    found = {}
    for t, theta in enumerate(descend(gradient, torch.zeros(len(n), x.shape[1]), rule, lr, steps), 1):
        if t in CHECKED:
            ce = -torch.log_softmax(x @ theta.T, dim=1)[samples, y]
            found[t] = by_third(torch.zeros_like(n).index_add_(0, y, ce), n)
    return found


def table(
    rule: Rule, lr: float, *, words: int, weights: tuple[float, float], batch: int | None, steps: int, seed: int
) -> dict[int, list[float]]:
    """The plain loss above its minimum, on counts drawn anew from Austen's (seed 0: her own), at the steps of CHECKED.

    ``weights`` are two exponents: of N / n_c for the class, and of one over its share for the input.
    """
    generator = torch.Generator().manual_seed(seed)
    counts = counts_of(words)
    if seed:
        counts = torch.poisson(counts, generator=generator)
    shares = (counts / counts.sum()).clamp(min=1e-9)  # so that no word is without a pair
    shares, n = shares / shares.sum(), shares.sum(dim=0)
    w = n ** -weights[0]
    seen = shares * w * shares.sum(dim=1, keepdim=True) ** -weights[1]
    seen = seen / seen.sum()
    least = -(shares * (shares / shares.sum(dim=1, keepdim=True)).log()).sum(dim=0)
    ends = seen.flatten().double().cumsum(0)

    def gradient(theta: Tensor) -> Tensor:
        if batch is None:
            return table_gradient(theta, seen)
        drawn = torch.rand(batch, dtype=torch.float64, generator=generator) * ends[-1]
        pairs = torch.searchsorted(ends, drawn).clamp(max=len(ends) - 1)
        return table_gradient(theta, torch.bincount(pairs, minlength=len(ends)).view_as(seen) / batch)

    found = {}
    for t, theta in enumerate(descend(gradient, torch.zeros_like(seen), rule, lr, steps), 1):
        if t in CHECKED:
            plain = -(shares * torch.log_softmax(theta - w.log(), dim=1)).sum(dim=0)
            found[t] = by_third(plain - least, n)
    return found


def network(rule: Rule, lr: float, *, tau: float, batch: int, steps: int, seed: int) -> dict[int, list[float]]:
    """The plain loss of notebook 07's network on 4 096 pairs, at the steps of CHECKED and at the last one."""
    words = austen()
    x, y, k = words.train_inputs, words.train_targets, 7000
    n = torch.bincount(y, minlength=k)
    w = normalize(power(n, tau), n, to="sample mean")
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    graded, batches = order[:4096], iter(order[4096 : 4096 + steps * batch].split(batch))
    band = thirds(n)[y[graded]]
    start = parameters_to_vector(next_word_model(k, seed=seed).parameters()).detach()

    def logits(theta: Tensor, inputs: Tensor) -> Tensor:
        embedding, matrix, bias = theta.split([32 * k, 32 * k, k])
        return embedding.view(k, 32)[inputs] @ matrix.view(k, 32).T + bias

    def gradient(theta: Tensor) -> Tensor:
        at, drawn = theta.clone().requires_grad_(), next(batches)
        loss = weighted_cross_entropy(logits(at, x[drawn]), y[drawn], w, divide_by="samples")
        return torch.autograd.grad(loss, at)[0]

    found = {}
    for t, theta in enumerate(descend(gradient, start, rule, lr, steps), 1):
        if t in (*CHECKED, steps):
            log_p = torch.log_softmax(logits(theta, x[graded]) - w.log(), dim=1)
            ce = -log_p.gather(1, y[graded][:, None])[:, 0]
            found[t] = [float(ce.mean())] + [float(ce[band == b].mean()) for b in range(3)]
    return found


def jobs() -> list[dict[str, Any]]:
    """Every run: its part, its settings, its rule and rate."""
    kinds: list[tuple[str, str, dict[str, Any], range]] = []
    for name, (tau, _) in WEIGHTINGS.items():
        kinds.append(("zipf", name, {"size": 6, "tail": True, "tau": tau, "steps": 100}, range(3)))
    kinds.append(("zipf", "no weights", {"size": 6, "tail": False, "tau": 0.0, "steps": 100}, range(3)))
    for name, weights in BOTH_SIDES.items():
        kinds.append(("table", name, {"words": 300, "weights": weights, "batch": None, "steps": 300}, range(3)))
    for name, weights in WEIGHTINGS.items():
        for batch in (128, 2048):
            chosen = {"words": 300, "weights": weights, "batch": batch, "steps": 300}
            kinds.append(("batches", name, chosen, range(1, 3)))
    for name, (tau, _) in WEIGHTINGS.items():
        kinds.append(("network", name, {"tau": tau, "batch": 128, "steps": 128}, range(2)))
    for name, tau, tail in (("no weights", 0.0, True), ("N/n_c", 1.0, True), ("no weights", 0.0, False)):
        kinds.append(("zipf", name, {"size": 7, "tail": tail, "tau": tau, "steps": 100}, range(1)))
    for words in (100, 1000):
        chosen = {"words": words, "weights": (0.0, 0.0), "batch": None, "steps": 300}
        kinds.append(("table", "no weights", chosen, range(1)))
    kinds.append(("network", "no weights", {"tau": 0.0, "batch": 1024, "steps": 128}, range(1)))
    return [
        {"part": part, "weighting": name, "settings": settings | {"seed": seed}, "rule": rule, "lr": lr}
        for part, name, settings, seeds in kinds
        for seed in seeds
        for rule, rates in RATES[part].items()
        for lr in rates
    ]


def run(job: dict[str, Any]) -> dict[str, Any]:
    torch.set_num_threads(1)
    work = {"zipf": zipf, "table": table, "batches": table, "network": network}[job["part"]]
    found = work(job["rule"], job["lr"], **job["settings"])
    loss = {str(t): [float(f"{value:.3g}") for value in values] for t, values in found.items()}
    return job | {"loss": loss}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=2, help="runs at a time")
    options = parser.parse_args()
    every, started = jobs(), time.monotonic()
    done: list[dict[str, Any]] = []
    with ProcessPoolExecutor(options.lanes) as pool:
        for number, row in enumerate(pool.map(run, every), 1):
            done.append(row)
            if number % 20 == 0 or number == len(every):
                print(f"[{time.monotonic() - started:.0f} s] {number} of {len(every)} runs", flush=True)
                store(done)


def store(rows: list[dict[str, Any]]) -> None:
    versions = {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    STORED.write_text(f'{{"versions": {json.dumps(versions)}, "runs": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
