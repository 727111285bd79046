import itertools

import numpy as np
import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes.local_routes import LocalRoutes

VALUES = ("a", "b", "c", "d", "e")


def listed(queries, single_queries):
    """The routes as the definition says, one after another."""
    return [
        BlockRoute(names, query)
        for size in range(1, len(VALUES) + 1)
        for names in itertools.combinations(VALUES, size)
        for query in (single_queries if size == 1 else queries)
    ]


@pytest.mark.parametrize(
    ("queries", "single"),
    [
        (("root", "a", "x"), ("root", "a", "x")),
        (("root", "a", "x"), (None,)),
        ((None,), (None,)),
    ],
)
def test_are_the_listed_ones(queries, single):
    expected = listed(queries, single)
    routes = LocalRoutes(VALUES, queries, single)
    assert len(routes) == routes.count_all == len(expected)
    assert list(routes) == expected
    assert [routes[i] for i in range(len(expected))] == expected
    assert routes[-1] == expected[-1]
    assert routes == LocalRoutes(VALUES, queries, single)
    assert routes != LocalRoutes(VALUES[:-1], queries, single)
    assert routes[3:9:2] == expected[3:9:2]
    for index, route in enumerate(expected):
        if len(route.combination) > 1:
            assert routes.index(route) == index
    # Those of a single value compute the same: the first stands for all.
    for value in VALUES:
        first = expected.index(BlockRoute((value,), single[0]))
        assert routes.index(BlockRoute((value,), "x")) == first


def test_other_routes_are_refused():
    routes = LocalRoutes(VALUES, ("root",))
    for route in (
        BlockRoute(("a", "b"), "a"),
        BlockRoute(("a", "z"), "root"),
        BlockRoute(("z",)),
    ):
        with pytest.raises(ValueError, match="none of the local routes"):
            routes.index(route)
    with pytest.raises(IndexError, match="below 31. Received: index=31"):
        routes[31]
    with pytest.raises(IndexError, match="index=-32"):
        routes[-32]


def test_many_values_cost_nothing():
    names = tuple(map(str, range(100)))
    routes = LocalRoutes(names, ("root", "x"))
    assert routes.count_all == 2 * (2**100 - 1)
    route = BlockRoute(names, "x")
    assert routes.index(route) == routes.count_all - 1
    assert routes[routes.count_all - 1] == route
    some = BlockRoute(names[::3], "root")
    assert routes[routes.index(some)] == some


def test_sizes_are_drawn_equally_often():
    routes = LocalRoutes(VALUES, ("root", "x"), (None,))
    rng = np.random.default_rng(0)
    drawn = [routes[routes.draw_by_size(rng)] for _ in range(5000)]
    sizes = np.bincount([len(route.combination) for route in drawn])[1:]
    assert np.abs(sizes - 1000).max() < 4 * np.sqrt(800)
    assert set(drawn) == set(routes)


@pytest.mark.parametrize("single_queries", [None, (None,)])
def test_neighbours_differ_in_one_edge_or_the_query(single_queries):
    routes = LocalRoutes(("s1", "s2", "s3"), ("root", "s4"), single_queries)
    rng = np.random.default_rng(0)
    start = BlockRoute(("s1", "s3"), "s4")
    found = [routes.neighbour(start, rng) for _ in range(400)]
    expected = [
        BlockRoute(("s3",)),
        BlockRoute(("s1", "s2", "s3"), "s4"),
        BlockRoute(("s1",)),
        BlockRoute(("s1", "s3"), "root"),
    ]
    assert set(found) == set(expected)
    for each in expected:
        assert abs(found.count(each) - 100) < 4 * (400 * 3 / 16) ** 0.5
        routes.index(each)  # in the space


def test_neighbours_of_a_single_value():
    routes = LocalRoutes(("s1", "s2", "s3"), ("root", "s4"))
    rng = np.random.default_rng(0)
    single = BlockRoute(("s2",))
    found = {routes.neighbour(single, rng) for _ in range(200)}
    assert found == {
        *(BlockRoute((name,)) for name in ("s1", "s3")),
        *(BlockRoute(("s1", "s2"), query) for query in ("root", "s4")),
        *(BlockRoute(("s2", "s3"), query) for query in ("root", "s4")),
    }
    alone = LocalRoutes(("s1",), ("root",))
    assert alone.neighbour(BlockRoute(("s1",)), rng) == BlockRoute(("s1",))


def test_neighbours_of_many_values_are_not_listed():
    names = tuple(f"s{i}" for i in range(1, 201))
    routes = LocalRoutes(names, ("root",))
    start = BlockRoute(names, "root")
    drawn = routes.neighbour(start, np.random.default_rng(0))
    assert len(drawn.combination) == 199
