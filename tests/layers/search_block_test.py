import itertools

import checks
import numpy as np
import pytest
from checks import softmax

from mtnas_tf.layers import SearchBlock

BATCH, VALUES, UNITS, ROOT_DIM, QUERIES = 5, 3, 4, 6, 2
COMBINATIONS = [
    list(combination)
    for size in (1, 2, 3)
    for combination in itertools.combinations(range(VALUES), size)
]
# Every combination by every query: the root (-1) and two sub-networks.
LOCAL_ROUTES = [(c, q) for c in COMBINATIONS for q in (-1, 0, 1)]
NUM_ROUTES = len(LOCAL_ROUTES)  # 21
KWARGS = {
    "combinations": [c for c, _ in LOCAL_ROUTES],
    "queries": [q for _, q in LOCAL_ROUTES],
}
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("f")


V = normal(1, BATCH, VALUES, UNITS)
ROOT = normal(BATCH, ROOT_DIM)
Q = normal(1, BATCH, QUERIES, UNITS)
ALL = np.eye(NUM_ROUTES, dtype="f")
NUM_ROOT = NUM_ROUTES // 3
GATES = {
    "root_kernel": (NUM_ROOT, VALUES, ROOT_DIM),
    "sub_network_kernel": (NUM_ROUTES - NUM_ROOT, VALUES, UNITS),
}


@pytest.mark.parametrize(
    ("aggregation", "weights"), [("gate", GATES), ("mean", {})]
)
def test_contract(aggregation, weights, tmp_path):
    checks.check_layer(
        SearchBlock,
        KWARGS | {"aggregation": aggregation},
        (V, ROOT, Q, ALL),
        (NUM_ROUTES, BATCH, UNITS),
        weights,
        path=tmp_path,
    )


def make_block(**kwargs):
    block = SearchBlock(**(KWARGS | kwargs))
    block.build(V.shape, ROOT.shape, Q.shape, ALL.shape)
    for weight in block.weights:
        weight.assign(normal(*weight.shape))
    return block


def kernel_of(block, route):
    """A route's gate: the kernels hold root routes and others apart."""
    queries = block.queries
    rank = sum((q == -1) == (queries[route] == -1) for q in queries[:route])
    is_root = queries[route] == -1
    kernel = block.root_kernel if is_root else block.sub_network_kernel
    return kernel.numpy()[rank]


def expected_output(block, route, values, queries):
    """Equation 1 for one route, row by row."""
    combination, source = LOCAL_ROUTES[route]
    rows = []
    for row in range(BATCH):
        query = ROOT[row] if source == -1 else queries[row, source]
        weights = softmax(kernel_of(block, route)[combination] @ query)
        rows.append(
            sum(
                w * values[row, j]
                for w, j in zip(weights, combination, strict=True)
            )
        )
    return np.array(rows)


@pytest.mark.parametrize("route", range(NUM_ROUTES))
def test_one_route_is_its_gate(route):
    block = make_block()
    outputs = block(V, ROOT, Q, ALL[[route]])
    expected = expected_output(block, route, V[0], Q[0])
    np.testing.assert_allclose(outputs[0], expected, atol=1e-5)


def test_several_routes_with_values_of_their_own():
    block = make_block()
    chosen = [4, 17, 4, 20]
    values, queries = normal(4, *V.shape[1:]), normal(4, *Q.shape[1:])
    outputs = block(values, ROOT, queries, ALL[chosen])
    for index, route in enumerate(chosen):
        expected = expected_output(block, route, values[index], queries[index])
        np.testing.assert_allclose(outputs[index], expected, atol=1e-5)


def test_mean_averages_what_the_route_reads():
    outputs = make_block(aggregation="mean")(V, ROOT, Q, ALL)
    for route, (combination, _) in enumerate(LOCAL_ROUTES):
        expected = V[0][:, combination].mean(axis=1)
        np.testing.assert_allclose(outputs[route], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("source", "name"), [(-1, "root_kernel"), (1, "sub_network_kernel")]
)
def test_queries_of_one_kind_need_one_kernel(source, name):
    block = SearchBlock(COMBINATIONS, [source] * len(COMBINATIONS))
    choice = np.eye(len(COMBINATIONS), dtype="f")
    block.build(V.shape, ROOT.shape, Q.shape, choice.shape)
    assert [w.name for w in block.weights] == [name]
    assert block(V, ROOT, Q, choice).shape == (7, BATCH, UNITS)


def test_large_scores_stay_finite():
    block = make_block()
    outputs = block(V, 1e4 * ROOT, Q, ALL)
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"aggregation": "max"}, "`aggregation` must.*aggregation='max'"),
        ({"queries": [0]}, "`combinations` and `queries`.*21 comb.*, 1 quer"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        SearchBlock(**(KWARGS | kwargs))
