"""Plausible wrong answers to the exercises of notebook 07, by words of the hint that each must get."""

import torch


def mean_of_classes(lr, w, _counts):
    return lr / w.mean()


def largest_weight(lr, w, _counts):
    return lr / w.max()


def multiplied(lr, w, counts):
    return lr * (counts * w).sum() / counts.sum()


def sum_of_weights(lr, w, _counts):
    return lr / w.sum()


def unchanged(lr, _w, _counts):
    return lr


def all_cancel(_k, _optimizer, _divide_by):
    return 1.0


def sgd_notices(k, optimizer, _divide_by):
    return k if optimizer == "SGD" else 1.0


def divisor_alone(k, _optimizer, divide_by):
    return k if divide_by == "samples" else 1.0


def shrinks(k, optimizer, divide_by):
    return 1 / k if optimizer == "SGD" and divide_by == "samples" else 1.0


def adam_takes_a_root(k, optimizer, divide_by):
    return 1.0 if divide_by == "weights" else k if optimizer == "SGD" else k**0.5


def rounded_to_three_digits(k, optimizer, divide_by):
    return float(f"{k:.3g}") if optimizer == "SGD" and divide_by == "samples" else 1.0


def same_model_twice(held_out):
    return held_out, held_out


def exchanged(held_out):
    most_frequent = torch.arange(len(held_out)) == held_out.argmax()
    return torch.where(most_frequent, 0, held_out), torch.where(most_frequent, held_out, 0)


def better_everywhere(held_out):
    return held_out, torch.zeros_like(held_out)


def more_than_there_are(held_out):
    return held_out * 2, held_out


def one_model(held_out):
    return held_out


def word_left_out(held_out):
    most_frequent = torch.arange(len(held_out)) == held_out.argmax()
    return torch.where(most_frequent, held_out, 0), held_out[~most_frequent]


def words_found_instead_of_pairs(held_out):
    most_frequent = torch.arange(len(held_out)) == held_out.argmax()
    return most_frequent, ~most_frequent


def half_of_each_word(held_out):
    return held_out, held_out // 2


def one_word_each(held_out):
    words = torch.arange(len(held_out))
    return torch.where(words == held_out.argmax(), held_out, 0), torch.where(words == held_out.argmin(), held_out, 0)


def as_many_pairs(held_out):
    most_frequent = torch.arange(len(held_out)) == held_out.argmax()
    hits_b = torch.where(most_frequent, 0, held_out)
    return torch.where(most_frequent, hits_b.sum(), 0), hits_b


WRONG = {
    "7.1": {
        "You take the mean of the classes, each counted once.": mean_of_classes,
        "That keeps the step of the rarest class.": largest_weight,
        "You make large steps larger still.": multiplied,
        "You divide by the sum of the weights of all classes.": sum_of_weights,
        "By what does the mean gradient grow?": unchanged,
    },
    "7.2": {
        "For SGD and a loss divided by the samples you say that k cancels.": all_cancel,
        "For SGD and a loss divided by the weights you say that the update grows by k. What stands": sgd_notices,
        "For Adam and a loss divided by the samples you say that the update grows by k. The gradient": divisor_alone,
        "For SGD and a loss divided by the samples you let the update shrink": shrinks,
        "For Adam and a loss divided by the samples and k = ": adam_takes_a_root,
    },
    "7.3": {
        "A and B find equally many pairs.": same_model_twice,
        "B finds more pairs in all.": exchanged,
        "A wins or draws on the average word.": better_everywhere,
        "A model finds a whole number of pairs of each word, from none to all": more_than_there_are,
        "Return two tensors:": one_model,
        "Both tensors need one number a word,": word_left_out,
        "B finds more pairs in all. The colleague": words_found_instead_of_pairs,
        "Where can B win many words with few pairs?": half_of_each_word,
        "A wins or draws on the average word. Where can B win": one_word_each,
        "A has to find more.": as_many_pairs,
    },
}

RIGHT = {"7.2": [rounded_to_three_digits]}
