"""What diagnose says, word for word, and the numbers in it by formulas of their own."""

import math

import pytest
import torch

from helpers.diagnosis import diagnose

MEAN_ONE = 'w = normalize(w, counts, to="sample mean")'


def only(name, counts, **options):
    """The finding of this name, without its name."""
    (found,) = [f for f in diagnose(counts, **options).findings if f.name == name]
    return found.severity, found.sentence, found.figure, found.cure, found.notebook


# 990 and 10 samples: N / n_c gives 1.0101 and 100, so the average sample weighs 2 and the ratio is 99.
@pytest.mark.parametrize(
    ("reduction", "scheme", "severity", "acts", "weighs", "lr"),
    [
        ("none", "inverse frequency", "hurts", "2 times larger, so your 0.1 acts as 0.2", "2", "0.05"),
        ("sum", "sum to one", "breaks", "50.5 times smaller, so your 0.1 acts as 0.00198", "0.0198", "5.05"),
    ],
)
def test_scale(reduction, scheme, severity, acts, weighs, lr):
    assert only("scale", [990, 10], reduction=reduction, scheme=scheme, lr=0.1) == (
        severity,
        f"These weights act on SGD as a learning rate {acts}.",
        f"average weight of a sample {weighs}",
        f"{MEAN_ONE}  # or lr = {lr}",
        "03_gradient_scaling",
    )
    assert only("scale", [990, 10], reduction=reduction, scheme=scheme)[3] == MEAN_ONE


def test_batch():
    assert only("batch", [990, 10], batch_size=20) == (
        "hurts",
        "Divided by the weights of each batch, the rarest class gets 18 times the weight of the most common one, "
        "not 99 times.",
        "batch of 20: 18.2% of the ratio is left",
        f'{MEAN_ONE}; loss = weighted_cross_entropy(logits, y, w, divide_by="samples")',
        "08_batches_and_machines",
    )


def test_absent_and_few_samples():
    # A batch misses all ten with probability C(990, 20) / C(1000, 20); with 70 it is near a half.
    missing = math.comb(990, 20) / math.comb(1000, 20)
    assert only("absent", {"ham": 990, "spam": 10}, batch_size=20) == (
        "note",
        "Most batches hold no sample of the rarest class, spam.",
        f"{missing:.1%} of random batches of 20",
        "batch_size=70  # half of the batches, or a WeightedRandomSampler",
        "08_batches_and_machines",
    )
    assert math.comb(990, 70) / math.comb(1000, 70) == pytest.approx(0.5, abs=0.02)
    assert only("few samples", [990, 10]) == (
        "note",
        "The rarest class, class 1, has so few samples that its recall on one split says little.",
        "10 samples; a quarter held out leaves 2.5",
        "for seed in range(10): ...  # repeat the stratified split and show the spread",
        "06_choosing_weights",
    )


def test_calibration():
    assert only("calibration", [990, 10]) == (
        "note",
        "The model will learn weighted odds, not the frequencies of your data: its probabilities need a correction.",
        "odds between two classes shift by up to a factor 99",
        "probabilities = (logits - w.log()).softmax(dim=1)",
        "06_choosing_weights",
    )


def test_epsilon_and_underflow():
    # 20 000 equal classes whose weights sum to one: 2 / 20 000^2 is the average entry, w / (K B) the smallest.
    options = {"reduction": "none", "scheme": "sum to one", "optimizer": "RMSprop", "batch_size": 64}
    assert only("epsilon", [1000] * 20_000, **options) == (
        "hurts",
        "The average entry of the logit gradient is below the epsilon of RMSprop, which shrinks its steps.",
        "average entry at most 5e-09, epsilon 1e-08",
        MEAN_ONE,
        "05_optimizers",
    )
    assert only("underflow", [1000] * 20_000, dtype=torch.float16, **options) == (
        "hurts",
        "In float16 the smallest entries of the logit gradient become exactly zero.",
        "smallest entry 3.9e-11, 0.00066 of the format's smallest number",
        f"{MEAN_ONE}; scaler = torch.amp.GradScaler()  # or bfloat16",
        "09_number_formats",
    )


@pytest.mark.parametrize(
    ("reduction", "what", "largest"),
    [
        ("none", "one weighted loss", "7e+04"),
        ("mean", "the sum over a batch of 70,000", "1.4e+05"),
        ("sum", "the sum over a batch of 70,000", "1.4e+05"),
    ],
)
def test_overflow(reduction, what, largest):
    room = 65_504 / float(largest)
    assert only("overflow", [69_999, 1], reduction=reduction, dtype=torch.float16) == (
        "breaks",
        f"In float16 {what} or a weight overflows: the loss becomes infinite or NaN.",
        f"largest value {largest}, room {room:.2g} of the format",
        f"{MEAN_ONE}; model.to(torch.bfloat16)  # float32's range",
        "09_number_formats",
    )


@pytest.mark.parametrize("batch", [1, 4, 50])
@pytest.mark.parametrize("counts", [[90, 10], [990, 10], [1000] * 8, [5000, 300, 20, 20]])
def test_the_extremes_of_an_untrained_model(counts, batch):
    n = torch.tensor(counts, dtype=torch.float64)
    w, k, loss = n.sum() / n, len(counts), max(1.0, math.log(len(counts)))
    for reduction, total, divisor in (
        ("none", 0.0, batch),
        ("sum", batch * k * loss, 1.0),  # under N / n_c the average sample weighs K
        ("mean", batch * k * loss, batch * k),
    ):
        facts = diagnose(counts, reduction=reduction, batch_size=batch).facts
        assert facts.largest_value == pytest.approx(max(float(w.max()) * loss, total))
        assert facts.smallest_gradient == pytest.approx(float(w.min()) / (k * divisor))


def test_the_report_holds_every_fact():
    diagnosis = diagnose({"ham": 990, "spam": 10}, reduction="none", batch_size=20, lr=0.1)
    assert str(diagnosis).splitlines()[:19] == [
        "classes and samples                  2 and 1,000",
        "rarest class                         spam, 10",
        "most common class                    ham, 990",
        "scheme                               inverse frequency",
        "loss                                 none: divided by the samples, by hand",
        "optimiser, batch                     SGD, lr 0.1, 20",
        "format                               float32",
        "weights, as they are                 1.01 to 100",
        "weights, sum one                     0.01 to 0.99",
        "weights, class mean one              0.02 to 1.98",
        "weights, sample mean one             0.505 to 50",
        "weights, max one                     0.0101 to 1",
        "scale of the loss                    2 times that without weights",
        "batches without the rarest class     81.6%",
        "weight ratio, rarest to most common  99",
        "ratio that the batch lets through    99",
        "room above in the format             factor 3.4e+36",
        "room below in the format             factor 1.8e+43",
        "",
    ]
    assert str(diagnosis).splitlines()[19:23] == [
        "1. HURTS · These weights act on SGD as a learning rate 2 times larger, so your 0.1 acts as 0.2.",
        "   figure   average weight of a sample 2",
        f"   cure     {MEAN_ONE}  # or lr = 0.05",
        "   shown in 03_gradient_scaling",
    ]
    page = diagnosis._repr_html_()
    assert page.count("<tr>") == 18
    assert page.count("<li>") == len(diagnosis.findings) == 4
    assert '<a href="03_gradient_scaling.ipynb">03_gradient_scaling</a>' in page
    assert "SGD, all samples" in str(diagnose([990, 10]))


def test_a_sum_brings_the_gradient_above_epsilon():
    # 14 143 equal classes, weights of sum one: an average entry just below 1e-8, and a sum over two samples above it.
    options = {"scheme": "sum to one", "optimizer": "Adam", "batch_size": 2}
    names = {
        reduction: {f.name for f in diagnose([1000] * 14_143, reduction=reduction, **options).findings}
        for reduction in ("none", "sum", "mean")
    }
    assert "epsilon" in names["none"]
    assert "epsilon" not in names["sum"] | names["mean"]


def test_the_whole_set_is_a_batch_and_half_a_sample_a_count():
    facts = diagnose([30, 10], batch_size=40).facts
    assert facts.names == ()
    assert facts.effective_ratio == facts.nominal_ratio == pytest.approx(3.0)
    assert diagnose({"often": 3, "seldom": 0.5}).facts.nominal_ratio == pytest.approx(6.0)
    with pytest.raises(ValueError, match="lr is inf"):
        diagnose([30, 10], lr=math.inf)
    with pytest.raises(ValueError, match=r"counts\['often'\] is inf"):
        diagnose({"often": math.inf, "seldom": 1})
