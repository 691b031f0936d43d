"""Notebook 13: the same weights in other libraries."""

import contextlib
import os
import tempfile
from functools import cache
from typing import Any

import numpy as np
import torch
import xgboost as xgb
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector

from tools.verdicts import Verdict

Array = NDArray[Any]


def sample(seed: int, data: str = "digits") -> tuple[Array, Array, Array]:
    """Inputs, labels 0 and 1, and the balanced weight of each sample: two thirds of a data set, one class against all.

    Of the digits it is another one with each seed. "normal" is drawn: 6,000 samples of eight normal numbers.
    """
    if data == "normal":
        draw = np.random.default_rng(seed)
        x, noise = draw.normal(size=(6_000, 8)), draw.normal(size=6_000)
        y = (x[:, 0] + x[:, 1] + noise > 2).astype(int)
        return x, y, (len(y) / (2 * np.bincount(y)))[y]
    load = {"digits": load_digits, "cancer": load_breast_cancer, "wine": load_wine}[data]()
    pick = np.random.default_rng(seed)
    x = (load.data - load.data.mean(0)) / np.maximum(load.data.std(0), 1e-6) if data != "digits" else load.data / 16
    y = (load.target == (seed % 10 if data == "digits" else 0)).astype(int)
    rows = pick.permutation(len(y))[: 2 * len(y) // 3]
    x, y = x[rows], y[rows]
    return x, y, (len(y) / (2 * np.bincount(y)))[y]


def change(p: Array, q: Array) -> float:
    return float(np.abs(p - q).max())


def penalty(seed: int, c: float = 1.0, data: str = "digits", exponent: float = 1.0, k: float = 100) -> bool:
    """Whether a factor on the weights changes a LogisticRegression, and the same factor off C undoes it."""
    x, y, s = sample(seed, data)

    def fit(s: Array, c: float) -> Array:
        model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-8)
        return model.fit(x, y, sample_weight=s).predict_proba(x)

    p, q, r = (fit(*case) for case in ((s**exponent, c), (k * s**exponent, c), (k * s**exponent, c / k)))
    return change(p, q) > 0.01 and change(p, r) < 0.001


def trees(seed: int, rounds: int = 50, data: str = "digits", k: float = 100, **settings: Any) -> bool:
    """Whether XGBoost notices a factor as it comes, but not if λ and min_child_weight grow with it, or are zero."""
    x, y, s = sample(seed, data)

    def fit(s: Array, l2: float, least: float) -> Array:
        wanted = {"objective": "binary:logistic", "nthread": 1, "lambda": l2, "min_child_weight": least} | settings
        return np.asarray(xgb.train(wanted, xgb.DMatrix(x, y, weight=s), rounds).predict(xgb.DMatrix(x)))

    strict = change(fit(s, 1, 1), fit(k * s, 1, 1)), change(fit(s, 1, 1), fit(k * s, k, k))
    return strict[0] > 0.01 and strict[1] < 0.001 and change(fit(s, 0, 0), fit(k * s, 0, 0)) < 0.001


@cache
def libraries() -> tuple[Any, Any, str]:
    """Keras and transformers, imported where they are needed, and a folder for what they write."""
    folder = tempfile.mkdtemp()
    os.environ |= {"KERAS_BACKEND": "torch", "KERAS_HOME": folder, "HF_HUB_OFFLINE": "1"}
    import keras
    import transformers

    transformers.logging.set_verbosity_error()
    return keras, transformers, folder


class Straight(nn.Module):
    """A softmax regression that takes further keyword arguments, as the models of transformers do."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        layers = [nn.Linear(64, hidden), nn.Tanh()] if hidden else []
        self.body = nn.Sequential(*layers, nn.Linear(hidden or 64, 2))

    def forward(self, x: Tensor, labels: Tensor | None = None, **_: Any) -> dict[str, Tensor]:  # noqa: ARG002
        return {"logits": self.body(x)}


def accumulated(seed: int, micro: int = 8, pieces: int = 4, hidden: int = 0, exponent: float = 1.0) -> bool:
    """Whether counting weights in get_batch_samples gives the whole batch's gradient, and a mean of means does not.

    A quarter of the batch is of the rare class, as in the notebook.
    """
    _, tf, folder = libraries()
    x, y, s = (torch.tensor(a) for a in sample(seed))
    weight = torch.stack([s[y == c][0] for c in (0, 1)]).float() ** exponent
    rare = micro * pieces // 4
    batch = torch.cat([(y == 1).nonzero()[:rare, 0], (y == 0).nonzero()[: 3 * rare, 0]])
    x, y = x[batch].float(), y[batch]
    rows = [{"x": a, "labels": b} for a, b in zip(x, y, strict=True)]

    def fresh() -> Straight:
        torch.manual_seed(seed)
        return Straight(hidden)

    def share(out: Any, labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
        return F.cross_entropy(out["logits"], labels, weight=weight, reduction="sum") / num_items_in_batch

    class Told(tf.Trainer):  # type: ignore[misc]
        loss_is_scaled_for_ga = False

        def compute_loss(self, model: Any, inputs: Any, **_: Any) -> Any:
            return F.cross_entropy(model(**inputs)["logits"], inputs["labels"], weight=weight)

    class Weighing(tf.Trainer):  # type: ignore[misc]
        def get_batch_samples(self, *arguments: Any) -> Any:
            cut, _ = super().get_batch_samples(*arguments)
            return cut, sum(weight[piece["labels"]].sum() for piece in cut)

    def step(kind: Any, loss: Any) -> Tensor:
        settings = tf.TrainingArguments(
            folder, seed=seed, report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True,
            use_cpu=True, max_steps=1, optim="sgd", lr_scheduler_type="constant", max_grad_norm=0, learning_rate=1.0,
            per_device_train_batch_size=micro, gradient_accumulation_steps=pieces, remove_unused_columns=False,
        )  # fmt: skip
        model = fresh()
        trainer = kind(model, settings, train_dataset=rows, compute_loss_func=loss)
        trainer.remove_callback(tf.PrinterCallback)
        with contextlib.redirect_stdout(None):
            trainer.train()
        return (parameters_to_vector(fresh().parameters()) - parameters_to_vector(model.parameters())).detach()

    model = fresh()
    loss = F.cross_entropy(model(x)["logits"], y, weight=weight)
    wanted = parameters_to_vector(torch.autograd.grad(loss, list(model.parameters())))
    told, exact = (float((g - wanted).norm() / wanted.norm()) for g in (step(Told, None), step(Weighing, share)))
    return told > 0.01 and exact < 0.001


def keras_divisor(seed: int, size: int = 32, spread: float = 3.0, hidden: int = 0) -> bool:
    """Whether a step of Keras's SGD is that of Σ w CE / N by default, and of Σ w CE / Σ w if asked, to a thousandth."""
    keras, _, _ = libraries()
    x, y, _ = sample(seed)
    x, y = x[:size].astype("float32"), y[:size]
    weight = np.exp(spread * np.random.default_rng(seed).random(2)).astype("float32")
    found = []
    for reduction, divisor in (("sum_over_batch_size", size), ("mean_with_sample_weight", weight[y].sum())):
        keras.utils.set_random_seed(seed)
        layers = [keras.layers.Dense(hidden, "tanh")] if hidden else []
        model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(2)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
        model.compile(keras.optimizers.SGD(0.1), loss)
        before = [torch.tensor(np.asarray(p)) for p in model.get_weights()]
        theirs = [p.value for p in model.trainable_variables]
        total = F.cross_entropy(model(x), torch.tensor(y), weight=torch.tensor(weight), reduction="sum")
        wanted = [g / divisor for g in torch.autograd.grad(total, theirs)]
        model.fit(x, y, batch_size=size, verbose=0, class_weight=dict(enumerate(weight.tolist())))
        steps = [(b - torch.tensor(np.asarray(a))) / 0.1 for a, b in zip(model.get_weights(), before, strict=True)]
        off = parameters_to_vector(steps) - parameters_to_vector(wanted)
        found.append(float(off.norm() / parameters_to_vector(wanted).norm()))
    return max(found) < 0.001


VERDICTS = [
    Verdict(
        "13",
        "penalty",
        "100 times the weights is another LogisticRegression, and a hundredth of C makes it the same.",
        penalty,
        {
            "as in the notebook": {},
            "C = 0.01": {"c": 0.01},
            "C = 100": {"c": 100.0},
            "square root of the weights": {"exponent": 0.5},
            "breast cancer data": {"data": "cancer"},
            "wine data": {"data": "wine"},
        },
    ),
    Verdict(
        "13",
        "trees",
        "XGBoost notices a factor of 100, but not if λ and min_child_weight grow with it, or are zero.",
        trees,
        {
            "as in the notebook": {},
            "5 trees": {"rounds": 5},
            "200 trees": {"rounds": 200},
            "lr 0.03": {"eta": 0.03},
            "lr 1": {"eta": 1.0},
            "stumps": {"max_depth": 1},
            "breast cancer data": {"data": "cancer"},
            "a hundredth": {"k": 0.01},
            "6,000 samples of normal numbers": {"data": "normal"},
            "the same, a factor of 128": {"data": "normal", "k": 128},
        },
    ),
    Verdict(
        "13",
        "keras",
        "One step of Keras's SGD divides by N by default, and by Σ w if asked, to a thousandth.",
        keras_divisor,
        {
            "as in the notebook": {},
            "batch of 4": {"size": 4},
            "batch of 512": {"size": 512},
            "weights over 3 decades": {"spread": 6.9},
            "one hidden layer": {"hidden": 16},
        },
        quick=False,
    ),
    Verdict(
        "13",
        "trainer",
        "In the Trainer, weights counted in get_batch_samples give the whole batch's gradient; means of means do not.",
        accumulated,
        {
            "as in the notebook": {},
            "16 pieces of 2": {"micro": 2, "pieces": 16},
            "2 pieces of 64": {"micro": 64, "pieces": 2},
            "square root of the weights": {"exponent": 0.5},
            "one hidden layer": {"hidden": 16},
        },
        quick=False,
    ),
]
