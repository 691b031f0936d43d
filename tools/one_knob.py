"""Run notebook 07's network at many rates, for the moving figure of its one knob.

    python -m tools.one_knob

Under SGD with a loss divided by the samples only the product of the learning rate and the mean sample weight counts
(notebook 03), so one run stands for every scale of one kind of ratio. Each product is tried on draws of the network and
of the batches, of which the first is the notebook's. Writes helpers/moving/one_knob.json.
"""

import argparse
import json
from functools import partial

import torch

from book.course import ROOT
from helpers.datasets import austen_pairs
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.training import fit
from helpers.weights import inverse_frequency, normalize, power

CLASSES, STEPS, BATCH, SEEDS = 7000, 64, 128, (0, 1, 2)
PRODUCTS = [10 ** (tenths / 2) for tenths in range(-8, 7)]
TARGET = ROOT / "helpers" / "moving" / "one_knob.json"


def fall(w: torch.Tensor, lr: float, seed: int) -> float | None:
    """Of the run's own loss, as a part of its start; None where some batch's loss is not finite."""
    words = austen_pairs()
    order = torch.randperm(len(words.train_targets), generator=torch.Generator().manual_seed(seed))[: STEPS * BATCH]
    x, y = words.train_inputs[order], words.train_targets[order]
    model = next_word_model(CLASSES, seed=seed)

    def own_loss() -> float:
        with torch.no_grad():
            return float(weighted_cross_entropy(model(x[:2048]), y[:2048], w))

    before, loss = own_loss(), partial(weighted_cross_entropy, weight=w, divide_by="samples")
    sgd = torch.optim.SGD(model.parameters(), lr=lr)
    history = fit(model, x, y, sgd, steps=STEPS, batch_size=BATCH, loss=loss)
    return 1 - own_loss() / before if history.loss.isfinite().all() else None


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    torch.set_num_threads(1)
    n = torch.bincount(austen_pairs().train_targets, minlength=CLASSES)
    ratios = {
        "no weights": torch.ones(CLASSES),
        "square root": normalize(power(n, 0.5), n, to="sample mean"),
        "N/n_c": normalize(inverse_frequency(n), n, to="sample mean"),
    }
    falls: dict[str, list[list[float | None]]] = {}
    for name, w in ratios.items():
        falls[name] = []
        for lr in PRODUCTS:
            runs = [fall(w, lr, seed) for seed in SEEDS]
            # How far a diverged run has risen is chance: at most its start is kept.
            falls[name].append([None if run is None else max(round(run, 4), -1.0) for run in runs])
            print(f"{name:<12} {lr:8.2g}  {falls[name][-1]}", flush=True)
    found = {"steps": STEPS, "batch": BATCH, "products": PRODUCTS, "falls": falls}
    TARGET.write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
