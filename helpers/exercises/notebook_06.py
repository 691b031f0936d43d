"""Judges of notebook 06: what a scheme of weights costs."""

import torch

from helpers.exercises.core import Ask, Judge


def _unweighted_probabilities(ask: Ask, generator: torch.Generator) -> str | None:
    num_samples, num_classes = 6, 4
    z = 2 * torch.randn(num_samples, num_classes, generator=generator, dtype=torch.float64)
    w = torch.exp(2 * torch.randn(num_classes, generator=generator, dtype=torch.float64))
    answer = ask.tensor(z, w, shape=(num_samples, num_classes))
    right = (z - w.log()).softmax(dim=1)
    if _close(answer, right):
        return None
    if _close(answer, (z + w.log()).softmax(dim=1)):
        return "Your sign is that of training, which made the logits of heavy classes larger. You want to undo it."
    if _close(answer, z.softmax(dim=1)):
        return "These are the probabilities that the weighted network states. The weights are still in them."
    if _close(answer, (z - w).softmax(dim=1)):
        return "You subtract the weights themselves. By how much does a weight move a *logit*?"
    if _close(answer, z - w.log()):
        return "These are logits: they are right up to a constant, but they are not yet probabilities."
    if _close(answer, z.softmax(dim=1) / w):
        return "The ratios within a row are right. But do your rows sum to one?"
    if not _close(answer.sum(dim=1), torch.ones(num_samples, dtype=torch.float64)):
        return f"Each row should sum to one. Your first row sums to {float(answer[0].sum()):.4f}."
    return "Your rows sum to one, but the ratios within a row are off. Start from q_c, proportional to w_c p_c."


def _precision_of(ask: Ask, generator: torch.Generator) -> str | None:
    n = int(torch.randint(1_000, 60_000, (1,), generator=generator))
    u, recall, v = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
    n_c = max(10, int(n * (0.01 + 0.3 * u)))
    recall, false_alarm = 0.3 + 0.65 * recall, 0.002 + 0.2 * v
    answer = ask.number(n_c, n, recall, false_alarm)
    hits, false = n_c * recall, (n - n_c) * false_alarm
    given = f"For {n_c} of {n} samples, recall {recall:.3f} and false alarms {false_alarm:.4f}"
    if _near(answer, hits / (hits + false)):
        return None
    if _near(answer, recall / (recall + false_alarm)):
        return "You use the two shares and no counts. A share of many samples is more than the same share of few."
    if _near(answer, hits / (hits + n * false_alarm)):
        return "You let all samples give false alarms. Those of the class itself cannot."
    if _near(answer, false / (hits + false)):
        return "That is the share of the alarms that are wrong."
    if _near(answer, hits):
        return "That is the number of right alarms. Precision is a share: of what?"
    return f"{given} you return {answer:.4g}. Count the right alarms and the false ones."


def _higher_but_worse(ask: Ask, generator: torch.Generator) -> str | None:
    sizes = [(2_000, 9_000), (200, 900), (6, 40)]
    counts = torch.tensor([int(torch.randint(low, high, (1,), generator=generator)) for low, high in sizes])
    a, b = ask.pair(counts, wanted="Return two confusion matrices, A and B.")
    for name, matrix in (("A", a), ("B", b)):
        if matrix.shape != (3, 3):
            return f"{name} has shape {tuple(matrix.shape)}; a confusion matrix of three classes has shape (3, 3)."
        if (matrix < 0).any() or not torch.equal(matrix, matrix.round()):
            return f"{name} has an entry that is not a number of samples: use whole numbers that are not negative."
        if not torch.equal(matrix.sum(dim=1), counts.double()):
            if torch.equal(matrix.sum(dim=0), counts.double()):
                return f"The columns of {name} sum to the counts. The true classes belong in the rows."
            return f"The rows of {name} do not sum to the counts {counts.tolist()}."
    balanced = [float((m.diagonal() / m.sum(dim=1)).mean()) for m in (a, b)]
    macro_f1 = [float((2 * m.diagonal() / (m.sum(dim=1) + m.sum(dim=0))).mean()) for m in (a, b)]
    said = f"A has balanced accuracy {balanced[0]:.3f} and macro F1 {macro_f1[0]:.3f}, B {balanced[1]:.3f} and"
    said = f"{said} {macro_f1[1]:.3f}."
    if balanced[0] > balanced[1] + 1e-9:
        return None if macro_f1[0] < macro_f1[1] - 1e-9 else f"{said} A wins both: which errors does only F1 see?"
    if macro_f1[0] < macro_f1[1] - 1e-9:
        return f"{said} B wins both, or draws. A has to find more of some class."
    return f"{said} That is the other way round, or a draw."


def _close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-5, atol=1e-8)


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * max(1e-3, abs(b))


JUDGES: dict[str, Judge] = {"6.1": _unweighted_probabilities, "6.2": _precision_of, "6.3": _higher_but_worse}
