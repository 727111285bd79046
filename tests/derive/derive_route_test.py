import itertools

import numpy as np
import pytest
from toy_data import SCHEMA

from mtnas_tf.derive import derive_route
from mtnas_tf.models import MTNAS
from mtnas_tf.models import BlockRoute
from mtnas_tf.models import Route
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
        logits[names.index(consumer), block.routes.index(route)] = value
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
    assert search.route.blocks["click"] == pair
    for source in (search, supernet):
        route = derive_route(source)
        assert route.blocks["click"] == BlockRoute(("s1",))
        assert route.blocks["stars"] == pair


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
    message = "`search` must have finite route logits. Received: 1 that are not"
    with pytest.raises(ValueError, match=message):
        derive_route(SearchModel(supernet))
