"""Ways to part tasks into groups that share a network."""

import itertools
from collections.abc import Iterator
from collections.abc import Sequence

Group = tuple[str, ...]
Grouping = tuple[Group, ...]

ALL_UP_TO = 4  # tasks, of which there are 15 groupings


def groupings(tasks: Sequence[str]) -> list[Grouping]:
    """Groupings that tell with whom a task should share.

    Of up to four tasks all there are. Of more, tasks apart, all together, each
    pair with all others apart, and all but one together.

    Args:
        tasks: names, at least two.

    Returns:
        groupings, all tasks together first, all apart last.

    Example:
    >>> for grouping in groupings(["a", "b", "c"]):
    ...     print(name_of(grouping))
    a+b+c
    a | b+c
    a+b | c
    a+c | b
    a | b | c
    """
    tasks = tuple(tasks)
    if len(tasks) <= ALL_UP_TO:
        found = list(_partitions(tasks))
    else:
        pairs = itertools.combinations(tasks, 2)
        all_but_one = itertools.combinations(tasks, len(tasks) - 1)
        groups = [tasks, *all_but_one, *pairs, tasks[:1]]
        found = [_with_others_apart(tasks, group) for group in groups]
    return sorted(found, key=len)


def name_of(grouping: Grouping) -> str:
    """A grouping as `click+like | buy`."""
    return " | ".join("+".join(group) for group in grouping)


def pair_alone(tasks: Sequence[str], pair: Group) -> Grouping:
    """The grouping in which a pair shares, and all others are apart."""
    return _with_others_apart(tuple(tasks), pair)


def _with_others_apart(tasks: Group, group: Group) -> Grouping:
    parts = [group, *((task,) for task in tasks if task not in group)]
    return tuple(sorted(parts, key=lambda part: tasks.index(part[0])))


def _partitions(tasks: Group) -> Iterator[Grouping]:
    """Every way to part some tasks."""
    if len(tasks) == 1:
        yield (tasks,)
        return
    first, rest = tasks[0], tasks[1:]
    for smaller in _partitions(rest):
        for index, group in enumerate(smaller):
            yield ((first, *group), *smaller[:index], *smaller[index + 1 :])
        yield ((first,), *smaller)
