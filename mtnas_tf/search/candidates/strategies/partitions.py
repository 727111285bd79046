"""Partitions of tasks into groups, drawn uniformly."""

import functools
from collections.abc import Sequence

import numpy as np


def random_partition(
    tasks: Sequence[str], most: int, rng: np.random.Generator
) -> list[list[str]]:
    """Groups of the tasks, at most `most`, each partition equally likely.

    Args:
        tasks: names.
        most: int > 0.
        rng: source of randomness.

    Example:
    >>> random_partition("abc", most=1, rng=np.random.default_rng(0))
    [['a', 'b', 'c']]
    """
    groups: list[list[str]] = []
    for index, task in enumerate(tasks):
        left = len(tasks) - index - 1
        joined = _count_partitions(left, len(groups), most)
        alone = _count_partitions(left, len(groups) + 1, most)
        chances = np.array([joined] * len(groups) + [alone], float)
        chosen = int(rng.choice(len(chances), p=chances / chances.sum()))
        if chosen == len(groups):
            groups.append([])
        groups[chosen].append(task)
    return groups


@functools.cache
def _count_partitions(left: int, used: int, most: int) -> int:
    """Ways to deal the tasks that are left, to groups in use or new ones."""
    if used > most:
        return 0
    if not left:
        return 1
    joined = used * _count_partitions(left - 1, used, most)
    return joined + _count_partitions(left - 1, used + 1, most)
