"""The Pareto front of cost and score."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import TypeVar

Entry = TypeVar("Entry")


def pareto_front(
    entries: Iterable[Entry],
    cost: Callable[[Entry], float],
    score: Callable[[Entry], float],
) -> list[Entry]:
    """Entries that no other is both better and cheaper than, cheapest first.

    Args:
        entries: of any kind.
        cost: callable `(entry)` -> float, smaller is better.
        score: callable `(entry)` -> float, larger is better.

    Example:
    >>> entries = [(1, 0.7), (2, 0.6), (3, 0.9)]
    >>> pareto_front(entries, lambda entry: entry[0], lambda entry: entry[1])
    [(1, 0.7), (3, 0.9)]
    """
    front: list[Entry] = []
    for entry in sorted(entries, key=lambda e: (cost(e), -score(e))):
        if not front or score(entry) > score(front[-1]):
            front.append(entry)
    return front
