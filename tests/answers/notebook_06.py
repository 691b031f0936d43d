"""Plausible wrong answers to the exercises of notebook 06, by words of the hint that each must get."""

import torch


def adds_log_w(z, w):
    return (z + w.log()).softmax(dim=1)


def leaves_weights_in(z, _w):
    return z.softmax(dim=1)


def subtracts_w(z, w):
    return (z - w).softmax(dim=1)


def stops_at_logits(z, w):
    return z - w.log()


def does_not_normalise(z, w):
    return z.softmax(dim=1) / w


def shares_without_counts(_n_c, _n, recall, false_alarm):
    return recall / (recall + false_alarm)


def alarms_of_all(n_c, n, recall, false_alarm):
    return n_c * recall / (n_c * recall + n * false_alarm)


def share_of_wrong_alarms(n_c, n, recall, false_alarm):
    return (n - n_c) * false_alarm / (n_c * recall + (n - n_c) * false_alarm)


def _rare_drowned(counts):
    matrix = torch.diag(counts)
    moved = counts[0] // 4
    matrix[0, 0] -= moved
    matrix[0, 2] += moved
    return matrix


def _rare_half_missed(counts):
    matrix = torch.diag(counts)
    moved = (counts[2] + 1) // 2
    matrix[2, 2] -= moved
    matrix[2, 0] += moved
    return matrix


def swapped(counts):
    return _rare_half_missed(counts), _rare_drowned(counts)


def predictions_in_rows(counts):
    return _rare_drowned(counts).T, _rare_half_missed(counts).T


def perfect_and_spoiled(counts):
    return torch.diag(counts), _rare_drowned(counts)


def spoiled_and_perfect(counts):
    return _rare_drowned(counts), torch.diag(counts)


WRONG = {
    "6.1": {
        "Your sign is that of training, which made the logits of heavy classes": adds_log_w,
        "These are the probabilities that the weighted network states.": leaves_weights_in,
        "You subtract the weights themselves.": subtracts_w,
        "These are logits: they are right up to a constant, but they are not": stops_at_logits,
        "The ratios within a row are right.": does_not_normalise,
    },
    "6.2": {
        "You use the two shares and no counts.": shares_without_counts,
        "You let all samples give false alarms.": alarms_of_all,
        "That is the share of the alarms that are wrong.": share_of_wrong_alarms,
    },
    "6.3": {
        "That is the other way round, or a draw.": swapped,
        "The columns of A sum to the counts.": predictions_in_rows,
        "A wins both:": perfect_and_spoiled,
        "B wins both, or draws.": spoiled_and_perfect,
    },
}
