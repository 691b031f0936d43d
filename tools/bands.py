"""Recall by band of notebook 07 at a short and a long budget, stored: the long one takes too long for a notebook.

    python -m tools.bands [--lanes 2]

First the learning rate of Adam: for each budget the one of ``RATES`` with the smallest held-out loss *without* weights,
on a seed that is not graded. Then each method trains with that rate and ``SEEDS``. Writes data/bands.json: versions,
settings, the losses of the search, and for each run its recall at ten in percent.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from helpers.datasets import Split, austen_pairs
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.training import Loss, fit
from helpers.weights import inverse_frequency, normalize, power
from tools.options import ROOT, at_least_one
from tools.stored import versions

STORED = ROOT / "data" / "bands.json"
K, BATCH = 7000, 128
BUDGETS = (128, 1280)
RATES = (0.003, 0.01, 0.03, 0.1)
SEARCH, SEEDS = 0, (1, 2, 3)
KINDS = [("no weights", 0.0)] + [(m, tau) for tau in (0.5, 1.0) for m in ("weights", "adjusted loss", "resampling")]

words: Split = austen_pairs()


def counts() -> Tensor:
    return torch.bincount(words.train_targets, minlength=K)


def trained(method: str, tau: float, seed: int, steps: int, lr: float) -> nn.Module:
    """The network after ``steps`` steps of Adam; ``tau`` is the exponent of N / n_c, whatever it is applied to."""
    n, inputs, targets = counts(), words.train_inputs, words.train_targets
    w = normalize(power(n, tau), n, to="sample mean")
    loss: Loss = weighted_cross_entropy
    if method == "weights":
        loss = partial(weighted_cross_entropy, weight=w, divide_by="samples")
    elif method == "adjusted loss":  # of z + tau log(n_c / N)
        loss = partial(_adjusted, shift=-w.log())
    elif method == "resampling":
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.multinomial(w[targets].double(), steps * BATCH, replacement=True, generator=generator)
        inputs, targets = inputs[drawn], targets[drawn]
    model = next_word_model(K, seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    fit(model, inputs, targets, optimizer, steps=steps, batch_size=BATCH, loss=loss, seed=seed)
    return model


def _adjusted(logits: Tensor, targets: Tensor, shift: Tensor) -> Tensor:
    return weighted_cross_entropy(logits + shift, targets)


def logits_after_each_word(model: nn.Module) -> Tensor:
    with torch.no_grad():
        return torch.cat([model(part) for part in torch.arange(K).split(1000)])


def bands() -> dict[str, Tensor]:
    """Words with more than 1,000 training pairs, the others, and those with N / n_c above 25,000."""
    n = counts()
    tail = inverse_frequency(n) > 25_000
    return {"head": n > 1000, "middle": (n <= 1000) & ~tail, "tail": tail}


def recalls(logits: Tensor) -> list[float]:
    """Percent of held-out pairs among the ten best guesses: of all pairs, then each band's mean over words."""
    held_out = torch.bincount(words.test_targets, minlength=K)
    lists = torch.cat([part.topk(10).indices for part in logits.split(1000)])
    hit = (lists[words.test_inputs] == words.test_targets[:, None]).any(dim=1).double()
    per_word = torch.bincount(words.test_targets, hit, minlength=K) / held_out
    groups = [hit] + [per_word[band & (held_out > 0)] for band in bands().values()]
    return [round(100 * float(values.mean()), 3) for values in groups]


def held_out_loss(job: tuple[int, float]) -> float:
    steps, lr = job
    torch.set_num_threads(1)
    log_p = torch.log_softmax(logits_after_each_word(trained("no weights", 0, SEARCH, steps, lr)), dim=1)
    return round(-float(log_p[words.test_inputs, words.test_targets].mean()), 4)


def graded(job: tuple[str, float, int, int, float]) -> list[dict[str, Any]]:
    method, tau, seed, steps, _ = job
    torch.set_num_threads(1)
    logits = logits_after_each_word(trained(*job))
    row = {"steps": steps, "seed": seed}
    rows = [row | {"method": method, "tau": tau, "recall": recalls(logits)}]
    if method == "no weights":
        log_w = inverse_frequency(counts()).log()
        rows += [row | {"method": "log w added", "tau": t, "recall": recalls(logits + t * log_w)} for t in (0.5, 1.0)]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=at_least_one, default=2, help="runs at a time")
    with ProcessPoolExecutor(parser.parse_args().lanes) as pool:
        searched = [(steps, lr) for steps in BUDGETS for lr in RATES]
        losses = dict(zip(searched, pool.map(held_out_loss, searched), strict=True))
        best = {steps: min(RATES, key=lambda lr: losses[steps, lr]) for steps in BUDGETS}
        print("held-out loss without weights:", losses, "best:", best, flush=True)
        stored: dict[str, Any] = {
            "versions": versions(),
            "settings": {"optimizer": "Adam", "batch": BATCH, "lr": {str(steps): lr for steps, lr in best.items()}},
            "search": [{"steps": steps, "lr": lr, "held-out loss": loss} for (steps, lr), loss in losses.items()],
            "runs": [],
        }
        jobs = [(*kind, seed, steps, best[steps]) for seed in SEEDS for steps in BUDGETS for kind in KINDS]
        for number, (job, found) in enumerate(zip(jobs, pool.map(graded, jobs), strict=True), 1):
            stored["runs"] += found
            print(*job, found[0]["recall"], flush=True)
            if number % (len(KINDS) * len(BUDGETS)) == 0:  # a seed is complete
                STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
