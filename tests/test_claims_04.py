"""What notebook 04 says beside its replicated conclusions (tools/verdicts), on seeds that it does not use."""

import pytest
import torch
from torch.nn import functional as F

from helpers.datasets import two_gaussians
from helpers.stability import logistic_descents

LR = 0.1


@pytest.fixture(scope="module")
def toys():
    """Starts, inputs and targets of the thread's toy sample, side by side."""
    drawn = [two_gaussians(seed) for seed in range(400, 440)]
    starts = torch.stack([torch.cat([d.weight[0], d.bias]) for d in drawn])
    return starts, torch.stack([d.inputs for d in drawn]), torch.stack([d.targets for d in drawn])


def test_times_ten_thousand_freezes_on_probabilities(toys):
    theta, inputs, targets = toys
    losses = []
    for _ in range(100):
        theta = theta.detach().requires_grad_()
        p = torch.sigmoid(theta[:, :1] * inputs[..., 0] + theta[:, 1:])
        loss = F.binary_cross_entropy(p, targets, reduction="none").mean(dim=1)
        (gradient,) = torch.autograd.grad(10_000 * loss.sum(), theta)
        theta = theta - LR * gradient
        losses.append(loss.detach())
    low, high = torch.stack(losses[50:]).aminmax(dim=0)
    assert (high - low < 0.01 * high).float().mean() > 0.6


def test_separated_classes_settle_at_any_scale(toys):
    starts, inputs, targets = (part.double() for part in toys)
    runs = logistic_descents(starts, inputs + 8 * targets[..., None], targets, lr=LR, scale=10_000.0, steps=500)
    assert (runs.loss < 1e-6).all()


def test_the_bug_climbs_past_its_start_on_probabilities_alone():
    """A loop that never sets its gradients to zero, on the notebook's own sample."""
    toy, top = two_gaussians(0), {}
    y = toy.targets[:, None]
    for name, loss_of in (
        ("probabilities", lambda z: F.binary_cross_entropy(torch.sigmoid(z), y)),
        ("logits", lambda z: F.binary_cross_entropy_with_logits(z, y)),
    ):
        weight, bias, losses = toy.weight.clone().requires_grad_(), toy.bias.clone().requires_grad_(), []
        for _ in range(100):
            loss = loss_of(toy.inputs @ weight + bias)
            loss.backward()  # added to all gradients before
            losses.append(loss.item())
            with torch.no_grad():
                weight -= LR * weight.grad
                bias -= LR * bias.grad
        top[name] = max(losses) / losses[0]
    assert top["probabilities"] > 1.5
    assert top["logits"] < 1.01
