import itertools

import checks
import numpy as np
import pytest
import tensorflow as tf
from checks import softmax
from tolerances import assert_near
from tolerances import is_reached

from mtnas_tf.layers import SearchBlockBank

BATCH, VALUES, UNITS, ROOT_DIM, QUERIES = 5, 3, 4, 6, 2
COMBINATIONS = [
    list(combination)
    for size in (1, 2, 3)
    for combination in itertools.combinations(range(VALUES), size)
]
# Every combination by every query: the root (-1) and two sub-networks.
LOCAL_ROUTES = [(c, q) for c in COMBINATIONS for q in (-1, 0, 1)]
NUM_ROUTES = len(LOCAL_ROUTES)  # 21
BLOCKS = 2
KWARGS = {
    "num_blocks": BLOCKS,
    "num_values": VALUES,
    "combinations": [c for c, _ in LOCAL_ROUTES],
    "queries": [q for _, q in LOCAL_ROUTES],
}
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("f")


ROOT = normal(BATCH, ROOT_DIM)
Q = normal(1, BATCH, QUERIES, UNITS)
# Both blocks take the same route; every route once.
ALL = np.repeat(np.eye(NUM_ROUTES, dtype="f")[:, None], BLOCKS, axis=1)
NUM_ROOT = NUM_ROUTES // 3
GATES = {
    "root_kernel": (BLOCKS * NUM_ROOT, VALUES, ROOT_DIM),
    "sub_network_kernel": (BLOCKS * (NUM_ROUTES - NUM_ROOT), VALUES, UNITS),
}


@pytest.mark.parametrize(
    ("aggregation", "weights", "batch"),
    [("gate", GATES, BATCH), ("mean", {}, 1)],
)
def test_contract(aggregation, weights, batch, tmp_path):
    checks.check_layer(
        SearchBlockBank,
        KWARGS | {"aggregation": aggregation},
        (ROOT, Q, ALL),
        (NUM_ROUTES, batch, BLOCKS, VALUES),
        weights,
        path=tmp_path,
    )


def make_bank(**kwargs):
    bank = SearchBlockBank(**(KWARGS | kwargs))
    bank.build(ROOT.shape, Q.shape, ALL.shape)
    for weight in bank.weights:
        weight.assign(normal(*weight.shape))
    return bank


def kernel_of(bank, block, route):
    """A route's gate: block by block, root routes and others apart."""
    queries = bank.queries
    is_root = queries[route] == -1
    same_kind = [(q == -1) == is_root for q in queries]
    kernel = bank.root_kernel if is_root else bank.sub_network_kernel
    return kernel.numpy()[block * sum(same_kind) + sum(same_kind[:route])]


def expected_weights(bank, block, route, queries):
    """Equation 1 for one route, row by row: `(batch, values)`."""
    combination, source = LOCAL_ROUTES[route]
    weights = np.zeros((BATCH, VALUES))
    for row in range(BATCH):
        query = ROOT[row] if source == -1 else queries[row, source]
        gate = kernel_of(bank, block, route)[combination]
        weights[row, combination] = softmax(gate @ query)
    return weights


def test_one_route_is_its_gate():
    bank = make_bank()
    for route, (combination, _) in enumerate(LOCAL_ROUTES):
        weights = bank(ROOT, Q, ALL[[route]])[0]
        for block in range(BLOCKS):
            expected = expected_weights(bank, block, route, Q[0])
            assert_near(weights[:, block], expected)
            np.testing.assert_array_equal(
                bank.gate(block, route),
                kernel_of(bank, block, route)[combination],
            )


def test_several_routes_with_queries_of_their_own():
    bank = make_bank()
    chosen = np.array([[4, 8], [17, 4], [4, 0], [20, 20]])  # (routes, blocks)
    queries = normal(4, *Q.shape[1:])
    weights = bank(ROOT, queries, np.eye(NUM_ROUTES, dtype="f")[chosen])
    for index, routes in enumerate(chosen):
        for block, route in enumerate(routes):
            expected = expected_weights(bank, block, route, queries[index])
            assert_near(weights[index, :, block], expected)


def test_mean_averages_what_the_route_reads():
    weights = make_bank(aggregation="mean")(ROOT, Q, ALL)
    for route, (combination, _) in enumerate(LOCAL_ROUTES):
        expected = np.zeros(VALUES)
        expected[combination] = 1 / len(combination)
        assert_near(weights[route, 0, 1], expected)


def mixture_probs(num_mixtures):
    """Weights of the local routes of every block, not all of them positive."""
    return normal(num_mixtures, BLOCKS, NUM_ROUTES)


@pytest.mark.parametrize("aggregation", ["gate", "mean"])
def test_a_mixture_of_one_route_is_the_route(aggregation):
    bank = make_bank(aggregation=aggregation)
    assert_near(bank(ROOT, Q, ALL, is_mixture=True), bank(ROOT, Q, ALL))


@pytest.mark.parametrize("num_queries", [1, 2])
def test_a_mixture_weighs_the_routes(num_queries):
    bank = make_bank()
    queries = normal(num_queries, *Q.shape[1:])
    probs = mixture_probs(2)
    weights = bank(ROOT, queries, probs, is_mixture=True)
    assert weights.shape == (2, BATCH, BLOCKS, VALUES)
    for index in range(2):
        asked = queries[index % num_queries]
        for block in range(BLOCKS):
            expected = sum(
                probs[index, block, route]
                * expected_weights(bank, block, route, asked)
                for route in range(NUM_ROUTES)
            )
            assert_near(weights[index, :, block], expected)


@pytest.mark.parametrize("aggregation", ["gate", "mean"])
def test_gradient_of_a_mixture_is_by_finite_differences(aggregation):
    bank = make_bank(aggregation=aggregation)
    probs = tf.constant(mixture_probs(1))
    batch = BATCH if aggregation == "gate" else 1
    slope = normal(1, batch, BLOCKS, VALUES)

    def total(probs):
        return tf.reduce_sum(slope * bank(ROOT, Q, probs, is_mixture=True))

    with tf.GradientTape() as tape:
        tape.watch(probs)
        value = total(probs)
    gradient = tape.gradient(value, probs)
    expected = np.zeros(probs.shape)
    for block, route in np.ndindex(BLOCKS, NUM_ROUTES):
        # It is linear: any step will do.
        shift = np.zeros(probs.shape, "f")
        shift[0, block, route] = 1.0
        expected[0, block, route] = total(probs + shift) - value
    # The rounding of the totals, of which the differences are small parts.
    terms = slope * bank(ROOT, Q, probs, is_mixture=True)
    assert_near(gradient, expected, slope.size, scale=np.abs(terms).sum())


def test_all_gates_get_a_gradient_from_a_mixture():
    bank = make_bank()
    probs = np.full((1, BLOCKS, NUM_ROUTES), 1 / NUM_ROUTES, "f")
    checks.check_gradients(bank, lambda: bank(ROOT, Q, probs, is_mixture=True))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(
            normal(1, BATCH, BLOCKS, VALUES)
            * bank(ROOT, Q, probs, is_mixture=True)
        )
    for kernel, gradient in zip(
        bank.weights, tape.gradient(total, bank.weights), strict=True
    ):
        gradient = np.asarray(gradient)
        touched = is_reached(gradient, (1, 2), np.abs(gradient).max())
        # All but the gates of single values.
        assert touched.sum() == kernel.shape[0] * 4 / 7


@pytest.mark.parametrize(
    ("source", "name"), [(-1, "root_kernel"), (1, "sub_network_kernel")]
)
def test_queries_of_one_kind_need_one_kernel(source, name):
    queries = [source] * len(COMBINATIONS)
    bank = SearchBlockBank(1, VALUES, COMBINATIONS, queries)
    choice = np.eye(len(COMBINATIONS), dtype="f")[:, None]
    bank.build(ROOT.shape, Q.shape, choice.shape)
    assert [w.name for w in bank.weights] == [name]
    assert bank(ROOT, Q, choice).shape == (7, BATCH, 1, VALUES)


def test_large_scores_stay_finite():
    weights = make_bank()(1e4 * ROOT, Q, ALL)
    assert_near(np.sum(weights, axis=-1), 1)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"aggregation": "max"}, "`aggregation` must.*aggregation='max'"),
        ({"queries": [0]}, "`combinations` and `queries`.*21 comb.*, 1 quer"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        SearchBlockBank(**(KWARGS | kwargs))
