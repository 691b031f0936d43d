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


def averages_over_samples(z, w):
    return (z - w.log()).softmax(dim=1) / len(z)


def divides_logits(z, w):
    return (z / w).softmax(dim=1)


def shares_without_counts(_n_c, _n, recall, false_alarm):
    return recall / (recall + false_alarm)


def alarms_of_all(n_c, n, recall, false_alarm):
    return n_c * recall / (n_c * recall + n * false_alarm)


def share_of_wrong_alarms(n_c, n, recall, false_alarm):
    return (n - n_c) * false_alarm / (n_c * recall + (n - n_c) * false_alarm)


def number_of_right_alarms(n_c, _n, recall, _false_alarm):
    return torch.tensor(n_c * recall)


def recall_alone(_n_c, _n, recall, _false_alarm):
    return recall


def right_alarms_over_all_samples(n_c, n, recall, _false_alarm):
    return n_c * recall / n


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


def perfect_and_hopeless(counts):
    return torch.diag(counts), torch.diag(counts).roll(1, dims=1)


def two_perfect(counts):
    return torch.diag(counts), torch.diag(counts)


def one_matrix(counts):
    return _rare_drowned(counts)


def class_left_out(counts):
    return _rare_drowned(counts), _rare_half_missed(counts)[:2, :2]


def part_of_a_sample(counts):
    matrix = torch.diag(counts).double()
    matrix[0, 2] = counts[0] / 7
    matrix[0, 0] -= matrix[0, 2]
    return matrix, _rare_half_missed(counts)


def moves_more_than_there_are(counts):
    matrix = torch.diag(counts)
    matrix[2, 0] = 2 * counts[2]
    matrix[2, 2] -= matrix[2, 0]
    return _rare_drowned(counts), matrix


def copies_instead_of_moving(counts):
    matrix = torch.diag(counts)
    matrix[0, 2] = counts[0] // 4
    return matrix, _rare_half_missed(counts)


def as_lists(counts):
    return _rare_drowned(counts).tolist(), _rare_half_missed(counts).tolist()


def as_one_tensor(counts):
    return torch.stack([_rare_drowned(counts), _rare_half_missed(counts)])


WRONG = {
    "6.1": {
        "Your sign is that of training, which made the logits of heavy classes": adds_log_w,
        "These are the probabilities that the weighted network states.": leaves_weights_in,
        "You subtract the weights themselves.": subtracts_w,
        "These are logits: they are right up to a constant, but they are not": stops_at_logits,
        "The ratios within a row are right.": does_not_normalise,
        "Each row should sum to one. Your first row sums to 0.1667.": averages_over_samples,
        "Your rows sum to one, but the ratios within a row are off.": divides_logits,
    },
    "6.2": {
        "You use the two shares and no counts.": shares_without_counts,
        "You let all samples give false alarms.": alarms_of_all,
        "That is the share of the alarms that are wrong.": share_of_wrong_alarms,
        "That is the number of right alarms.": number_of_right_alarms,
        " samples, recall 0.": recall_alone,
        "Count the right alarms and the false ones.": right_alarms_over_all_samples,
    },
    "6.3": {
        "That is the other way round, or a draw.": swapped,
        "The columns of A sum to the counts.": predictions_in_rows,
        "A wins both:": perfect_and_spoiled,
        "B wins both, or draws.": spoiled_and_perfect,
        "A has balanced accuracy 1.000 and macro F1 1.000, B 0.000 and 0.000. A wins both:": perfect_and_hopeless,
        "A has balanced accuracy 1.000 and macro F1 1.000, B 1.000 and 1.000. That is the other": two_perfect,
        "Return two confusion matrices, A and B.": one_matrix,
        "B has shape (2, 2); a confusion matrix of three classes has shape (3, 3).": class_left_out,
        "A has an entry that is not a number of samples:": part_of_a_sample,
        "B has an entry that is not a number of samples:": moves_more_than_there_are,
        "The rows of A do not sum to the counts": copies_instead_of_moving,
    },
}

RIGHT = {"6.3": [as_lists, as_one_tensor]}
