import json

import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes.sub_network import SubNetwork

BLOCKS = {
    "s3": BlockRoute(("s1",)),
    "s4": BlockRoute(("s1", "s2"), "root"),
    "click": BlockRoute(("s3",)),
    "buy": BlockRoute(("s3", "s4"), "s2"),
}
ROUTE = Route(2, 2, BLOCKS)


def test_names_and_layers():
    assert ROUTE.sub_networks() == ("s1", "s2", "s3", "s4")
    assert ROUTE.sub_networks([1]) == ("s3", "s4")
    assert ROUTE.tasks == ("click", "buy")
    assert ROUTE.place("s2") == SubNetwork(layer=0, index=1)
    assert ROUTE.place("s3") == SubNetwork(layer=1, index=0)
    layers = [ROUTE.layer_of(name) for name in ("s1", "s2", "s3", "s4", "buy")]
    assert layers == [0, 0, 1, 1, 2]


def test_reached_counts_queries():
    assert ROUTE.reached("click") == ("s1", "s3")
    assert ROUTE.reached("buy") == ("s1", "s2", "s3", "s4")
    assert ROUTE.reached() == ("s1", "s2", "s3", "s4")
    only_query = Route(
        1,
        3,
        {"click": BlockRoute(("s1", "s2"), "s3"), "buy": BlockRoute(("s1",))},
    )
    assert only_query.reached() == ("s1", "s2", "s3")
    assert only_query.reached("buy") == ("s1",)


def test_query_of_a_single_sub_network_is_dropped():
    blocks = BLOCKS | {"click": BlockRoute(("s3",), "s1")}
    assert Route(2, 2, blocks) == ROUTE
    assert Route(2, 2, blocks).blocks["click"].query is None


def test_text():
    assert str(ROUTE).splitlines() == [
        "s3 <- s1",
        "s4 <- s1+s2 by root",
        "click <- s3",
        "buy <- s3+s4 by s2",
    ]


def test_text_leaves_out_what_feeds_nothing():
    route = Route(
        3,
        2,
        {
            "s3": BlockRoute(("s1",)),
            "s4": BlockRoute(("s1", "s2"), "root"),  # read by s5 alone
            "s5": BlockRoute(("s3", "s4"), "s2"),  # read by none
            "s6": BlockRoute(("s1", "s2"), "s3"),
            "click": BlockRoute(("s6",)),
            "buy": BlockRoute(("s1",)),
        },
    )
    assert str(route).splitlines() == [
        "s3 <- s1",  # asked, though not read
        "s6 <- s1+s2 by s3",
        "click <- s6",
        "buy <- s1",
    ]
    assert Route.from_json(route.to_json()) == route


def test_json_round_trip(tmp_path):
    assert Route.from_json(ROUTE.to_json()) == ROUTE
    path = tmp_path / "route.json"
    path.write_text(ROUTE.to_json())
    assert Route.load(path) == ROUTE
    assert Route.from_dict(json.loads(ROUTE.to_json())).blocks == BLOCKS
    assert json.loads(ROUTE.to_json()) == ROUTE.to_dict()


def test_equality_and_hash():
    reordered = Route(2, 2, dict(reversed(BLOCKS.items())))
    assert reordered == ROUTE
    assert hash(reordered) == hash(ROUTE)
    changed = BLOCKS | {"click": BlockRoute(("s4",))}
    assert len({ROUTE, reordered, Route(2, 2, changed)}) == 2


def test_what_feeds_no_task_does_not_count():
    blocks = BLOCKS | {"buy": BlockRoute(("s3",))}  # s4 serves none
    other = blocks | {"s4": BlockRoute(("s2",))}
    assert Route(2, 2, blocks) == Route(2, 2, other)
    assert len({Route(2, 2, blocks), Route(2, 2, other)}) == 1
    asked = blocks | {"buy": BlockRoute(("s1", "s3"), "s4")}
    other |= {"buy": asked["buy"]}
    assert Route(2, 2, asked) != Route(2, 2, other)


@pytest.mark.parametrize("name", ["root", "s1"])
def test_task_must_not_be_called_like_a_sub_network(name):
    blocks = BLOCKS | {name: BlockRoute(("s3",))}
    with pytest.raises(ValueError, match=f"must not hold.*'{name}'"):
        Route(2, 2, blocks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"s4": BlockRoute(("s1", "s3"), "root")},
            r"`blocks\['s4'\].combination` must hold some of.*'s3'\)",
        ),
        ({"s3": BlockRoute(("s3",))}, r"`blocks\['s3'\].combination`"),
        (
            {"s4": BlockRoute(("s2", "s1"), "root")},
            r"in order. Received: combination=\('s2', 's1'\)",
        ),
        ({"s4": BlockRoute(("s1", "s1"), "root")}, "in order. Received"),
        (
            {"s4": BlockRoute(("s1", "s2"), "s3")},
            r"`blocks\['s4'\].query` must be.*query='s3'",
        ),
        ({"s4": BlockRoute(("s1", "s2"), "click")}, "query='click'"),
    ],
)
def test_impossible_block_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        Route(2, 2, BLOCKS | change)


@pytest.mark.parametrize("missing", [("s3",), ("click", "buy")])
def test_missing_blocks_are_refused(missing):
    blocks = {k: v for k, v in BLOCKS.items() if k not in missing}
    with pytest.raises(ValueError, match="`blocks` must hold all of"):
        Route(2, 2, blocks)


def test_empty_combination_is_refused():
    with pytest.raises(ValueError, match="`combination` must not be empty"):
        BlockRoute(())


# Of three first sub-networks, the first two read one table.
TABLES = Route(
    2,
    3,
    {
        "s4": BlockRoute(("s1", "s2"), "root"),
        "s5": BlockRoute(("s3",)),
        "s6": BlockRoute(("s1",)),
        "click": BlockRoute(("s4",)),
        "buy": BlockRoute(("s4", "s5"), "root"),
    },
    {"s3": "root2"},
)


def test_root_features_that_tasks_depend_on():
    assert ROUTE.used_roots == ROUTE.roots_of("buy") == ("root",)
    assert TABLES.used_roots == ("root", "root2")
    names = ("s1", "s3", "s4", "s5", "click", "buy")
    roots = {name: TABLES.roots_of(name) for name in names}
    assert roots == {
        "s1": ("root",),
        "s3": ("root2",),
        "s4": ("root",),
        "s5": ("root2",),
        "click": ("root",),
        "buy": ("root", "root2"),
    }
    lines = str(TABLES).splitlines()
    assert lines[:2] == ["s3 <- root2", "s4 <- s1+s2 by root"]


def test_json_of_root_features():
    assert "roots" not in ROUTE.to_dict()  # as before there were any
    assert TABLES.to_dict()["roots"] == {"s3": "root2"}
    loaded = Route.from_json(TABLES.to_json())
    assert loaded == TABLES
    assert loaded.roots == TABLES.roots
    assert Route(2, 3, TABLES.blocks) != TABLES


@pytest.mark.parametrize(
    "roots",
    [
        {"s3": "root7"},
        {"s1": "root2", "s2": "root2"},
        {"s1": "root12", "s2": "root12", "s3": "root3"},
        {"s1": "root", "s2": "root", "s3": "root2"},
    ],
)
def test_root_features_are_interchangeable(roots):
    route = TABLES.with_roots(roots)
    assert route == TABLES
    assert hash(route) == hash(TABLES)
    assert route.roots == TABLES.roots


def test_a_root_feature_that_feeds_no_task_does_not_count():
    blocks = TABLES.blocks | {"buy": BlockRoute(("s4",))}  # not s3
    route = Route(2, 3, blocks, {"s2": "root3", "s3": "root2"})
    assert route.roots == {"s2": "root2"}


@pytest.mark.parametrize(
    "roots", [{"s4": "root"}, {"s1": "s2"}, {"s1": "root1"}, {"s1": 2}]
)
def test_wrong_root_features_are_named(roots):
    with pytest.raises(ValueError, match="`roots` must give some of.*'s3'"):
        TABLES.with_roots(roots)


def test_linear_sub_networks():
    route = TABLES.with_linear(["s3", "s2"])
    assert route.linear == ("s2", "s3")
    lines = str(route).splitlines()
    assert lines[:2] == ["s2 <- root, linear", "s3 <- root2, linear"]
    assert route != TABLES
    assert route.with_linear(()) == TABLES
    assert route.with_roots({"s3": "root2"}).linear == route.linear
    loaded = Route.from_json(route.to_json())
    assert loaded == route
    assert loaded.to_dict()["linear"] == ["s2", "s3"]
    assert "linear" not in TABLES.to_dict()
    idle = ROUTE.blocks | {"buy": BlockRoute(("s3",))}  # s2 feeds no task
    assert Route(2, 2, idle, linear=("s2",)).linear == ()


def test_wrong_linear_sub_networks_are_named():
    with pytest.raises(ValueError, match="`linear` must hold some.*'s4'"):
        TABLES.with_linear(["s1", "s4"])
