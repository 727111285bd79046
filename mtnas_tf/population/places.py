"""Deals any number of jobs to the places of a population."""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import TypeVar

Job = TypeVar("Job")


def in_places(
    jobs: Sequence[Job], num_places: int
) -> Iterator[tuple[list[Job], int]]:
    """The jobs of every place, one turn after the other.

    Args:
        jobs: in the order in which they are done.
        num_places: int > 0.

    Yields:
        A job for each place, and how many of them are not done yet: places
        without a job of their own do the last one again.

    Example:
    >>> list(in_places(["a", "b", "c"], num_places=2))
    [(['a', 'b'], 2), (['c', 'c'], 1)]
    """
    for start in range(0, len(jobs), num_places):
        part = list(jobs[start : start + num_places])
        yield part + part[-1:] * (num_places - len(part)), len(part)
