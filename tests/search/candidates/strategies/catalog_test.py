import itertools

import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies import new_strategy


def groups_of(route):
    """The tasks that share all, if those of different groups share nothing."""
    groups = {}
    for task in route.tasks:
        groups.setdefault(route.reached(task), set()).add(task)
    assert not any(
        set(a) & set(b) for a, b in itertools.combinations(groups, 2)
    )
    return frozenset(map(frozenset, groups.values()))


@pytest.mark.parametrize("name", STRATEGIES)
def test_few_tasks_are_parted_in_two_in_every_way(name):
    space = RouteSpace(("a", "b", "c", "d"), 2, 4, value_scope="all_prev")
    first = new_strategy(name, space).first
    hand_made = list(dict.fromkeys(space.hand_made_routes().values()))
    assert first[: len(hand_made)] == hand_made
    found = {groups_of(route) for route in first[len(hand_made) :]}
    assert len(found) == len(first) - len(hand_made) == 7
    assert all(len(groups) == 2 for groups in found)
    for route in first:
        space.check(route)


@pytest.mark.parametrize(
    ("num_tasks", "num_subnetworks", "count"),
    [(2, 4, 0), (3, 4, 3), (3, 2, 3), (4, 1, 0), (5, 5, 0)],
)
def test_two_tasks_or_many_are_not_parted(num_tasks, num_subnetworks, count):
    tasks = tuple("abcde"[:num_tasks])
    space = RouteSpace(tasks, 1, num_subnetworks, dedup_singletons=True)
    hand_made = dict.fromkeys(space.hand_made_routes().values())
    first = new_strategy("random", space).first
    assert len(first) == len(hand_made) + count


@pytest.mark.parametrize(
    ("num_tasks", "num_tables", "count"),
    [(2, 2, 0), (3, 1, 0), (3, 2, 3), (5, 2, 5)],
)
def test_each_task_apart_with_a_table(num_tasks, num_tables, count):
    tasks = tuple("abcde"[:num_tasks])
    space = RouteSpace(tasks, 1, 4, num_tables=num_tables)
    first = new_strategy("random", space).first
    apart = {
        groups_of(route)
        for route in first
        if route.used_roots == ("root", "root2") and num_tasks > 2
    }
    assert apart == {
        frozenset([frozenset(task), frozenset(set(tasks) - {task})])
        for task in tasks[:count]
    }
    for route in first:
        space.check(route)
