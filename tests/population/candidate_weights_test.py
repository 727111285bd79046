import checks
import keras
import numpy as np
import pytest
import toy_data
from tolerances import assert_near
from toy_population import CANDIDATES
from toy_population import ROOT_UNITS
from toy_population import SCHEMA
from toy_population import SCOPES
from toy_population import STARTS
from toy_population import make
from toy_population import make_space
from toy_population import randomize

from mtnas_tf.models import SparseRouteModel
from mtnas_tf.population.candidate_weights import ROUTE_DATA
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route

SPLIT = toy_data.make_split(7)


@pytest.mark.parametrize(
    ("normalization", "schema", "num_tables", "units"),
    [
        ("batch", SCHEMA, 2, 60),
        ("layer", SCHEMA, 1, 60),
        ("layer", toy_data.CLASS_SCHEMA, 1, 60),
        ("layer", toy_data.CLASS_SCHEMA, 1, (60, 30, 45)),
    ],
)
def test_fresh_weights_are_distributed_as_a_single_network_s(
    normalization, schema, num_tables, units
):
    # Wide, so that the largest of uniform numbers is close to their limit.
    kwargs = {
        "embedding_dim": 40,
        "stem_units": 50,
        "normalization": normalization,
        "table_initializer": STARTS,
    }
    own = {} if units == 60 else {"subnetwork_units": units}
    space = make_space(num_tables=num_tables, **SCOPES, **own)
    of_population = {} if own else {"units": units}
    population = make(space, schema=schema, **of_population, **kwargs)
    rng = np.random.default_rng(0)
    routes = [population.space.random_route(rng) for _ in range(CANDIDATES)]
    population.initialize(routes, range(4, 4 + CANDIDATES))
    keras.utils.set_random_seed(0)
    for i, route in enumerate(routes):
        single = SparseRouteModel(schema, route, units=units, **kwargs)
        for network in (population.network(i), single):
            for weight in network.weights:
                check_start(weight)


def check_start(weight):
    values = weight.numpy()
    if weight.name == "kernel":
        limit = np.sqrt(6 / sum(weight.shape[-2:]))
        assert 0.9 * limit < np.abs(values).max() <= limit, weight.path
        assert np.abs(values.mean()) < 0.2 * limit
    elif weight.name == "table":
        assert values.std() == pytest.approx(0.1, rel=0.1)
    else:
        is_one = weight.name in ("gamma", "moving_variance")
        assert (values == is_one).all(), weight.path


def test_candidates_of_a_seed_have_random_numbers_in_common():
    population = make(make_space(**SCOPES))
    rng = np.random.default_rng(0)
    one, other = (population.space.random_route(rng) for _ in range(2))
    population.initialize([one, one, other], [3, 3, 3])
    for index, weights in enumerate(population.weights_by_candidate()):
        np.testing.assert_array_equal(weights[0], weights[1])
        if index == 0:  # the table
            np.testing.assert_array_equal(weights[0], weights[2])
    same = [population.network(i) for i in (0, 2)]
    np.testing.assert_array_equal(
        *(network.towers.output_layers["stars"].kernel for network in same)
    )
    population.initialize([one, one, one], [3, 4, 3])
    for weights in population.weights_by_candidate():
        np.testing.assert_array_equal(weights[0], weights[2])
        is_drawn = len(np.unique(weights[0])) > 1
        assert is_drawn == (weights[0] != weights[1]).any()


def test_a_gate_starts_by_the_number_of_values_it_reads():
    population = make()
    full = population.space.full_route()
    blocks = {**full.blocks, "click": BlockRoute(("s4", "s6"), "root")}
    population.initialize([full, Route(2, 3, blocks), full], [3, 3, 4])
    of_three, of_two = (
        population.network(i).body.gates["click"].kernel.numpy() for i in (0, 1)
    )
    # The same numbers, in the limits of Glorot.
    scale = np.sqrt((ROOT_UNITS + 3) / (ROOT_UNITS + 2))
    assert_near(of_two, scale * of_three[:, [0, 2]])


def test_a_table_more_leaves_all_other_starts_as_they_are():
    route = make_space().full_route()
    one, two = (
        make(make_space(num_tables=count), num_candidates=1) for count in (1, 2)
    )
    for population in (one, two):
        population.initialize([route], [3])
    *ours, second = two.weights_by_candidate()
    for mine, its in zip(ours, one.weights_by_candidate(), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert second.shape == ours[0].shape
    assert (second != ours[0]).any()


@pytest.mark.parametrize("num_tables", [1, 2])
def test_weights_by_candidate_and_back(num_tables):
    space = make_space(num_tables=num_tables, **SCOPES)
    population = make(space, stem_units=6)
    route = population.space.random_route(np.random.default_rng(0))
    population.initialize([route] * CANDIDATES, [0, 1, 2])
    randomize(population)
    before = checks.to_numpy(population(SPLIT.inputs))
    weights = population.weights_by_candidate()
    assert {len(weight) for weight in weights} == {CANDIDATES}
    sizes = [weight.size for weight in weights]
    assert sum(sizes) == sum(
        np.size(w) for w in population.weights if w.name not in ROUTE_DATA
    )
    population.assign_by_candidate([weight[::-1] for weight in weights])
    after = checks.to_numpy(population(SPLIT.inputs))
    reversed_ = {task: values[:, ::-1] for task, values in before.items()}
    checks.assert_close(after, reversed_)
    for weight in weights:  # a copy
        weight[...] = 0
    checks.assert_close(checks.to_numpy(population(SPLIT.inputs)), after, 0)
