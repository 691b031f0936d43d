"""Train what notebook 06 has no time for, and store what it shows of it.

    python -m tools.budgets [--splits 5]

For three data sets and two budgets, the networks of ``methods`` on the splits of seeds 0, 1, ...: the operating curve
of each, as the best precision at 100 recalls, the point at which the network itself decides, the area and the log loss.
Writes data/budgets.json, the mean of everything over the splits and the areas of each split.
"""

import argparse
import json
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import WeightedRandomSampler

from helpers.ensembles import Loss, fit_many
from helpers.operating import operating_curve, precision_at
from tools.options import ROOT, at_least_one
from tools.verdicts.notebook_06 import LOADERS, RARE, measures, weighted

STORED = ROOT / "data" / "budgets.json"
RECALLS = torch.arange(1, 101, dtype=torch.float64) / 100  # finer than the steps of 62 rare samples
BUDGETS = (6, 40)


def focal(z: Tensor, y: Tensor, _: float) -> Tensor:
    ce = F.cross_entropy(z, y, reduction="none")
    return ((1 - (-ce).exp()) ** 2 * ce).mean()


def methods(counts: Tensor, every: bool) -> dict[str, Loss]:
    """Losses by name: the exponents, and with ``every`` also the rivals."""
    w, log_share = counts.sum() / counts, (counts / counts.sum()).log()
    found = {f"τ = {tau:g}": weighted(w**tau) for tau in ((0, 0.25, 0.5, 0.75, 1) if every else (0, 0.5, 1))}
    if not every:
        return found
    return found | {
        "adjusted, τ = 0.5": lambda z, y, _: F.cross_entropy(z + log_share / 2, y),
        "adjusted, τ = 1": lambda z, y, _: F.cross_entropy(z + log_share, y),
        "focal loss": focal,
        "late weights": lambda z, y, done: F.cross_entropy(z, y, weight=w if done >= 0.8 else None),
    }


def logits(data: str, epochs: int, seed: int) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Test logits (N, K) by method, the test targets (N,) and which classes are rare (K,)."""
    split = LOADERS[data](seed=seed)
    x, y = split.train_inputs, split.train_targets
    counts = torch.bincount(y).float()
    w = counts.sum() / counts
    losses = methods(counts, every=data == "shuttle")
    budget = {"epochs": epochs, "lr": 0.05, "batch_size": 1024, "seed": seed}
    z = dict(zip(losses, fit_many(x, y, list(losses.values()), **budget).logits(split.test_inputs), strict=True))
    sampler = WeightedRandomSampler(w.double()[y], len(y), generator=torch.Generator().manual_seed(seed))
    z["resampling"] = fit_many(x, y, [weighted(None)], sampler=sampler, **budget).logits(split.test_inputs)[0]
    z |= {f"moved, τ = {tau:g}": z["τ = 0"] + tau * w.log() for tau in (0.5, 1)}
    z["minus log w"] = z["τ = 1"] - w.log()
    return z, split.test_targets, counts < RARE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=at_least_one, default=5)
    splits = parser.parse_args().splits
    torch.set_num_threads(1)
    stored: list[dict[str, Any]] = []
    for data, epochs in ((data, epochs) for data in LOADERS for epochs in BUDGETS):
        runs = [logits(data, epochs, seed) for seed in range(splits)]
        for name in runs[0][0]:
            found = [measures(z[name], y, rare) for z, y, rare in runs]
            curves = [precision_at(RECALLS, *operating_curve(z[name], y, rare)) for z, y, rare in runs]
            means = {key: sum(one[key] for one in found) / splits for key in found[0]}
            curve = torch.stack(curves).mean(dim=0).tolist()
            row = {"data": data, "epochs": epochs, "method": name} | {k: round(v, 4) for k, v in means.items()}
            areas = [round(one["area"], 4) for one in found]
            stored.append(row | {"areas": areas, "precision at recall": [round(v, 4) for v in curve]})
            print(data, epochs, f"{name:<20}", *(f"{k} {v:.3f}" for k, v in means.items()), flush=True)
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in stored)
    STORED.write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
