"""A long tail of classes and who gets along with it: two convex problems, three update rules.

Notation: pi_c is the share of class c in the samples, K the number of classes,
theta the parameters, g the gradient of the loss, eta the learning rate.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor

from helpers.arguments import positive, tensors, whole_number
from helpers.datasets import austen_pairs

LARGEST_SIZE = 12  # at which the inputs of zipf_samples take 10 GB
Rule = Literal["momentum", "sign", "Adam"]


def descend(gradient: Callable[[Tensor], Tensor], start: Tensor, rule: Rule, lr: float, steps: int) -> Iterator[Tensor]:
    """The parameters after each of ``steps`` steps, in one tensor that changes in place: copy what you keep.

    ``rule`` says what becomes of the gradient g, with beta = 0.9 throughout:
    "momentum" steps along m = beta m + g (torch.optim.SGD), "sign" along the
    sign of m, "Adam" along m over the root of the mean square of g, both
    corrected for their start at zero (torch.optim.Adam).

    Raises, once the first step is asked for, ValueError for another rule, a rate that is not a finite number above
    zero, or fewer steps than none, and TypeError for a rate or steps that are no such number.
    """
    if rule not in ("momentum", "sign", "Adam"):
        raise ValueError(f"rule is {rule!r}; expected 'momentum', 'sign' or 'Adam'")
    lr, steps = positive("lr", lr), whole_number("steps", steps, 0)
    theta, m, v = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    for t in range(1, steps + 1):
        g = gradient(theta)
        if rule == "Adam":
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            root = (v / (1 - 0.999**t)).sqrt_().add_(1e-8)
            theta.addcdiv_(m, root, value=-lr / (1 - 0.9**t))
        else:
            m.mul_(0.9).add_(g)
            theta.sub_(m if rule == "momentum" else m.sign(), alpha=lr)
        yield theta


def zipf_samples(size: int, *, seed: int, tail: bool = True) -> tuple[Tensor, Tensor]:
    """Inputs (N, D) that say nothing of the class, and targets (N,) with a long tail; N = size 2^size < D.

    One class has 2^size samples, two have half as many, four a quarter, and so
    on: K = 2^size - 1 classes, and each of the ``size`` groups holds the same
    share of the samples. Without ``tail`` the same N samples go to the K classes
    in turn. Inputs are uniform in 0 to 1.

    Raises TypeError for a size that is no whole number, ValueError for one outside 1 to ``LARGEST_SIZE``.
    Source: the linear problem of Kunstner et al. 2024, arXiv 2402.19449, where size is 11.
    """
    whole_number("size", size, 1, LARGEST_SIZE)
    counts = torch.cat([torch.full((2**i,), 2 ** (size - i)) for i in range(size)])
    targets = torch.arange(len(counts)).repeat_interleave(counts)
    if not tail:
        targets = torch.arange(len(targets)) % len(counts)
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(len(targets), (size + 1) * 2**size, generator=generator), targets


def pair_counts(num_words: int) -> Tensor:
    """How often each of Austen's ``num_words`` most frequent words (rows) precedes each (columns), float32.

    Raises TypeError for what is no whole number, ValueError for one outside 1 to 7,000, and what ``austen_pairs`` does.
    """
    words = austen_pairs(test_fraction=0.0)
    whole_number("num_words", num_words, 1, len(words.counts))
    inside = (words.train_inputs < num_words) & (words.train_targets < num_words)
    pairs = words.train_inputs[inside] * num_words + words.train_targets[inside]
    return torch.bincount(pairs, minlength=num_words**2).view(num_words, num_words).float()


def table_gradient(theta: Tensor, shares: Tensor) -> Tensor:
    """Gradient of the cross entropy -sum shares log softmax(theta) in theta: a row of logits for each input.

    Args:
        theta, shares: (V, K); ``shares`` sum to 1 and hold what each pair (input, class) weighs.

    Raises ValueError for shapes that differ, which torch would stretch.
    """
    if theta.ndim != 2 or theta.shape != shares.shape:
        raise ValueError(f"theta has shape {tuple(theta.shape)} and shares {tuple(shares.shape)}; expected one, (V, K)")
    return torch.softmax(theta, dim=1).mul_(shares.sum(dim=1, keepdim=True)).sub_(shares)


def thirds(counts: Tensor) -> Tensor:
    """Of each class, 0, 1 or 2: frequent, middle, rare, so that each band holds about a third of the samples, if no
    class holds much more.

    Raises ValueError for counts that are not finite numbers >= 0, (K,), with a sum above 0.
    """
    tensors(counts=counts)
    counts = counts.double()  # float16 and integers could not hold the sum
    if counts.ndim != 1 or not (counts >= 0).all() or not 0 < counts.sum() < torch.inf:
        raise ValueError(f"counts has shape {tuple(counts.shape)}; expected finite numbers >= 0, (K,), not all 0")
    order = counts.argsort(descending=True, stable=True)
    before = counts[order].cumsum(0) - counts[order] / 2
    band = torch.empty_like(order)
    band[order] = (3 * before / counts.sum()).long().clamp(max=2)
    return band
