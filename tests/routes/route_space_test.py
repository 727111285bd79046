import tracemalloc

import numpy as np
import pytest

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

TASKS = ("click", "buy")
SCOPES = {
    "default": {},
    "all_prev": {"query_scope": "all_prev"},
    "root": {"query_scope": "root"},
    "not gated": {"gated": False},
    "dedup": {"dedup_singletons": True},
    "all values": {"value_scope": "all_prev", "dedup_singletons": True},
}


def test_sizes_of_the_papers_space():
    space = RouteSpace(TASKS, num_layers=2, num_subnetworks=4)
    assert [len(block.routes) for block in space.blocks] == [75] * 6
    assert space.size == (15 * 5) ** 6
    assert space.size == pytest.approx(1.78e11, rel=1e-3)
    three = RouteSpace((*TASKS, "rate"), num_layers=2, num_subnetworks=4)
    assert three.size == pytest.approx(1.33e13, rel=5e-3)


@pytest.mark.parametrize(
    ("kwargs", "hidden", "tasks"),
    [
        ({"dedup_singletons": True}, 59, 59),
        ({"query_scope": "all_prev"}, 75, 15 * 9),
        ({"query_scope": "root"}, 15, 15),
        ({"gated": False}, 15, 15),
        ({"gated": False, "value_scope": "all_prev"}, 15, 255),
    ],
)
def test_local_routes(kwargs, hidden, tasks):
    space = RouteSpace(TASKS, 2, 4, **kwargs)
    sizes = {block.consumer: len(block.routes) for block in space.blocks}
    assert list(sizes) == ["s5", "s6", "s7", "s8", *TASKS]
    assert set(list(sizes.values())[:4]) == {hidden}
    assert set(list(sizes.values())[4:]) == {tasks}


def test_queries_of_all_layers():
    space = RouteSpace(TASKS, 2, 4, query_scope="all_prev")
    names = tuple(f"s{i}" for i in range(1, 9))
    assert [block.queries for block in space.blocks[-2:]] == [names, names]


def test_combinations_and_queries_as_indices():
    block = RouteSpace(TASKS, 1, 2).blocks[0]
    assert block.combinations == [[0]] * 3 + [[1]] * 3 + [[0, 1]] * 3
    assert block.query_indices == [-1, 0, 1] * 3


@pytest.mark.parametrize("kwargs", SCOPES.values(), ids=SCOPES)
def test_choices_invert_route(kwargs):
    space = RouteSpace(TASKS, 2, 4, **kwargs)
    sizes = [len(block.routes) for block in space.blocks]
    for start in range(max(sizes)):
        choices = np.array([(start + 7 * b) % n for b, n in enumerate(sizes)])
        route = space.route(choices)
        found = space.choices(route)
        assert found.dtype == np.int32
        assert space.route(found).blocks == route.blocks
        for block, given, index in zip(
            space.blocks, choices, found, strict=True
        ):
            local = block.routes[given]
            assert block.routes[index].combination == local.combination
            if len(local.combination) > 1:
                assert index == given
            else:
                assert index == min(
                    i
                    for i, other in enumerate(block.routes)
                    if other.combination == local.combination
                )


def test_local_routes_are_distinct():
    for kwargs in SCOPES.values():
        for block in RouteSpace(TASKS, 3, 3, **kwargs).blocks:
            assert len(set(block.routes)) == len(block.routes)


def test_choices_of_a_task_order_of_its_own():
    space = RouteSpace(TASKS, 1, 2)
    route = space.route([6, 0])
    swapped = Route(1, 2, dict(reversed(route.blocks.items())))
    np.testing.assert_array_equal(space.choices(swapped), [6, 0])


def test_hand_made_routes_lie_in_the_space():
    for scope, tasks, names in (
        ("prev", TASKS, ["full", "disjoint", "chain"]),
        ("prev", ("a", "b", "c"), ["full"]),
        (
            "all_prev",
            TASKS,
            ["full", "disjoint", "chain", "one_layer", "one_layer_disjoint"],
        ),
        ("all_prev", ("a", "b", "c"), ["full", "one_layer"]),
    ):
        space = RouteSpace(tasks, 2, 2, value_scope=scope)
        routes = space.hand_made_routes()
        assert list(routes) == [f"{name}_route" for name in names]
        for route in routes.values():
            assert space.route(space.choices(route)).blocks == route.blocks


def test_random_routes_are_uniform_and_seeded():
    space = RouteSpace(TASKS, 1, 2)
    rng = np.random.default_rng(0)
    routes = [space.random_route(rng) for _ in range(2000)]
    share = np.mean([len(r.blocks["buy"].combination) == 2 for r in routes])
    # Four standard errors around 1/3.
    assert abs(share - 1 / 3) < 4 * np.sqrt(2 / 9 / 2000)
    assert routes[0] == space.random_route(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_layers": 0}, "`num_layers`.*num_layers=0"),
        ({"num_subnetworks": 0}, "`num_subnetworks` must.*num_subnetworks=0"),
        ({"query_scope": "next"}, "`query_scope` must.*query_scope='next'"),
        ({"value_scope": "next"}, "`value_scope` must.*value_scope='next'"),
        ({"tasks": ("s3",)}, r"`tasks` must not.*\['s3'\]"),
        ({"tasks": ("root",)}, r"`tasks` must not.*\['root'\]"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    defaults = {"tasks": TASKS, "num_layers": 2, "num_subnetworks": 2}
    with pytest.raises(ValueError, match=message):
        RouteSpace(**(defaults | kwargs))


def test_a_route_of_another_space_is_refused():
    space = RouteSpace(TASKS, 2, 4, query_scope="root")
    other = RouteSpace(TASKS, 2, 3).full_route()
    with pytest.raises(ValueError, match="`route` must have 2 layers of 4"):
        space.choices(other)
    # The last local route asks a sub-network.
    asking = RouteSpace(TASKS, 2, 4).route([74] * 6)
    with pytest.raises(ValueError, match=r"`route` must lie in.*s5 <- s1\+s2"):
        space.choices(asking)


def test_a_space_of_many_sub_networks_lists_no_subsets():
    tracemalloc.start()
    small = RouteSpace(TASKS, 2, 16)
    for route in small.hand_made_routes().values():
        assert small.route(small.choices(route)) == route
    space = RouteSpace(TASKS, 2, 64, query_scope="root")
    for route in space.hand_made_routes().values():
        space.check(route)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert space.size == (2**64 - 1) ** 66
    assert peak < 10e6


def test_random_routes_of_many_sub_networks_are_uniform():
    space = RouteSpace(("click",), 1, 64, query_scope="root")
    rng = np.random.default_rng(0)
    routes = [space.random_route(rng) for _ in range(200)]
    for route in routes:
        space.check(route)
    sizes = [len(route.blocks["click"].combination) for route in routes]
    # Each is read with probability 1/2: four standard errors.
    assert abs(np.mean(sizes) - 32) < 4 * 4 / np.sqrt(200)


@pytest.mark.parametrize(
    ("kwargs", "most", "count"),
    [({}, 10, "24,564"), ({"query_scope": "root"}, 14, "32,767")],
)
def test_too_many_local_routes_are_counted_not_listed(kwargs, most, count):
    RouteSpace(TASKS, 1, most, **kwargs).check_local_routes()
    with pytest.raises(
        ValueError,
        match=f"at most 16,384 local routes.*num_subnetworks={most + 1}, "
        f"{count} local routes",
    ):
        RouteSpace(TASKS, 1, most + 1, **kwargs).check_local_routes()


def test_routes_over_several_tables():
    space = RouteSpace(TASKS, 2, 3, num_tables=2)
    one = RouteSpace(TASKS, 2, 3)
    assert space.size == 2**3 * one.size
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    routes = [space.random_route(rng) for _ in range(60)]
    # The first draws are those of a space of one table.
    assert routes[0].blocks == one.random_route(same).blocks
    assert {route.used_roots for route in routes} == {
        ("root",),
        ("root", "root2"),
    }
    full = [r for r in routes if len(r.reached()) > 3]
    seen = {name for route in full for name in route.roots}
    assert seen == {"s2", "s3"}  # s1 gives the first its number
    for route in routes:
        space.check(route)
        bare = Route(2, 3, route.blocks)
        assert space.route(space.choices(route)) == bare
    assert RouteSpace(**space.get_config()).roots == ("root", "root2")


def test_more_tables_than_the_space_has_are_refused():
    route = RouteSpace(TASKS, 1, 3).full_route()
    route = route.with_roots({"s2": "root2", "s3": "root3"})
    RouteSpace(TASKS, 1, 3, num_tables=3).check(route)
    with pytest.raises(ValueError, match="must read at most 2 root features"):
        RouteSpace(TASKS, 1, 3, num_tables=2).check(route)


def test_a_task_must_not_be_called_like_a_root_feature():
    tasks = ("click", "root2")
    assert RouteSpace(tasks, 1, 2).tasks == tasks
    with pytest.raises(ValueError, match="`tasks` must not.*root2"):
        RouteSpace(tasks, 1, 2, num_tables=2)


@pytest.mark.parametrize(
    ("num_subnetworks", "num_tables", "has_own"),
    [(4, 1, False), (4, 2, True), (1, 2, False)],
)
def test_own_tables_are_a_hand_made_route(num_subnetworks, num_tables, has_own):
    space = RouteSpace(TASKS, 2, num_subnetworks, num_tables=num_tables)
    routes = space.hand_made_routes()
    assert ("own_tables_route" in routes) == has_own
    for route in routes.values():
        space.check(route)


def test_sub_networks_may_be_linear():
    space = RouteSpace(TASKS, 2, 3, num_tables=2, has_linear=True)
    assert space.size == 2**3 * RouteSpace(TASKS, 2, 3, num_tables=2).size
    rng = np.random.default_rng(0)
    routes = [space.random_route(rng) for _ in range(60)]
    assert {name for route in routes for name in route.linear} == {
        "s1",
        "s2",
        "s3",
    }
    assert any(not route.linear for route in routes)
    for route in routes:
        space.check(route)
    assert RouteSpace(**space.get_config()).has_linear
    route = space.full_route().with_linear(["s1"])
    with pytest.raises(ValueError, match="must have no linear sub-networks"):
        RouteSpace(TASKS, 2, 3).check(route)
