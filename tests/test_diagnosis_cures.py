"""Each cure of diagnose is run as it stands: the same problem before and after, and after is better."""

import math

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from helpers.diagnosis import diagnose
from helpers.models import softmax_regression

LONG_TAIL = [3000, 600, 120, 24, 8]


def tail(counts=LONG_TAIL, spread=1.0, seed=0):
    """Gaussian classes, the rarer the farther out, as in Shuttle."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    centres = torch.randn(len(counts), 6, generator=g) * torch.linspace(1, 3, len(counts))[:, None]
    return centres[labels] + spread * torch.randn(len(labels), 6, generator=g), labels


def cure(d, name, **names):
    """What the cure of this name leaves behind, run on these names."""
    (code,) = [f.cure for f in d.findings if f.name == name]
    scope = {"d": d, "F": F, "torch": torch, "diagnose": diagnose, **names}
    exec(code, scope)
    return scope


def train(d, name, before, optimizer=torch.optim.SGD, lr=0.1, batch=32, steps=100, cured=False, data=None, **options):
    """Logits of all samples from a model trained with the loss ``before``, or with what the cure makes of it."""
    inputs, labels = data or tail()
    model = softmax_regression(inputs.shape[1], len(d.weights), seed=0)
    optimizer = optimizer(model.parameters(), lr=lr, **options)
    order = torch.randint(0, len(labels), (steps, batch), generator=torch.Generator().manual_seed(0))
    for step, i in enumerate(order):
        y, z = labels[i], model(inputs[i])
        loss = before(z, y)
        if cured:
            keep = optimizer if step == 0 else None  # what is changed on the optimiser is changed once
            scope = {"z": z, "y": y, "optimizer": keep or torch.optim.SGD(model.parameters()), "labels": labels}
            loss = cure(d, name, **scope)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(inputs).detach(), labels


def loss_asked_for(d, z, y):
    """The loss that the weights ask for, infinite where training has left the numbers."""
    return F.cross_entropy(z, y, d.weights).nan_to_num(math.inf).item()


def compare(counts, name, before, judge=loss_asked_for, **options):
    """The judge of the same run before and after the cure; ``options`` of training and of diagnose apart."""
    training = {key: options.pop(key) for key in ("optimizer", "steps", "data") if key in options}
    asked = {"optimizer": training.get("optimizer", torch.optim.SGD), "batch_size": 32, "lr": 0.1} | options
    d = diagnose(counts, **asked)
    training |= {"lr": asked["lr"], "batch": asked["batch_size"]}
    training |= {key: asked[key] for key in ("weight_decay",) if key in asked}
    return tuple(judge(d, *train(d, name, before, cured=cured, **training)) for cured in (False, True))


W = torch.tensor(LONG_TAIL).sum() / torch.tensor(LONG_TAIL)
OVERLAP = {"counts": LONG_TAIL, "reduction": "none", "data": tail(spread=2.0)}


@pytest.mark.parametrize(
    ("name", "before", "options"),
    [
        ("scale", lambda z, y: F.cross_entropy(z, y, W / W.sum(), reduction="none").mean(), {"scheme": "sum to one"}),
        ("outweighs", lambda z, y: F.cross_entropy(z, y, W / 5, reduction="none").mean(),
         {"scheme": "balanced", "lr": 1.0}),
        ("outweighs", lambda z, y: F.cross_entropy(z, y, W / 5, reduction="sum"),
         {"scheme": "balanced", "reduction": "sum", "lr": 1 / 32}),
        ("decay", lambda z, y: F.cross_entropy(z, y, W / W.sum(), reduction="none").mean(),
         {"scheme": "sum to one", "optimizer": torch.optim.Adam, "weight_decay": 0.1}),
        ("epsilon", lambda z, y: F.cross_entropy(z, y, W * 1e-10, reduction="none").mean(),
         {"weight": (W * 1e-10).tolist(), "optimizer": torch.optim.Adam}),
    ],
)  # fmt: skip
def test_the_weighted_loss_falls_further(name, before, options):
    first, second = compare(before=before, name=name, **OVERLAP | options)
    assert second < 0.9 * first


def test_curvature_on_the_full_batch():
    inputs, labels = tail(spread=2.0)
    inputs = torch.where(labels[:, None] >= 3, 8.0, 0.3) * inputs
    d = diagnose(labels=labels, inputs=inputs, reduction="none", scheme="balanced", lr=3.0)
    runs = []
    for cured in (False, True):
        model = softmax_regression(6, 5, seed=0)
        optimizer = torch.optim.SGD(model.parameters(), lr=3.0)
        if cured:
            cure(d, "curvature", z=model(inputs), y=labels, optimizer=optimizer)
        for _ in range(60):
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels, d.weights, reduction="none").mean().backward()
            optimizer.step()
        runs.append(loss_asked_for(d, model(inputs).detach(), labels))
    assert runs[1] < min(0.9 * runs[0], math.log(5))


def test_smoothing_teaches_the_right_class_again():
    labels = torch.repeat_interleave(torch.arange(5), torch.tensor(LONG_TAIL))
    data = F.one_hot(labels, 5).float(), labels  # a network that can know every class
    first, second = compare(
        LONG_TAIL, "smoothing", lambda z, y: F.cross_entropy(z, y, W, label_smoothing=0.1), data=data, lr=0.5,
        steps=400, label_smoothing=0.1, judge=lambda _, z, y: float((z.argmax(1) == y).float().mean()),
    )  # fmt: skip
    assert first < 0.3
    assert second > 0.99
    # The weights are still there, each sample's on its whole smoothed target.
    d, y = diagnose(LONG_TAIL, label_smoothing=0.1), torch.tensor([0, 4, 4])
    z = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    each = F.cross_entropy(z, 0.9 * F.one_hot(y, 5) + 0.02, reduction="none")
    assert cure(d, "smoothing", z=z, y=y)["loss"].item() == pytest.approx(float(W[y] @ each / W[y].sum()), rel=1e-5)


def test_twice_is_once():
    d = diagnose(LONG_TAIL, sampler=True, batch_size=64)
    inputs, labels = tail(spread=4.0)
    balance = torch.cat([(labels == c).nonzero()[:, 0].repeat(3000 // n) for c, n in enumerate(LONG_TAIL)])
    losses = []
    for cured in (False, True):
        z, y = train(d, "twice", lambda z, y: F.cross_entropy(z, y, W), data=(inputs[balance], labels[balance]),
                     batch=64, steps=300, cured=cured)  # fmt: skip
        losses.append(F.cross_entropy(z, y).item())
    assert losses[1] < 0.9 * losses[0]


def drawn(d, name, data, batch):
    scope = cure(d, name, labels=data[1], dataset=TensorDataset(*data))
    return [y for _, y in scope["loader"]], DataLoader(TensorDataset(*data), batch, shuffle=True)


@pytest.mark.parametrize("name", ["batch", "absent"])
def test_draws_by_weight_bring_the_rare_class_with_the_weight_asked_for(name):
    torch.manual_seed(0)
    d, data = diagnose(LONG_TAIL, batch_size=4), tail()
    after, loader = drawn(d, name, data, 4)
    before = [y for _, y in loader]
    without = [sum(not (y == 4).any() for y in batches) / len(batches) for batches in (before, after)]
    assert without[1] < 0.5 < without[0]
    # Each class has the share of the loss that N / n_c asks for, one in five; the default lets far less through.
    asked = torch.bincount(torch.cat(after), minlength=5) / 3752
    let_through = torch.stack([torch.bincount(y, weights=W[y] / W[y].sum(), minlength=5) for y in before]).mean(0)
    assert (asked - 0.2).abs().max() < 0.03
    assert let_through[4] < 0.05


@pytest.mark.parametrize("batch", [4, 16])
def test_calibration_by_what_the_batch_lets_through(batch):
    """A model of the frequencies alone, trained by the default loss: corrected by log v(B) it states them."""
    counts = torch.tensor([900, 90, 10])
    labels, w = torch.repeat_interleave(torch.arange(3), counts), 1000 / counts
    d = diagnose(counts, batch_size=batch)
    data = torch.ones(1000, 1), labels
    z = train(d, "", lambda z, y: F.cross_entropy(z, y, w), lr=0.03, batch=batch, steps=3000, data=data)[0][:1]
    truth = counts / 1000

    def off(p):
        return float((p[0] / truth).log().abs().max())

    corrected = off(cure(d, "calibration", z=z)["probabilities"])
    assert corrected < 0.3
    assert corrected < 0.5 * min(off(z.softmax(1)), off((z - w.log()).softmax(1)))


def test_binary_odds_are_corrected():
    d = diagnose([900, 100], pos_weight=9.0)
    z = torch.tensor(math.log(9 * 0.1 / 0.9))  # what the weighted loss learns where one in ten is positive
    assert cure(d, "calibration", z=z)["probabilities"].item() == pytest.approx(0.1)


def test_the_binary_loss_is_that_of_two_classes():
    d = diagnose([990, 10], pos_weight=99.0, batch_size=8, lr=0.1)
    z, y = torch.randn(50, generator=torch.Generator().manual_seed(0)), torch.arange(50) % 2
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    loss = cure(d, "outweighs", z=z, y=y.float(), optimizer=optimizer)["loss"]
    two = F.cross_entropy(torch.stack([torch.zeros(50), z], 1), y, d.weights, reduction="none").mean()
    assert loss.item() == pytest.approx(two.item(), rel=1e-5)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(d.lr, rel=0.05)


def test_formats():
    z = torch.zeros(8, 2, dtype=torch.float16, requires_grad=True)
    y = torch.ones(8, dtype=torch.int64)
    d = diagnose([131_008, 1], dtype="float16", reduction="sum", batch_size=8)
    w = d.facts.weights.half()
    assert not F.cross_entropy(z, y, w, reduction="sum").isfinite()
    assert cure(d, "overflow", z=z, y=y)["loss"].isfinite()

    d = diagnose([2**24, 2**24], dtype="float16", reduction="none", scheme="none")
    many = torch.zeros(2**16, 2, dtype=torch.float16, requires_grad=True)
    y = torch.zeros(2**16, dtype=torch.int64)
    (F.cross_entropy(many, y, reduction="none").float().mean() / 2**10).backward()
    assert not many.grad.any()
    cure(d, "underflow", z=many, y=y)
    assert many.grad.all()


def test_autocast_in_bfloat16_holds_the_gradient():
    d = diagnose([210_000, 1], dtype="float16", autocast=True, reduction="sum", batch_size=8)
    model, inputs, finite = softmax_regression(3, 2, seed=0), torch.ones(1, 3), []
    with torch.autocast("cpu", torch.float16):
        before = model(inputs)
    for z in (before, cure(d, "overflow", inputs=inputs, model=model)["z"]):
        model.zero_grad()
        F.cross_entropy(z.float(), torch.tensor([1]), d.facts.weights.float(), reduction="sum").backward()
        finite.append(all(bool(p.grad.isfinite().all()) for p in model.parameters()))
    assert finite == [False, True]


def test_state_of_adam():
    d = diagnose([90, 10], dtype="float16", optimizer="Adam")
    inputs, y, left = torch.randn(16, 3, generator=torch.Generator().manual_seed(0)) / 1000, torch.arange(16) % 2, []
    for cured in (False, True):
        model = softmax_regression(3, 2, seed=0, dtype=torch.float16)
        x = inputs.float() if cured else inputs.half()
        z = cure(d, "state", model=model, inputs=x)["z"] if cured else model(x)
        optimizer = torch.optim.Adam(model.parameters())
        F.cross_entropy(z.float(), y).backward()
        optimizer.step()
        left.append(all(p.isfinite().all() for p in model.parameters()))
    assert left == [False, True]


def test_the_input_the_empty_and_the_few():
    labels = [0, 1, 1, 2] * 10
    d = diagnose([n + 1 for n in labels])
    assert "input" not in {f.name for f in cure(d, "input", counts=[n + 1 for n in labels])["d"].findings}
    d = diagnose([90, 9, 1])
    assert sum(cure(d, "input", counts=[90, 9, 1], total=5000)["counts"]) == 5000

    labels = torch.tensor([0, 1, 1, 3] * 10)
    renumbered = cure(diagnose(labels=labels), "empty", labels=labels)["labels"]
    assert "empty" not in {f.name for f in diagnose(labels=renumbered).findings}

    # A recall of 1/2: over ten splits its mean lies nearer the truth than that of one split does.
    labels = torch.tensor([0] * 1000 + [1] * 20)
    right = torch.rand(1020, generator=torch.Generator().manual_seed(0)) < 0.5
    splits = cure(diagnose(labels=labels), "few samples", labels=labels)["splits"]
    recall = torch.tensor([float(right[test[labels[test] == 1]].float().mean()) for _, test in splits])
    truth = float(right[labels == 1].float().mean())
    assert abs(float(recall.mean()) - truth) < float((recall - truth).abs().max()) / 2
