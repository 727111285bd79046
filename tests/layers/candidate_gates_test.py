import checks
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near
from tolerances import is_reached

from mtnas_tf.layers import CandidateGates
from mtnas_tf.layers import Gate

BATCH, CANDIDATES, BLOCKS, VALUES, QUERIES = 6, 3, 2, 5, 4
ROOT_DIM, UNITS = 7, 8
GATES = (CANDIDATES, BLOCKS)
RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(BATCH, CANDIDATES, ROOT_DIM)).astype("f")
QUERIES_IN = RNG.normal(size=(BATCH, CANDIDATES, QUERIES, UNITS)).astype("f")
VALUES_IN = RNG.normal(size=(BATCH, CANDIDATES, VALUES, UNITS)).astype("f")
# By candidate and block: the values read, the sub-network asked (None: root).
READ = [[[0, 1, 2, 3, 4], [1, 3]], [[2], [0, 4]], [[0, 2, 3], [4]]]
ASKED = [[None, 2], [None, 0], [3, 1]]
MASKS = np.zeros((*GATES, VALUES), "f")
SOURCES = np.zeros((*GATES, QUERIES), "f")
for place in np.ndindex(*GATES):
    MASKS[place][READ[place[0]][place[1]]] = 1
    if ASKED[place[0]][place[1]] is not None:
        SOURCES[place][ASKED[place[0]][place[1]]] = 1
ROOT_KERNEL = {"root_kernel": (*GATES, VALUES, ROOT_DIM)}
SUB_NETWORK_KERNEL = {"sub_network_kernel": (*GATES, VALUES, UNITS)}
SOURCES_DATA = {"sources": SOURCES.shape}
NORM = (CANDIDATES * BLOCKS, VALUES)
SCALES = {"gamma": NORM, "beta": NORM}
MOMENTS = {"moving_mean": NORM, "moving_variance": NORM}


@pytest.fixture
def routes_stay(monkeypatch):
    """What the gates read is no weight to randomize."""
    randomize = checks.randomize

    def randomize_kernels(layer, *args):
        randomize(layer, *args)
        for weight in layer.weights:
            if weight.name in ("masks", "sources"):
                data = MASKS if weight.name == "masks" else SOURCES
                weight.assign(data[..., : weight.shape[-1]])

    monkeypatch.setattr(checks, "randomize", randomize_kernels)


def make_gates(**kwargs):
    gates = CandidateGates(*GATES, VALUES, QUERIES, **kwargs)
    gates.build(ROOT.shape, QUERIES_IN.shape)
    checks.randomize(gates)
    gates.assign_routes(MASKS, SOURCES)
    return gates


@pytest.mark.parametrize(
    ("kwargs", "batch", "trainable", "data"),
    [
        ({}, BATCH, ROOT_KERNEL | SUB_NETWORK_KERNEL, SOURCES_DATA),
        ({"num_queries": 0}, BATCH, ROOT_KERNEL, {}),
        (
            {"normalization": "batch"},
            BATCH,
            ROOT_KERNEL | SUB_NETWORK_KERNEL | SCALES,
            SOURCES_DATA | MOMENTS,
        ),
        ({"gated": False, "normalization": "batch"}, 1, {}, {}),
    ],
    ids=["all queries", "root alone", "normalized", "mean"],
)
def test_contract(kwargs, batch, trainable, data, routes_stay, tmp_path):
    sizes = {
        "num_candidates": CANDIDATES,
        "num_blocks": BLOCKS,
        "num_values": VALUES,
        "num_queries": QUERIES,
    }
    checks.check_layer(
        CandidateGates,
        sizes | kwargs,
        (ROOT, QUERIES_IN),
        (batch, *GATES, VALUES),
        trainable,
        {"masks": MASKS.shape} | data,
        path=tmp_path,
    )


def test_weights_are_a_softmax_over_what_is_read():
    gates = make_gates()
    weights = gates(ROOT, QUERIES_IN).numpy()
    for row, i, block in np.ndindex(BATCH, *GATES):
        asked, read = ASKED[i][block], READ[i][block]
        if asked is None:
            scores = gates.root_kernel[i, block].numpy() @ ROOT[row, i]
        else:
            kernel = gates.sub_network_kernel[i, block].numpy()
            scores = kernel @ QUERIES_IN[row, i, asked]
        expected = np.zeros(VALUES)
        expected[read] = checks.softmax(scores[read])
        assert_near(weights[row, i, block], expected)
        assert (weights[row, i, block] > 0).sum() == len(read)


@pytest.mark.filterwarnings("ignore:[^.]*softmax over axis -1")
@pytest.mark.parametrize("place", list(np.ndindex(*GATES)), ids=str)
@pytest.mark.parametrize(
    ("normalization", "training"),
    [(None, False), ("batch", False), ("batch", True)],
)
def test_one_is_the_gate_of_one_route(normalization, training, place):
    gates = make_gates(normalization=normalization)
    (i, block), read = place, READ[place[0]][place[1]]
    asked = ASKED[place[0]][place[1]]
    query = ROOT[:, i] if asked is None else QUERIES_IN[:, i, asked]
    kernel = gates.root_kernel if asked is None else gates.sub_network_kernel
    values = VALUES_IN[:, i, read]
    gate = Gate(normalization)
    gate.build(query.shape, values.shape)
    has_weights = len(read) > 1
    if has_weights:
        gate.kernel.assign(kernel.numpy()[place][read].T)
    if normalization and has_weights:
        pairs = list(zip(gate.norm.weights, gates.norm.weights, strict=True))
        for its, ours in pairs:
            its.assign(ours.numpy()[i * BLOCKS + block, read][None])
    weights = gates(ROOT, QUERIES_IN, training=training).numpy()[:, *place]
    mixed = np.einsum("bv,bvu->bu", weights, VALUES_IN[:, i])
    expected = gate(query, values, training=training)
    assert_near(mixed, expected)
    if normalization and has_weights:  # training has moved both averages alike
        for its, ours in pairs:
            moved = ours.numpy()[i * BLOCKS + block, read]
            assert_near(its[0], moved)


def test_without_gates_values_are_averaged():
    weights = make_gates(gated=False)(ROOT, QUERIES_IN).numpy()
    for i, block in np.ndindex(*GATES):
        read = READ[i][block]
        expected = [1 / len(read) if v in read else 0 for v in range(VALUES)]
        assert_near(weights[0, i, block], expected)


def test_a_single_value_needs_no_gate():
    gates = CandidateGates(*GATES, num_values=1, num_queries=1)
    queries = QUERIES_IN[:, :, :1]
    weights = gates(ROOT, queries)
    assert gates.trainable_weights == []
    gates.assign_routes(np.ones((*GATES, 1)), np.zeros((*GATES, 1)))
    np.testing.assert_array_equal(weights, np.ones((1, *GATES, 1)))
    assert gates.compute_output_shape(ROOT.shape, queries.shape) == (
        weights.shape
    )


def test_a_gradient_reaches_what_is_read_and_asked_alone():
    gates = make_gates()
    slopes = RNG.normal(size=VALUES).astype("f")
    for i, block in np.ndindex(*GATES):
        with tf.GradientTape() as tape:
            weights = gates(ROOT, QUERIES_IN)
            total = tf.reduce_sum(weights[:, i, block] * slopes)
        kernels = (gates.root_kernel, gates.sub_network_kernel)
        gradients = tape.gradient(total, kernels)
        is_asking = ASKED[i][block] is not None
        reached = np.stack([is_reached(g, -1, 1.0) for g in gradients])
        expected = np.zeros_like(reached)
        if len(READ[i][block]) > 1:  # else the weight is constant
            expected[int(is_asking), i, block, READ[i][block]] = True
        np.testing.assert_array_equal(reached, expected)


def test_other_routes_run_in_the_same_graph():
    gates = make_gates()
    traces = []

    @tf.function(jit_compile=True)
    def run():
        traces.append(1)
        return gates(ROOT, QUERIES_IN)

    first = run().numpy()
    gates.assign_routes(MASKS[:, ::-1], SOURCES[::-1])
    second = run().numpy()
    assert len(traces) == 1
    assert ((second > 0) == MASKS[:, ::-1]).all()
    assert_near(second, gates(ROOT, QUERIES_IN))
    assert np.abs(second - first).max() > 0.1
