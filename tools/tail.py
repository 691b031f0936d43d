"""Who gets along with a long tail: what notebook 14 shows and has no time to train.

    python -m tools.tail [--lanes 2] [--parts zipf table]

Five parts. "zipf": the linear problem of Kunstner et al., with and without its tail. "table": Austen's pairs as a
table of counts, one row of logits for each previous word, whose minimum is known. "batches": the same, a few pairs at a
time; "longer": for ten times as many steps. "network": the network of notebook 07 on its 7,000 words. Every
rule and weighting is tried at each rate of its grid. Writes data/tail.json: versions, and for each run its plain loss
in all and by thirds of the samples (frequent, middle, rare classes) at some steps; "table" and "batches" less its least
value. Before it is measured, weights are taken out again (log w off the logits), except in "zipf", where the least loss
is zero under any weights. "prior" has no weights and starts at the frequencies of the classes, which is what taking
weights out gives for nothing.
"""

import argparse
import json
import math
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
from tools.options import ROOT, at_least_one, check_known
from tools.stored import kept, versions

STORED = ROOT / "data" / "tail.json"


def grid(low: float, high: float, a_decade: int) -> list[float]:
    """Rates from ``low`` to ``high``, ``a_decade`` of them to each decade, to two digits."""
    number = round(math.log10(high / low) * a_decade)
    return [float(f"{low * 10 ** (i / a_decade):.2g}") for i in range(number + 1)]


RATES: dict[str, dict[str, list[float]]] = {
    "zipf": {"momentum": grid(0.046, 4.6, 12), "sign": grid(0.001, 0.018, 8), "Adam": grid(0.0056, 0.56, 8)},
    "table": {"momentum": grid(100, 10_000, 6), "sign": grid(0.032, 0.32, 4), "Adam": grid(0.32, 3.2, 4)},
    "batches": {"momentum": grid(5.6, 180, 4), "sign": grid(0.018, 0.18, 4), "Adam": grid(0.032, 0.32, 4)},
    "network": {"momentum": [0.3, 1, 3], "sign": [0.003, 0.01, 0.03], "Adam": [0.01, 0.03, 0.1]},
    "longer": {"momentum": grid(1.8, 10, 4), "sign": grid(0.0032, 0.01, 4), "Adam": grid(0.01, 0.032, 4)},
}
CHECKED = (3, 10, 30, 64, 100, 1000)
# Exponents of N / n_c for the class and of one over its share for the input, and whether to start at the frequencies.
WEIGHTINGS: dict[str, tuple[float, float, bool]] = {
    "no weights": (0, 0, False),
    "prior": (0, 0, True),
    "square root": (0.5, 0, False),
    "N/n_c": (1, 0, False),
    "input": (0, 1, False),
    "input + root": (0.5, 1, False),
}
austen, counts_of = cache(austen_pairs), cache(pair_counts)


def by_third(loss: Tensor, counts: Tensor) -> list[float]:
    """The mean loss of all samples, then of each third; ``loss`` is summed over each class's samples, (K,)."""
    band = thirds(counts)
    parts = [float(loss.sum() / counts.sum())]
    return parts + [float(loss[band == k].sum() / counts[band == k].sum()) for k in range(3)]


def zipf(
    rule: Rule, lr: float, *, size: int, tail: bool, tau: float, steps: int, seed: int, centred: bool = False
) -> dict[int, list[float]]:
    """The plain loss of the linear problem at the steps of CHECKED, full batch."""
    x, y = zipf_samples(size, seed=seed, tail=tail)
    x = x - 0.5 if centred else x
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
    rule: Rule, lr: float, *, words: int, weighting: str, batch: int | None, steps: int, seed: int
) -> dict[int, list[float]]:
    """The plain loss above its minimum, on Austen's counts (seed 0) or such drawn anew, at CHECKED."""
    tau, kappa, prior = WEIGHTINGS[weighting]
    generator = torch.Generator().manual_seed(seed)
    counts = counts_of(words)
    if seed:
        counts = torch.poisson(counts, generator=generator)
    shares = (counts / counts.sum()).clamp(min=1e-9)  # so that no word is without a pair
    shares, n = shares / shares.sum(), shares.sum(dim=0)
    w = n**-tau
    seen = shares * w * shares.sum(dim=1, keepdim=True) ** -kappa
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
    start = n.log().expand_as(seen) if prior else torch.zeros_like(seen)
    for t, theta in enumerate(descend(gradient, start, rule, lr, steps), 1):
        if t in CHECKED:
            plain = -(shares * torch.log_softmax(theta - w.log(), dim=1)).sum(dim=0)
            found[t] = by_third(plain - least, n)
    return found


def network(rule: Rule, lr: float, *, weighting: str, batch: int, steps: int, seed: int) -> dict[int, list[float]]:
    """The plain loss of notebook 07's network on 4,096 pairs, at the steps of CHECKED."""
    tau, _, prior = WEIGHTINGS[weighting]
    words = austen()
    x, y, k = words.train_inputs, words.train_targets, 7000
    n = torch.bincount(y, minlength=k)
    w = normalize(power(n, tau), n, to="sample mean")
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    graded, batches = order[:4096], iter(order[4096 : 4096 + steps * batch].split(batch))
    band = thirds(n)[y[graded]]
    start = parameters_to_vector(next_word_model(k, seed=seed).parameters()).detach()
    if prior:
        start[-k:] += (n / n.sum()).log()

    def logits(theta: Tensor, inputs: Tensor) -> Tensor:
        embedding, matrix, bias = theta.split([32 * k, 32 * k, k])
        return embedding.view(k, 32)[inputs] @ matrix.view(k, 32).T + bias

    def gradient(theta: Tensor) -> Tensor:
        at, drawn = theta.clone().requires_grad_(), next(batches)
        loss = weighted_cross_entropy(logits(at, x[drawn]), y[drawn], w, divide_by="samples")
        return torch.autograd.grad(loss, at)[0]

    found = {}
    for t, theta in enumerate(descend(gradient, start, rule, lr, steps), 1):
        if t in CHECKED:
            log_p = torch.log_softmax(logits(theta, x[graded]) - w.log(), dim=1)
            ce = -log_p.gather(1, y[graded][:, None])[:, 0]
            found[t] = [float(ce.mean())] + [float(ce[band == b].mean()) for b in range(3)]
    return found


def jobs() -> list[dict[str, Any]]:
    """Every run: its part, its settings, its rule and rate."""
    kinds: list[tuple[str, dict[str, Any], int, tuple[str, ...]]] = []
    three = ("momentum", "sign", "Adam")
    for tail, tau in ((True, 0.0), (True, 0.5), (True, 1.0), (False, 0.0)):
        kinds.append(("zipf", {"size": 6, "tail": tail, "tau": tau, "steps": 100}, 3, three))
        if tau != 0.5:
            kinds.append(("zipf", {"size": 7, "tail": tail, "tau": tau, "steps": 100}, 1, three))
    for name in WEIGHTINGS:
        rules = three[:1] if name.startswith("input") else three
        for words, seeds in ((100, 1), (300, 3), (700, 1)):
            chosen = {"words": words, "weighting": name, "batch": None, "steps": 100}
            kinds.append(("table", chosen, seeds, rules if words == 300 or name == "no weights" else three[:1]))
        if name.startswith("input"):
            continue
        chosen = {"words": 300, "weighting": name, "steps": 100}
        kinds += [("batches", chosen | {"batch": batch}, 2, three) for batch in (2048, 128)]
        kinds.append(("network", {"weighting": name, "batch": 128, "steps": 64}, 1, three))
        if name in ("no weights", "prior"):
            kinds.append(("longer", chosen | {"batch": 128, "steps": 1000}, 1, three))
    every = [
        {"part": part, "settings": settings | {"seed": seed}, "rule": rule, "lr": lr}
        for part, settings, seeds, rules in kinds
        for seed in range(seeds)
        for rule in rules
        for lr in RATES[part][rule]
    ]
    return sorted(every, key=lambda job: list(RATES).index(job["part"]))


def run(job: dict[str, Any]) -> dict[str, Any]:
    torch.set_num_threads(1)
    work = {"zipf": zipf, "table": table, "batches": table, "longer": table, "network": network}[job["part"]]
    found = work(job["rule"], job["lr"], **job["settings"])
    return job | {"loss": {str(t): [rounded(value) for value in values] for t, values in found.items()}}


def rounded(value: float) -> float | None:
    """To three digits; None for what is no number, which JSON cannot hold."""
    return float(f"{value:.3g}") if math.isfinite(value) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=at_least_one, default=2, help="runs at a time")
    parser.add_argument("--parts", nargs="*", default=list(RATES), help="the others stay as they are stored")
    options = parser.parse_args()
    check_known(parser, options.parts, RATES)
    known = kept(parser, STORED, "runs", versions(), partly=not RATES.keys() <= set(options.parts))
    done = [row for row in known if row["part"] not in options.parts]
    chosen, started = [job for job in jobs() if job["part"] in options.parts], time.monotonic()
    with ProcessPoolExecutor(options.lanes) as pool:
        for number, row in enumerate(pool.map(run, chosen), 1):
            done.append(row)
            if number % 20 == 0 or number == len(chosen):
                print(f"[{time.monotonic() - started:.0f} s] {number} of {len(chosen)} runs", flush=True)
    store(sorted(done, key=lambda row: list(RATES).index(row["part"])))


def store(rows: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    STORED.write_text(f'{{"versions": {json.dumps(versions())}, "runs": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
