import itertools

import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies import new_strategy
from mtnas_tf.search.candidates.strategies.catalog import UNIFORM


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


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_draws_are_those_of_the_space_from_the_first_on(name):
    space = RouteSpace(tuple("abcde"), 2, 4, num_tables=2)
    strategy = new_strategy(name, space, "uniform")
    strategy.plan(12, 4)
    routes = strategy.propose([], 6, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    assert routes == [space.random_route(rng) for _ in routes]


def test_a_surrogate_chooses_from_uniform_draws():
    space = RouteSpace(tuple("abcde"), 2, 4)
    strategy = new_strategy("surrogate", space, "uniform")
    strategy.pool_size = 8
    strategy.plan(8, 4)
    rng = np.random.default_rng(0)
    trials = [
        Trial(route, float(len(route.reached())))
        for route in strategy.propose([], 8, rng)
    ]
    (chosen,) = strategy.propose(trials, 1, np.random.default_rng(4))
    rng = np.random.default_rng(4)
    pool = [space.random_route(rng) for _ in range(8)]
    assert chosen in pool
    sizes = [len(route.reached()) for route in pool]
    assert len(chosen.reached()) == max(sizes) > min(sizes)


@pytest.mark.parametrize("name", sorted(set(STRATEGIES) - set(UNIFORM)))
def test_strategies_that_do_not_draw_uniformly(name):
    space = RouteSpace(("a", "b"), 1, 2)
    with pytest.raises(ValueError, match=f"`strategy` must.*'{name}'"):
        new_strategy(name, space, "uniform")
