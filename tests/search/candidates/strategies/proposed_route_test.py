import collections
import functools
import itertools

import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.partitions import random_partition
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route

TASKS = ("click", "buy", "like", "share")
SPACES = {
    "one layer": RouteSpace(TASKS, 1, 4, query_scope="root"),
    "previous": RouteSpace(TASKS, 3, 4),
    "all": RouteSpace(TASKS, 3, 4, value_scope="all_prev"),
    "mean": RouteSpace(TASKS, 2, 4, gated=False),
    "narrow": RouteSpace(TASKS, 2, 3, dedup_singletons=True),
    "no choice": RouteSpace(TASKS, 2, 1, dedup_singletons=True),
}
COUNT = 1200


@functools.cache
def drawn_from(space, count):
    rng = np.random.default_rng(0)
    return [proposed_route(space, rng) for _ in range(count)]


def is_grouping(route):
    """Whether any two tasks share all or nothing, and each group as much."""
    reached = [set(route.reached(task)) for task in route.tasks]
    return len({len(each) for each in reached}) == 1 and all(
        a == b or not a & b for a, b in itertools.combinations(reached, 2)
    )


@pytest.mark.parametrize("name", SPACES)
def test_routes_lie_in_the_space(name):
    space = SPACES[name]
    for route in drawn_from(space, 50):
        space.check(route)


def test_a_planted_grouping_is_no_rarity():
    space = SPACES["one layer"]
    planted = space.hand_made.grouped([("click", "buy"), ("like", "share")])
    # Half of the draws, one of 15 partitions, one of two shares; and by chance.
    drawn = drawn_from(space, COUNT)
    share = np.mean([route.blocks == planted.blocks for route in drawn])
    assert abs(share - 1 / 60) < 4 * np.sqrt(1 / 60 / COUNT)
    assert share > 100 / space.size  # the chance, were it uniform


def test_half_of_the_routes_read_any_number_equally_often():
    drawn = drawn_from(SPACES["one layer"], COUNT)
    routes = [route for route in drawn if not is_grouping(route)]
    for task in TASKS:
        sizes = [len(route.blocks[task].combination) for route in routes]
        counts = np.bincount(sizes, minlength=5)[1:]
        # Those that are groupings by chance are left out, one in fifty.
        expected = len(routes) / 4
        assert np.abs(counts / expected - 1).max() < 0.02 + 4 / expected**0.5
    assert abs(len(routes) / COUNT - 1 / 2) < 0.05


def test_groups_are_as_deep_as_the_space_allows():
    def depths(name):
        grouped = [r for r in drawn_from(SPACES[name], 50) if is_grouping(r)]
        return {
            route.layer_of(route.blocks[task].combination[0])
            for route in grouped
            for task in TASKS
        }

    assert depths("previous") == {2}
    assert depths("all") == {0, 1, 2}


@pytest.mark.parametrize(("most", "count"), [(1, 1), (2, 8), (3, 14), (9, 15)])
def test_partitions_are_equally_likely(most, count):
    rng = np.random.default_rng(0)
    drawn = collections.Counter(
        tuple(map(tuple, random_partition(TASKS, most, rng)))
        for _ in range(COUNT)
    )
    assert len(drawn) == count  # Stirling numbers of the second kind, summed
    assert all(
        sorted(itertools.chain(*groups)) == sorted(TASKS) for groups in drawn
    )
    assert max(map(len, drawn)) <= most
    expected = COUNT / count
    for observed in drawn.values():
        assert abs(observed - expected) <= 4 * np.sqrt(expected)


def test_any_number_of_tables_is_equally_frequent():
    space = RouteSpace(TASKS, 1, 4, query_scope="root", num_tables=2)
    drawn = drawn_from(space, COUNT)
    for route in drawn:
        space.check(route)
    # Half of the routes are drawn over one table, and so are some by chance.
    groupings = [route for route in drawn if is_grouping(route)]
    others = [route for route in drawn if not is_grouping(route)]
    one = np.mean([route.used_roots == ("root",) for route in others])
    assert 0.5 < one < 0.7
    for route in groupings:
        for task in TASKS:  # a group reads one table
            assert len(route.roots_of(task)) == 1
    # As often as not, where there are two groups.
    parted = [r for r in groupings if len({*map(r.reached, TASKS)}) > 1]
    apart = np.mean([len(route.used_roots) == 2 for route in parted])
    assert abs(apart - 0.5) < 4 * 0.5 / len(parted) ** 0.5


def test_one_table_draws_as_before_there_were_several():
    space = SPACES["all"]
    drawn = drawn_from(space, 20)
    assert not any(route.roots for route in drawn)


def test_any_number_of_sub_networks_is_linear():
    space = RouteSpace(TASKS, 1, 4, query_scope="root", has_linear=True)
    drawn = drawn_from(space, COUNT)
    full = [route for route in drawn if len(route.reached()) == 4]
    counts = np.bincount([len(route.linear) for route in full], minlength=5)
    expected = len(full) / 5
    assert np.abs(counts - expected).max() < 4 * expected**0.5
    for route in drawn:
        space.check(route)
