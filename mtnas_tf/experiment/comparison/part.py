"""A part of a comparison, which one job makes."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from mtnas_tf.data.stored_data import StoredData

# What trains the rows of a part, see `part_worker`.
SEARCH = "search"
BASELINE = "baseline"
EQUAL_COST = "MMoE of equal cost"
HAND_MADE = "hand-made routes"
RANDOM = "random routes"
RANDOM_SUPERNET = "random routes of a supernet"
RETRAINED = "retrained"
SECONDS = "seconds of MMoE"


@dataclasses.dataclass(frozen=True)
class Part:
    """Rows of a method on a split, for seeds that are trained side by side.

    Args:
        kind: one of the constants above.
        split: int.
        seeds: ints. Of its pairs.
        args: further arguments of what trains it. Defaults to `()`.
        label: of the method. Defaults to `""`, the kind.
    """

    kind: str
    split: int
    seeds: Sequence[int]
    args: tuple[Any, ...] = ()
    label: str = ""


@dataclasses.dataclass(frozen=True)
class PartJob:
    """A part, with all that another process needs to make it.

    Args:
        part: `Part`.
        config: JSON of the comparison's config.
        data: `StoredData` of the split.
        first: `StoredData` of the first split.
        num_trainings: int. Networks that a search has trained.
    """

    part: Part
    config: str
    data: StoredData
    first: StoredData
    num_trainings: int

    @property
    def name(self) -> str:
        """The method, the split and the seeds."""
        part = self.part
        found = f"{part.label or part.kind}, split {part.split}"
        if not part.seeds:
            return found
        noun = "seed" if len(part.seeds) == 1 else "seeds"
        return f"{found}, {noun} {', '.join(map(str, part.seeds))}"


def side_by_side(
    seeds: Sequence[int], count: int, num_places: int
) -> list[list[int]]:
    """Seeds whose networks fill populations, as in one process.

    Args:
        seeds: of a split.
        count: int > 0. Networks for each.
        num_places: int > 0. Of a population.

    Example:
    >>> side_by_side([3, 4, 5, 6], count=6, num_places=4)
    [[3, 4], [5, 6]]
    """
    size = num_places // math.gcd(count, num_places)
    if len(seeds) % size:
        return [list(seeds)]  # the last population has seeds of its own
    starts = range(0, len(seeds), size)
    return [list(seeds[start : start + size]) for start in starts]
