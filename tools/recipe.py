"""Try the recipe for class weights of notebook 10 on problems, exponents, batches and learning rates.

    python -m tools.recipe [PROBLEM ...] [--minutes 30]

Each problem is first trained without weights, for each batch and optimiser, at ``RATES`` half a decade apart; the one
that ends lowest is the best. Then with weights, from the best rate and from a tenth of it: at that rate, at the one
that ``advised_lr`` makes of it, and at all ``FACTORS`` of the best, where the one that ends lowest is the tuned one. A
run takes one pass over the samples, at least ``STEPS`` steps, so that every class is seen, and is judged by its own
weighted loss (weights of sample mean one) over all training samples. Writes data/recipe.json after each batch:
settings, versions, and a row for each cell. What the time limit cuts off keeps what was stored before, if the same
versions made it.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from tools.options import ROOT, above_zero, check_known
from tools.problems import PROBLEMS, problem
from tools.stored import kept, stored, versions

STORED = ROOT / "data" / "recipe.json"
SEEDS = (20_000, 20_001, 20_002)  # no notebook and no test uses them
EXPONENTS, BATCHES, STEPS = (0.0, 0.5, 0.75, 1.0), (32, 128, 1024), 60
RATES = {"SGD": [10 ** (k / 2) for k in range(-6, 5)], "Adam": [10 ** (k / 2) for k in range(-8, 1)]}
FACTORS = [10 ** (-k / 2) for k in range(-1, 6)]  # of the best rate without weights: 3.2 down to 0.0032
LOWER = (1.0, 0.1)  # the two rates that are taken to suit the loss without weights, as parts of the best


def weights_for(y: Tensor, num_classes: int, exponent: float) -> Tensor:
    """(N / n_c) ** exponent, the average sample weighing one; a class without a sample weighs one too."""
    n = torch.bincount(y[y >= 0], minlength=num_classes)  # -100, no label, is not counted
    w = torch.where(n > 0, n.sum() / n, 1.0) ** exponent
    return torch.where(n > 0, w * n.sum() / (n * w).sum(), 1.0)


def weighted_loss(logits: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """Summed, then divided by the samples that have a label."""
    return nn.functional.cross_entropy(logits, y, weight=w, reduction="sum") / (y >= 0).sum().clamp(min=1)


def constant_loss(y: Tensor, num_classes: int, w: Tensor) -> Tensor:
    """The least loss of a model that gives every sample the same answer, q_c proportional to n_c w_c.

    The loss is over all samples, divided by their number, with weights of sample mean one.
    """
    q = torch.bincount(y[y >= 0], minlength=num_classes) * w
    return torch.special.entr(q / q.sum()).sum()


# 1. B weighted samples are as noisy as B / mean(w^2) equal ones if no class has longer gradients (Kish), and the rate
#    that suits a batch goes as 1 / (1 + 500 / B), for Adam to the power 3/4 (McCandlish et al., arXiv 1812.06162;
#    between 100 and 500 the runs end alike).
# 2. SGD also needs a rate below 2 / curvature, and the largest eigenvalues of X'X and X'WX say, before any training,
#    by how much the weights raise the curvature.
# 3. The smaller of the two, often more careful than it need be: tune from a tenth of it up to the rate given.
def advised_lr(lr: float, w: Tensor, y: Tensor, batch_size: int, x: Tensor | None = None, adam: bool = False) -> float:
    """The learning rate for the weighted loss, from the one that suits the loss without weights."""
    each = w[y[y >= 0]] / w[y[y >= 0]].mean()
    noise = (batch_size + 500) / (batch_size + 500 * (each**2).mean())  # B samples are as noisy as B / mean of w^2
    if adam:
        return lr * float(noise) ** 0.75
    if x is None:
        return lr * float(noise)
    return lr * min(float(noise), 1 / steeper(x, y, w))


def steeper(x: Tensor, y: Tensor, w: Tensor) -> float:
    """By what factor the weights, at sample mean one, raise the bound of the curvature, with a column of ones."""
    kept = nn.functional.pad(x[y >= 0], (0, 1), value=1.0)
    each = w[y[y >= 0]] / w[y[y >= 0]].mean()
    without, with_weights = (torch.linalg.eigvalsh(kept.T @ (v * kept.T).T)[-1] for v in (torch.ones_like(each), each))
    return float(with_weights / without)


class Arm(NamedTuple):
    exponent: float
    divisor: str  # "samples", N, or "weights", the default of torch
    lr: float


def train(name: str, optimiser: str, batch_size: int, arms: Sequence[Arm], seeds: Sequence[int]) -> tuple[Tensor, ...]:
    """The weighted loss before and after, (seeds, arms) each: all arms of a seed see the same batches."""
    torch.set_num_threads(1)
    x, y, start = problem(name)
    size = min(batch_size, len(y))
    steps = max(STEPS, math.ceil(len(y) / size))
    w = torch.stack([weights_for(y, problem(name).num_classes, arm.exponent) for arm in arms])
    lr = torch.tensor([arm.lr for arm in arms])
    by_weights = torch.tensor([arm.divisor == "weights" for arm in arms])
    frame = start(0)
    params = {k: v.detach() for k, v in stack_module_state([start(s) for s in seeds])[0].items()}
    params = {k: v[:, None].repeat(1, len(arms), *[1] * (v.ndim - 1)).requires_grad_() for k, v in params.items()}
    logits = vmap(vmap(lambda p, x: functional_call(frame, p, (x,)), (0, None)))

    def each(x: Tensor, y: Tensor) -> Tensor:
        z = logits(params, x)
        picked = y[:, None, :, None].expand(-1, len(arms), -1, -1)
        return z.logsumexp(dim=-1) - z.gather(-1, picked)[..., 0]

    def own() -> Tensor:
        total = torch.zeros(len(seeds), len(arms))
        with torch.no_grad():
            for rows in torch.arange(len(y)).split(1000):
                many = (x[rows].expand(len(seeds), *x[rows].shape), y[rows].expand(len(seeds), -1))
                total += (each(*many) * w[:, y[rows]]).sum(dim=-1)
        return total / len(y)

    def order(seed: int) -> Tensor:
        draw = torch.Generator().manual_seed(seed)
        passes = math.ceil(steps * size / len(y))
        return torch.cat([torch.randperm(len(y), generator=draw) for _ in range(passes)])[: steps * size]

    before, orders = own(), torch.stack([order(seed) for seed in seeds])
    first = [torch.zeros_like(p) for p in params.values()]
    second = [torch.zeros_like(p) for p in params.values()]
    for t in range(1, steps + 1):
        rows = orders[:, (t - 1) * size : t * size]
        part = w[:, y[rows]].transpose(0, 1)
        part = part / torch.where(by_weights[:, None], part.sum(dim=-1, keepdim=True), float(size))
        grads = torch.autograd.grad((part * each(x[rows], y[rows])).sum(), list(params.values()))
        with torch.no_grad():
            for p, g, m, v in zip(params.values(), grads, first, second, strict=True):
                step = lr.view(-1, *[1] * (p.ndim - 2))
                if optimiser == "Adam":  # torch's defaults
                    m.lerp_(g, 0.1)
                    v.lerp_(g * g, 0.001)
                    g = (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
                p -= step * g
    return before, own().nan_to_num(nan=math.inf)


def lowest(losses: Tensor) -> int:
    return int(losses.mean(dim=0).argmin())


def rows_of(name: str, optimiser: str, batch_size: int) -> list[dict[str, Any]]:
    """One row for each exponent, divisor and given rate."""
    (x, y, _), classes = problem(name), problem(name).num_classes
    features = x if x.is_floating_point() else None  # the numbers of words have no length
    counts = torch.bincount(y, minlength=classes)
    plain = [Arm(0.0, "samples", lr) for lr in RATES[optimiser]]
    best = plain[lowest(train(name, optimiser, batch_size, plain, SEEDS)[1])].lr
    kinds = [(e, d) for e in EXPONENTS for d in ("samples", "weights") if e or d == "samples"]
    advised = {}
    for exponent, divisor in kinds:
        w = weights_for(y, classes, exponent)
        for part in LOWER:
            lr = advised_lr(part * best, w, y, min(batch_size, len(y)), features, optimiser == "Adam")
            advised[exponent, divisor, part] = lr
    arms = [Arm(e, d, best * f) for e, d in kinds for f in FACTORS] + [Arm(e, d, v) for (e, d, _), v in advised.items()]
    before, after = train(name, optimiser, batch_size, arms, SEEDS)
    rows = []
    for k, (exponent, divisor) in enumerate(kinds):
        grid = after[:, k * len(FACTORS) : (k + 1) * len(FACTORS)]
        tuned = lowest(grid)
        for part in LOWER:
            at = len(kinds) * len(FACTORS) + list(advised).index((exponent, divisor, part))
            kept = min(range(len(FACTORS)), key=lambda i: abs(math.log(FACTORS[i] / part)))
            rows.append(
                {
                    "problem": name,
                    "optimiser": optimiser,
                    "batch": batch_size,
                    "exponent": exponent,
                    "divisor": divisor if exponent else "either",
                    "heaviest": short(float(weights_for(y, classes, exponent)[counts > 0].max())),
                    "constant": short(float(constant_loss(y, classes, weights_for(y, classes, exponent)))),
                    "steeper": None if features is None else short(steeper(x, y, weights_for(y, classes, exponent))),
                    "lr": short(part * best),
                    "best": part == 1.0,
                    "advised lr": short(advised[exponent, divisor, part]),
                    "tuned lr": short(best * FACTORS[tuned]),
                    "before": [short(v) for v in before[:, at].tolist()],
                    "kept": [short(v) for v in grid[:, kept].tolist()],
                    "advised": [short(v) for v in after[:, at].tolist()],
                    "tuned": [short(v) for v in grid[:, tuned].tolist()],
                }
            )
    return rows


def short(number: float) -> float | None:
    """Five digits; None, JSON's null, for a loss that is no finite number."""
    return float(f"{number:.5g}") if math.isfinite(number) else None


def stored_rows() -> list[dict[str, Any]]:
    return stored(STORED, "rows")


def store(rows: Sequence[dict[str, Any]], made_by: dict[str, str]) -> None:
    settings = {"seeds": SEEDS, "steps": f"one pass, at least {STEPS}", "factors": [short(f) for f in FACTORS]}
    settings |= {"rates": {optimiser: [short(rate) for rate in rates] for optimiser, rates in RATES.items()}}
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = f'{{\n "versions": {json.dumps(made_by)},\n "settings": {json.dumps(settings)},\n'
    STORED.write_text(f'{head} "rows": [\n  {lines}\n ]\n}}\n', encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--minutes", type=above_zero, default=30.0)
    options = parser.parse_args()
    check_known(parser, options.problems, PROBLEMS)
    places = [(name, optimiser, size) for name in PROBLEMS for optimiser in RATES for size in BATCHES]
    today = versions("numpy", "scikit-learn")
    rows = kept(parser, STORED, "rows", today, partly=bool(options.problems))
    known = {place: [row for row in rows if key(row) == place] for place in places}
    started, late = time.monotonic(), []
    for place in [p for p in places if not options.problems or p[0] in options.problems]:
        if time.monotonic() - started > 60 * options.minutes:
            late.append(place)
            continue
        known[place] = rows_of(*place)
        store([row for p in places for row in known[p]], today)
        worse = sum(not ends_below(row, "advised") for row in known[place])
        seconds = time.monotonic() - started
        print(f"[{seconds:.0f} s]", *place, f"{len(known[place])} cells, {worse} end above their start", flush=True)
    for place in late:
        print("not reached in time:", *place)
    return 1 if late else 0


def key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["problem"], row["optimiser"], row["batch"]


def ends_below(row: dict[str, Any], which: str) -> bool:
    """Whether each seed's run ends below its start."""
    return all(end is not None and end < start for end, start in zip(row[which], row["before"], strict=True))


if __name__ == "__main__":
    sys.exit(main())
