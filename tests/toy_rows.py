"""Rows of a comparison whose numbers all follow from a score."""

import numpy as np

PAIRS = [(0, 3), (0, 4), (1, 5), (1, 6), (2, 7), (2, 8)]  # split, seed
TASKS = ("click", "buy")
MMOE = ("mmoe", None)
PICKED = ("mtnas", "picked")
RETRAINED = ("mtnas", "retrained")
SCORES = {
    MMOE: [1.5, 1.3, 1.4, 1.7, 1.2, 1.6],
    RETRAINED: [1.6, 1.35, 1.3, 1.9, 1.3, 1.9],
}
RNG = np.random.default_rng(0)


def make_row(pair, score, method=MMOE, tasks=TASKS, multiply_adds=None):
    """A row whose numbers all follow from its score."""
    return {
        "model": method[0],
        "variant": method[1],
        "split_seed": pair[0],
        "seed": pair[1],
        "score": score,
        "mtl_loss": 3 - 2 * score,
        "valid_score": score / 4,
        "multiply_adds": multiply_adds,
        "route": None,
        "test": {
            task: {"auc": score / 2, "log_loss": index + score}
            for index, task in enumerate(tasks)
        },
    }


def make_rows(method, scores, pairs=PAIRS, **kwargs):
    return [
        make_row(pair, score, method, **kwargs)
        for pair, score in zip(pairs, scores, strict=True)
    ]


def drawn(*methods, **kwargs):
    """Rows of methods with scores of their own."""
    return [
        row
        for method in methods
        for row in make_rows(method, RNG.normal(1.5, 0.1, 6), **kwargs)
    ]


def by_split(values):
    return np.reshape(values, (3, 2)).mean(axis=1)


def scores_of(rows, method):
    return np.array(
        [r["score"] for r in rows if (r["model"], r["variant"]) == method]
    )
