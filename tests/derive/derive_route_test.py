import itertools

import checks
import numpy as np
import pytest
from toy_data import SCHEMA
from toy_data import make_split

from mtnas_tf.derive import build_model
from mtnas_tf.derive import derive_route
from mtnas_tf.models import MTNAS
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.search import SearchModel


def make_supernet(num_layers=1, num_subnetworks=2, **kwargs):
    return MTNAS(
        SCHEMA,
        num_layers=num_layers,
        num_subnetworks=num_subnetworks,
        units=3,
        **kwargs,
    )


def set_logits(supernet, values):
    """Logits by (block, local route); 0 elsewhere."""
    logits = np.zeros(supernet.policy.logits.shape, "float32")
    for (consumer, route), value in values.items():
        names = [block.consumer for block in supernet.space.blocks]
        block = supernet.space.blocks[names.index(consumer)]
        # By the query, too: `routes.index` takes those of one value for one.
        index = list(block.routes).index(route)
        logits[names.index(consumer), index] = value
    supernet.policy.logits.assign(logits)


def test_takes_the_most_probable_route_of_every_block():
    supernet = make_supernet()
    click = BlockRoute(("s1", "s2"), "root")
    stars = BlockRoute(("s1", "s2"), "s2")
    set_logits(supernet, {("click", click): 5.0, ("stars", stars): 5.0})
    assert derive_route(supernet) == Route(
        1, 2, {"click": click, "stars": stars}
    )


def test_merges_equal_routes_before_the_argmax():
    supernet = make_supernet()
    pair = BlockRoute(("s1", "s2"), "root")
    single = [BlockRoute(("s1",), query) for query in ("root", "s1", "s2")]
    # 3 e > exp(1.5): no route that reads s1 alone is on top, together they are.
    set_logits(
        supernet,
        {
            ("click", pair): 1.5,
            **{("click", route): 1.0 for route in single},
            ("stars", pair): 2.5,
            **{("stars", route): 1.0 for route in single},
        },
    )
    search = SearchModel(supernet)
    expected = Route(1, 2, {"click": BlockRoute(("s1",)), "stars": pair})
    assert derive_route(search) == derive_route(supernet) == expected
    # What the search says of itself while it goes on is of this route.
    assert search.route == supernet.route == expected
    weights = 3 * np.e, np.exp(1.5)
    others = 5  # of 3 + 3 routes that read one, and 3 that read both
    prob = weights[0] / (sum(weights) + others)
    np.testing.assert_allclose(supernet.body.top_probs()[0], prob, rtol=1e-5)
    inputs = make_split(7).inputs
    derived = build_model(search, expected)
    checks.assert_close(
        checks.to_numpy(search(inputs)),
        checks.to_numpy(derived(inputs)),
        1e-5,
    )


def test_the_papers_argmax_is_of_single_local_routes():
    supernet = make_supernet(merge_singletons=False)
    pair = BlockRoute(("s1", "s2"), "root")
    single = [BlockRoute(("s1",), query) for query in ("root", "s1", "s2")]
    values = {("click", route): 1.0 for route in single}
    set_logits(supernet, {("click", pair): 1.5, **values})
    search = SearchModel(supernet)
    assert derive_route(search).blocks["click"] == pair
    assert search.route.blocks["click"] == pair
    prob = np.exp(1.5) / (np.exp(1.5) + 3 * np.e + 5)
    np.testing.assert_allclose(supernet.body.top_probs()[0], prob, rtol=1e-5)
    config = supernet.get_config()
    assert not MTNAS.from_config(config).body.merge_singletons


def test_nothing_to_merge_in_a_space_without_duplicates():
    supernet = make_supernet(dedup_singletons=True)
    pair = BlockRoute(("s1", "s2"), "root")
    single = BlockRoute(("s1",))
    set_logits(supernet, {("click", pair): 1.5, ("click", single): 1.0})
    assert derive_route(supernet).blocks["click"] == pair


@pytest.mark.parametrize("query_scope", ["prev", "all_prev", "root"])
def test_random_logits(query_scope):
    supernet = make_supernet(2, 3, query_scope=query_scope)
    rng = np.random.default_rng(3)
    logits = rng.normal(size=supernet.policy.logits.shape)
    supernet.policy.logits.assign(logits)
    route = derive_route(supernet)
    for block, row in zip(supernet.space.blocks, logits, strict=True):
        masses = {}
        for size in (1, 2, 3):
            for combination in itertools.combinations(block.values, size):
                odds = {
                    local.query: np.exp(value)
                    for local, value in zip(block.routes, row, strict=False)
                    if local.combination == combination
                }
                if size == 1:
                    odds = {None: sum(odds.values())}
                for query, mass in odds.items():
                    masses[combination, query] = mass
        best = max(masses, key=masses.get)
        assert route.blocks[block.consumer] == BlockRoute(*best)


def test_route_survives_a_file(tmp_path):
    supernet = make_supernet(2, 3, query_scope="all_prev")
    supernet.policy.logits.assign(
        np.random.default_rng(0).normal(size=supernet.policy.logits.shape)
    )
    route = derive_route(supernet)
    path = tmp_path / "route.json"
    path.write_text(route.to_json())
    assert Route.load(path) == route


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_diverged(value):
    supernet = make_supernet()
    set_logits(supernet, {("click", BlockRoute(("s1", "s2"), "s2")): value})
    message = "`policy.logits` must be finite. Received: 1 that are not"
    with pytest.raises(ValueError, match=message):
        derive_route(SearchModel(supernet))
    with pytest.raises(ValueError, match=message):
        _ = SearchModel(supernet).route
