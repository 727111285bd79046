import itertools

import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.hand_made_routes import HandMadeRoutes

TASKS = ("click", "buy")


def test_full_route_reads_all_by_the_root():
    route = HandMadeRoutes(TASKS, 2, 3).full()
    assert set(route.blocks.values()) == {
        BlockRoute(("s1", "s2", "s3"), "root"),
        BlockRoute(("s4", "s5", "s6"), "root"),
    }
    route = HandMadeRoutes(TASKS, 2, 3, gated=False).full()
    assert {block.query for block in route.blocks.values()} == {None}


def test_disjoint_route_shares_nothing():
    route = HandMadeRoutes(TASKS, 2, 4).disjoint()
    assert route.reached("click") == ("s1", "s2", "s5", "s6")
    assert route.reached("buy") == ("s3", "s4", "s7", "s8")
    tasks = ("a", "b", "c")
    route = HandMadeRoutes(tasks, 2, 4).disjoint()
    reached = [set(route.reached(task)) for task in tasks]
    assert set.union(*reached) == set(route.sub_networks())
    assert not any(a & b for a, b in itertools.combinations(reached, 2))


def test_chain_route_is_one_chain_a_task():
    route = HandMadeRoutes(TASKS, 3, 4).chain()
    assert route.reached("click") == ("s1", "s5", "s9")
    assert route.reached("buy") == ("s3", "s7", "s11")


def test_ple_route_has_own_and_shared_sub_networks():
    assert HandMadeRoutes(TASKS, 2, 4).ple().blocks == {
        "s5": BlockRoute(("s1", "s3", "s4"), "root"),
        "s6": BlockRoute(("s2", "s3", "s4"), "root"),
        "s7": BlockRoute(("s1", "s2", "s3", "s4"), "root"),
        "s8": BlockRoute(("s1", "s2", "s3", "s4"), "root"),
        "click": BlockRoute(("s5", "s7", "s8"), "root"),
        "buy": BlockRoute(("s6", "s7", "s8"), "root"),
    }
    with pytest.raises(ValueError, match="must exceed.*num_subnetworks=2"):
        HandMadeRoutes(TASKS, 2, 2).ple()
    route = HandMadeRoutes(TASKS, 1, 5).ple(2)
    assert route.blocks == {
        "click": BlockRoute(("s1", "s2", "s5"), "root"),
        "buy": BlockRoute(("s3", "s4", "s5"), "root"),
    }
    full = HandMadeRoutes(TASKS, 1, 3).full()
    assert HandMadeRoutes(TASKS, 1, 3).ple(0) == full


def test_routes_of_one_layer_reach_no_other():
    made = HandMadeRoutes(TASKS, 2, 4)
    first = ("s1", "s2", "s3", "s4")
    route = made.one_layer()
    assert route.reached() == first
    assert route.blocks["buy"] == BlockRoute(first, "root")
    route = made.one_layer_disjoint()
    assert route.reached("click") == first[:2]
    assert route.reached("buy") == first[2:]
    RouteSpace(TASKS, 2, 4, value_scope="all_prev").check(route)
    with pytest.raises(ValueError, match="`route` must lie in the search"):
        RouteSpace(TASKS, 2, 4).check(route)


@pytest.mark.parametrize("name", ["disjoint", "chain", "one_layer_disjoint"])
def test_too_few_sub_networks_to_have_one_each(name):
    made = HandMadeRoutes(("a", "b", "c"), 1, 2)
    with pytest.raises(ValueError, match="`num_subnetworks` must be at least"):
        getattr(made, name)()


def test_groups_share_all_within_and_nothing_across():
    made = HandMadeRoutes(("a", "b", "c"), num_layers=3, num_subnetworks=5)
    groups = [("c", "a"), ("b",)]
    route = made.grouped(groups, num_own=2)
    assert route.tasks == ("a", "b", "c")
    assert route.reached("a") == route.reached("c")
    assert route.reached("a") == ("s1", "s2", "s6", "s7", "s11", "s12")
    assert route.reached("b") == ("s3", "s4", "s8", "s9", "s13", "s14")
    flat = made.grouped(groups, depth=1)
    assert flat.reached("c") == ("s1",) and flat.reached("b") == ("s2",)
    narrow = HandMadeRoutes(made.tasks, num_layers=3, num_subnetworks=3)
    alone = [(task,) for task in made.tasks]
    assert narrow.grouped(alone) == narrow.chain()
    assert narrow.grouped([made.tasks], num_own=3).reached() == (
        narrow.full().reached()
    )


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"groups": [("a",)]}, r"`groups` must hold each of .*\[\('a',\)\]"),
        ({"groups": [("a", "b"), ("b",)]}, "`groups` must hold each of"),
        ({"groups": [("a", "b"), ()]}, "`groups` must hold each of"),
        ({"num_own": 2}, "`groups` must have at most 3.*2 groups, num_own=2"),
        ({"num_own": 0}, "`num_own` must.*num_own=0"),
        ({"depth": 3}, "`depth` must be at most 2.*depth=3"),
    ],
)
def test_wrong_groups_are_named(kwargs, message):
    made = HandMadeRoutes(("a", "b"), num_layers=2, num_subnetworks=3)
    with pytest.raises(ValueError, match=message):
        made.grouped(**({"groups": [("a",), ("b",)]} | kwargs))


def test_groups_have_their_own_tables():
    routes = HandMadeRoutes(("click", "buy", "like"), 2, 4)
    groups = [("like",), ("click", "buy")]
    route = routes.grouped(groups, num_own=2, own_tables=True)
    assert route.blocks == routes.grouped(groups, num_own=2).blocks
    assert route.roots_of("like") == ("root",)
    assert route.roots_of("click") == route.roots_of("buy") == ("root2",)
    alone = routes.grouped([("click",), ("buy",), ("like",)], own_tables=True)
    roots = [alone.roots_of(task) for task in alone.tasks]
    assert roots == [("root",), ("root2",), ("root3",)]


def test_a_task_has_its_own_and_the_shared_table():
    routes = HandMadeRoutes(("click", "buy"), 1, 4)
    route = routes.ple(own_tables=True)
    assert route.blocks == routes.ple().blocks
    assert route.roots == {"s2": "root2", "s3": "root3", "s4": "root3"}
    assert route.roots_of("click") == ("root", "root3")
    assert route.roots_of("buy") == ("root2", "root3")
