import itertools

import numpy as np
import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.route_features import route_features

TASKS = ("click", "buy")
SPACES = {
    "all": {"value_scope": "all_prev", "query_scope": "all_prev"},
    "previous": {},
    "mean": {"gated": False},
}


def make_space(name):
    return RouteSpace(TASKS, 3, 4, dedup_singletons=True, **SPACES[name])


def renamed(route, rng):
    """The same network with the sub-networks of each layer shuffled."""
    new = {}
    for layer in range(route.num_layers):
        names = route.sub_networks([layer])
        new |= dict(zip(names, rng.permutation(names).tolist(), strict=True))

    def block(old):
        values = {new[name] for name in old.combination}
        ordered = (name for name in route.sub_networks() if name in values)
        return BlockRoute(tuple(ordered), new.get(old.query, old.query))

    blocks = {new.get(c, c): block(old) for c, old in route.blocks.items()}
    return Route(route.num_layers, route.num_subnetworks, blocks)


@pytest.mark.parametrize("name", SPACES)
def test_names_do_not_matter(name):
    rng = np.random.default_rng(0)
    space = make_space(name)
    for _ in range(20):
        route = space.random_route(rng)
        other = renamed(route, rng)
        assert other != route
        np.testing.assert_array_equal(
            route_features(route), route_features(other)
        )


@pytest.mark.parametrize("name", SPACES)
def test_one_length_for_all_routes_of_a_space(name):
    rng = np.random.default_rng(1)
    space = make_space(name)
    routes = [space.random_route(rng) for _ in range(20)]
    routes += space.hand_made_routes().values()
    features = np.stack([route_features(route) for route in routes])
    assert features.dtype == np.float64
    assert np.isfinite(features).all()


def test_tables_count_by_who_depends_on_them():
    space = RouteSpace(("click", "buy"), 1, 3, num_tables=3)
    full = space.full_route()
    chain = space.hand_made.chain()
    over = {
        "one": full,
        "two": full.with_roots({"s2": "root2"}),
        "three": full.with_roots({"s2": "root2", "s3": "root3"}),
        "apart": chain,
        "apart, own": chain.with_roots({"s3": "root2"}),
    }
    # Of click, of buy, in common, in all.
    expected = {
        "one": [1, 1, 1, 1],
        "two": [2, 2, 2, 2],
        "three": [3, 3, 3, 3],
        "apart": [1, 1, 1, 1],
        "apart, own": [1, 1, 0, 2],
    }
    for name, route in over.items():
        features = route_features(route, has_roots=True)
        np.testing.assert_array_equal(features[:-4], route_features(route))
        assert features[-4:].tolist() == expected[name]


def test_structures_differ():
    space = make_space("all")
    full = space.full_route()
    by_a_sub_network, by_fewer, of_another_task = (
        Route(3, 4, {**full.blocks, task: block})
        for task, block in (
            ("click", BlockRoute(full.blocks["click"].combination, "s9")),
            ("click", BlockRoute(("s9", "s10", "s11"), "root")),
            ("buy", BlockRoute(("s9", "s10", "s11"), "root")),
        )
    )
    hidden = Route(3, 4, {**full.blocks, "s9": BlockRoute(("s5",))})
    asking = Route(3, 4, {**full.blocks, "s9": BlockRoute(("s5", "s6"), "s5")})
    routes = [
        *space.hand_made_routes().values(),
        by_a_sub_network,
        by_fewer,
        of_another_task,
        hidden,
        asking,
    ]
    for one, other in itertools.combinations(routes, 2):
        assert (route_features(one) != route_features(other)).any()


def test_what_tasks_have_in_common_counts():
    def of(click, buy):
        return Route(
            1, 4, {"click": BlockRoute((click,)), "buy": BlockRoute((buy,))}
        )

    shared, apart = (
        route_features(of("s1", "s1")),
        route_features(of("s1", "s2")),
    )
    changed = np.flatnonzero(shared != apart)
    # In common: 1 or 0. In all: 1 or 2.
    np.testing.assert_array_equal(shared[changed], [1, 1])
    np.testing.assert_array_equal(apart[changed], [0, 2])


def test_linear_sub_networks_count_by_who_depends_on_them():
    chain = RouteSpace(("click", "buy"), 1, 3).hand_made.chain()
    bent = chain.with_linear(["s3"])
    features = route_features(bent, has_linear=True)
    np.testing.assert_array_equal(features[:-3], route_features(bent))
    np.testing.assert_array_equal(route_features(bent), route_features(chain))
    assert features[-3:].tolist() == [0, 1, 1]  # of click, of buy, in all
