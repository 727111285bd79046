"""Widths of sub-networks, and places that they change."""

import numpy as np
import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.renumbered_route import renumbered
from mtnas_tf.routes.route_features import route_features
from mtnas_tf.routes.sub_network_units import SubNetworkUnits
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route

UNITS = (8, 2, 8)
ROUTE = Route(
    2,
    3,
    {
        "s4": BlockRoute(("s2",)),
        "s5": BlockRoute(("s1", "s2"), "root"),
        "s6": BlockRoute(("s3",)),
        "click": BlockRoute(("s4", "s6"), "s2"),
        "stars": BlockRoute(("s5",)),
    },
)
SPACE = RouteSpace(
    ROUTE.tasks, 2, 3, value_scope="all_prev", subnetwork_units=UNITS
)


def test_a_block_reads_as_much_as_its_widest_has():
    units = SubNetworkUnits(ROUTE, UNITS)
    assert [units.of(name) for name in ROUTE.sub_networks()] == [*UNITS, *UNITS]
    read = {name: units.read_by(name) for name in ROUTE.blocks}
    assert read == {"s4": 2, "s5": 8, "s6": 8, "click": 8, "stars": 2}
    assert not units.are_equal and SubNetworkUnits(ROUTE, 4).are_equal


def test_kernels_of_one_shape_are_a_bank():
    assert SubNetworkUnits(ROUTE, 4).banks() == {
        "layer_1": ["s1", "s2", "s3"],
        "layer_2": ["s4", "s5", "s6"],
    }
    assert SubNetworkUnits(ROUTE, UNITS).banks() == {
        "layer_1_s1": ["s1", "s3"],
        "layer_1_s2": ["s2"],
        "layer_2_s4": ["s4"],
        "layer_2_s5": ["s5"],
        "layer_2_s6": ["s6"],
    }


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ((8, 2), "`units` must.* 3 "),
        ((8, 2, 8, 2), "`units` must have a width for each of the 3"),
        ((8, 0, 8), "`units` must hold.*above 0"),
        (((8,), (2,), (8, 4)), "`units` must hold.*above 0"),
        (0, "`units` must be an int.*=0"),
    ],
)
def test_what_are_no_widths_is_refused(units, message):
    with pytest.raises(ValueError, match=message):
        SubNetworkUnits(ROUTE, units)
    if not isinstance(units, int):
        message = message.replace("`units`", "`(subnetwork_)?units`")
        with pytest.raises(ValueError, match=message):
            RouteSpace(ROUTE.tasks, 2, 3, subnetwork_units=units)


def test_a_space_knows_its_widths():
    assert SPACE.subnetwork_units == UNITS
    again = RouteSpace(**SPACE.get_config())
    assert again.get_config() == SPACE.get_config()
    assert RouteSpace(ROUTE.tasks, 2, 3).subnetwork_units is None
    # MMoE and PLE of wide and narrow experts among them.
    assert SPACE.hand_made.one_layer() in SPACE.hand_made_routes().values()
    SPACE.check(SPACE.hand_made.ple())


def test_renumbered_back_is_the_same():
    rng = np.random.default_rng(0)
    space = RouteSpace(
        ROUTE.tasks, 2, 3, "all_prev", num_tables=2, has_linear=True
    )
    for _ in range(20):
        route = space.random_route(rng)
        order = rng.permutation(3)
        moved = renumbered(route, order)
        space.check(moved)
        assert renumbered(moved, np.argsort(order)) == route
        kinds = {"has_roots": True, "has_linear": True}
        np.testing.assert_array_equal(
            route_features(moved, **kinds), route_features(route, **kinds)
        )


def test_features_tell_wide_from_narrow():
    by_width = [
        route_features(renumbered(ROUTE, order), units=UNITS)
        for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2))
    ]
    np.testing.assert_array_equal(by_width[0], by_width[1])
    assert (by_width[0] != by_width[2]).any()
    # Two widths in two layers: how many of each all tasks depend on.
    *_, narrow, wide, narrow_2, wide_2, _, _ = by_width[0]
    assert (narrow, wide, narrow_2, wide_2) == (1, 2, 1, 2)


def test_groups_are_proposed_of_any_width():
    rng = np.random.default_rng(0)
    space = RouteSpace(ROUTE.tasks, 1, 3, subnetwork_units=UNITS)
    routes = [proposed_route(space, rng) for _ in range(200)]
    alone = {
        route.blocks["click"].combination
        for route in routes
        if not set(route.reached("click")) & set(route.reached("stars"))
    }
    assert {("s1",), ("s2",), ("s3",)} <= alone
