"""Weights of tasks by the precision of their AUCs."""

import math

import numpy as np

from mtnas_tf.data import MultiTaskData

BINARY = "binary"


def precision_weights(data: MultiTaskData) -> dict[str, float]:
    """How much each task should count where noise should count least.

    In a plain sum of AUCs the rarest task varies most, and decides by chance
    which network is best. Weighted by the inverse of its variances, a sum tells
    best whether a network is better in all tasks alike; it hardly sees what a
    rare task alone gains. The variance is that of scores that say nothing,
    `(p + n + 1) / (12 p n)` with `p` positives and `n` negatives, which is that
    of the Mann-Whitney statistic.

    Args:
        data: `MultiTaskData` of binary tasks; its `valid` split is counted.

    Returns:
        dict task name -> weight, 1 in the mean.

    Raises:
        ValueError: if a task is not binary, or has labels of one class alone.

    Example:
    >>> frame = pd.DataFrame({"user": list("abcd") * 50})
    >>> frame["click"], frame["like"] = [0, 1] * 100, [1, *[0] * 9] * 20
    >>> data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=16)
    >>> weights = mt.search.precision_weights(data)
    >>> weights["click"] > weights["like"] > 0
    True
    >>> data = data.with_score_weights(weights)

    Reference:
    - [Mann and Whitney, 1947](https://doi.org/10.1214/aoms/1177730491).
    """
    found = {}
    for task in data.schema.tasks:
        labels = data.splits["valid"].labels[task.name]
        positives, negatives = (int(np.sum(labels == k)) for k in (1, 0))
        if task.kind != BINARY or not positives or not negatives:
            raise ValueError(
                "`data` must have binary tasks, each with positive and "
                f"negative labels in `valid`. Received: {task.name!r}, "
                f"{task.kind}, with {positives} and {negatives}"
            )
        pairs = positives * negatives
        found[task.name] = 12 * pairs / (positives + negatives + 1)
    mean = math.fsum(found.values()) / len(found)
    return {name: weight / mean for name, weight in found.items()}
