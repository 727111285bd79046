"""Training and validation rows, dealt anew several times."""

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.split import Split


def deals(
    data: MultiTaskData, count: int, seed: int = 0
) -> list[MultiTaskData]:
    """The same rows with other training and validation rows, several times.

    Validation parts are disjoint where there are rows enough. The test split
    stays as it is; so do vocabularies, which were made of the training rows.

    Args:
        data: `MultiTaskData`.
        count: int > 1. Number of deals.
        seed: int >= 0. Of the order. Defaults to `0`.
    """
    rows = Split.concatenate([data.splits["train"], data.splits["valid"]])
    num_valid = min(len(data.splits["valid"]), len(rows) // count)
    order = np.random.default_rng(seed).permutation(len(rows))
    found = []
    for index in range(count):
        first = index * num_valid
        is_valid = np.zeros(len(rows), bool)
        is_valid[order[first : first + num_valid]] = True
        found.append(
            MultiTaskData(
                data.schema,
                rows.take(np.flatnonzero(~is_valid)),
                rows.take(np.flatnonzero(is_valid)),
                data.splits["test"],
                batch_size=data.batch_size,
                seed=data.seed,
            )
        )
    return found
