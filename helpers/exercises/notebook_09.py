"""Exercises of notebook 09: number formats."""

import math

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import close, read_like
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import integer, labels, log_uniform

FORMATS = (torch.float16, torch.bfloat16, torch.float32)
# The smallest result that float16 rounds to infinity, and the largest that it rounds to zero.
OVERFLOWS, VANISHES = 65_520.0, 2.0**-25


def batch(generator: Generator) -> tuple[torch.dtype, Tensor, Tensor]:
    dtype, num_classes = FORMATS[integer(generator, 0, 2)], integer(generator, 3, 50)
    y = labels(generator, num_classes, integer(generator, 8, 64))
    return dtype, log_uniform(generator, 0.01, 100, num_classes), y


def factor(dtype: torch.dtype, w: Tensor, total: Tensor | float, loss: float | None = None) -> float:
    """The k at which k times the total weight, times the loss, is the largest number of the format."""
    return float(torch.finfo(dtype).max / (total * (math.log(len(w)) if loss is None else loss)))


def format_and_weight(generator: Generator) -> tuple[torch.dtype, float]:
    dtype = FORMATS[integer(generator, 0, 1)]
    power = 2.0 ** integer(generator, -5, 3)  # at which the sum stops earlier than at any weight a little larger
    return dtype, power if integer(generator, 0, 2) == 0 else float(log_uniform(generator, 0.02, 15, 1).to(dtype))


def next_power(x: float) -> float:
    return 2.0 ** math.ceil(math.log2(x))


def needed(num_classes: int) -> float:
    """The ratio of the weights above which no scale fits: the largest entry is w (1 - 1/K), the smallest w / K."""
    return OVERFLOWS / VANISHES / (num_classes - 1)


def rescuing_scale(light: float, heavy: float, num_classes: int) -> str:
    """An S at which all gradient entries are finite and not zero in float16, or nothing."""
    p = 1 / num_classes
    entries = torch.tensor([w * q for w in (light, heavy) for q in (p, 1 - p)], dtype=torch.float64)
    # If any scale does it, this one does: it puts the entries into the middle of the format's range.
    scale = (OVERFLOWS * VANISHES / (entries.min() * entries.max())).sqrt()
    scaled = (scale * entries).half()
    return f"{float(scale):.3g}" if (scaled.isfinite() & (scaled != 0)).all() else ""


# fmt: off
EXERCISES = (
    Exercise(
        "9.1",
        insight="The numerator fails first: it carries the losses, and with three classes or more log K is above one.",
        second='The section "The sum over a batch" has both sums. By hand: three classes with weights 1, 2 and 3, and '
        "the targets 0 and 2. At k = 1 the denominator is 4 and the numerator 4.39. Which of them reaches M first?",
        draw=batch,
        right=lambda dtype, w, y: factor(dtype, w, w[y].sum()),
        wrong={
            "At your factor the denominator fits, but the numerator carries the losses as well.":
                lambda dtype, w, y: factor(dtype, w, w[y].sum(), loss=1),
            "Yours gives every sample the largest weight; look at the targets instead.":
                lambda dtype, w, y: factor(dtype, w, len(y) * w.max()),
            "Yours gives every sample the largest weight, and forgets that the numerator has losses.":
                lambda dtype, w, y: factor(dtype, w, len(y) * w.max(), loss=1),
            "Yours sums over the classes; the batch has its own number of samples of each.":
                lambda dtype, w, _y: factor(dtype, w, w.sum()),
            "Yours sums over the classes, but the loss sums over the samples, and each has a loss.":
                lambda dtype, w, _y: factor(dtype, w, w.sum(), loss=1),
            "Yours bounds one product; the numerator adds up all samples.":
                lambda dtype, w, y: factor(dtype, w, w[y].max()),
            "Yours has the largest number of float16; take that of `dtype`.":
                lambda _dtype, w, y: factor(torch.float16, w, w[y].sum()),
            "The loss is a natural logarithm.": lambda dtype, w, y: factor(dtype, w, w[y].sum(), math.log2(len(w))),
        },
        otherwise="Compute both sums at k = 1, and compare each with M.",
    ),
    Exercise(
        "9.2",
        insight="A running sum stops where a weight is half a gap: at 2 w / eps, up to the next power of two. In "
        "bfloat16 that is 256 samples of weight one, so add in float32.",
        second='The section "The sum over a batch" watches such a sum stop. By hand: w = 3 in bfloat16. From 512 to '
        "1,024 the gap is 4, and 3 is more than half of it. From 1,024 on it is 8, and 3 is less. So the sum stops at "
        "1,024.",
        draw=format_and_weight,
        right=lambda dtype, w: next_power(2 * w / torch.finfo(dtype).eps),
        wrong={
            "Yours is right for weights that are powers of two. Where does the gap between neighbours change?":
                lambda dtype, w: 2 * w / torch.finfo(dtype).eps,
            "Yours is half of it: what does rounding do with a weight of more than half a gap?":
                lambda dtype, w: next_power(w / torch.finfo(dtype).eps),
            "Yours is the gap above 1, times the weight. Which total has a gap of twice the weight?":
                lambda dtype, w: w * torch.finfo(dtype).eps,
            "Yours does not depend on the weight.": lambda dtype, _w: 2 / torch.finfo(dtype).eps,
            "Yours is the largest number of the format. Nothing overflows here.":
                lambda dtype, _w: torch.finfo(dtype).max,
        },
        otherwise="Near a total T the gap is eps times the largest power of two up to T. When is w half of it?",
    ),
    Counterexample(
        "9.3",
        insight="A scale moves all entries alike: where the largest over the smallest exceeds the format's range, "
        "about 2^41 in float16, no S fits.",
        second='The section "Loss scaling is one more k" slides all entries alike, so only their spread counts. By '
        "hand: K = 3 with weights 1 and 4. The entries go from 1/3 to 8/3, a spread of 8. How wide is float16, from "
        "where a number rounds to zero to where it rounds to infinity?",
        draw=lambda generator: (integer(generator, 3, 5000),),
        see=lambda submission, num_classes: read_like(submission(num_classes), torch.zeros(2)).tolist(),
        right=lambda num_classes: torch.tensor([1.0, 4 * needed(num_classes)]),
        wrong=(
            Flaw("Weights are above zero: one of zero has no gradient in any format, which is no fault of float16.",
                lambda seen, _k: not (seen[0] > 0 and seen[1] > 0),
                lambda _k: torch.tensor([0.0, 1.0])),
            Flaw("Both weights must be held by float32 in all digits, or they are lost before the scaler meets them.",
                lambda seen, _k: not torch.finfo(torch.float32).smallest_normal <= min(seen) <= max(seen) < 3.4e38,
                lambda k: torch.tensor([1e-50, 2e-50 * needed(k)], dtype=torch.float64)),
            Flaw("The first weight is to be the lighter one; yours come in the other order.",
                lambda seen, _k: seen[0] > seen[1],
                lambda k: torch.tensor([2 * needed(k), 1.0])),
            Flaw("Your spread is over 4 times the smallest that does it. One sample has gradient entries of two sizes.",
                # A thousandth more passes: 2^41 is a little above the range of the format, and float32 rounds.
                lambda seen, k: seen[1] / seen[0] > 4 * needed(k) * (1 + 1e-3),
                lambda k: torch.tensor([1.0, 4.1 * needed(k)])),
            Flaw("float16 goes on below its smallest normal number, with fewer digits: your spread still fits.",
                lambda seen, k: close(seen[1] / seen[0], 65504 * 2.0**14) and rescuing_scale(seen[0], seen[1], k),
                lambda _k: torch.tensor([2.0**-14, 65504.0])),
            Flaw("At S = {} every entry of yours survives, so the spread of the entries is still too small.",
                lambda seen, k: rescuing_scale(seen[0], seen[1], k),
                lambda k: torch.tensor([1.0, 0.45 * needed(k)])),
        ),
    ),
)
