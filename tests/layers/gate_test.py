import checks
import numpy as np
from tolerances import assert_near

from mtnas_tf.layers import Gate

BATCH, QUERY_DIM, VALUES, UNITS = 3, 4, 5, 2
RNG = np.random.default_rng(0)
QUERY = RNG.normal(size=(BATCH, QUERY_DIM)).astype("f")
VALUES_IN = RNG.normal(size=(BATCH, VALUES, UNITS)).astype("f")


def test_contract(tmp_path):
    checks.check_layer(
        Gate,
        {},
        (QUERY, VALUES_IN),
        (BATCH, UNITS),
        {"kernel": (QUERY_DIM, VALUES)},
        path=tmp_path,
    )


def test_mixes_by_a_softmax_of_the_query():
    gate = Gate()
    gate.build(QUERY.shape, VALUES_IN.shape)
    outputs = gate(QUERY, VALUES_IN)
    for row in range(BATCH):
        weights = checks.softmax(QUERY[row] @ gate.kernel.numpy())
        expected = sum(
            w * v for w, v in zip(weights, VALUES_IN[row], strict=True)
        )
        assert_near(outputs[row], expected)


def test_contract_with_normalization(tmp_path):
    norm = ("gamma", "beta")
    moments = ("moving_mean", "moving_variance")
    checks.check_layer(
        Gate,
        {"normalization": "batch"},
        (QUERY, VALUES_IN),
        (BATCH, UNITS),
        {"kernel": (QUERY_DIM, VALUES)} | dict.fromkeys(norm, (1, VALUES)),
        dict.fromkeys(moments, (1, VALUES)),
        path=tmp_path,
    )


def test_normalized_scores_do_not_depend_on_the_scale_of_the_query():
    gate = Gate("batch")
    gate.build(QUERY.shape, VALUES_IN.shape)
    scores = 1000 * QUERY @ gate.kernel.numpy()
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    outputs = gate(1000 * QUERY, VALUES_IN, training=True)
    for row in range(BATCH):
        weights = checks.softmax(scores[row])
        assert_near(outputs[row], weights @ VALUES_IN[row])
    # Served, it uses what it has seen: another result.
    assert np.abs(gate(1000 * QUERY, VALUES_IN) - outputs).max() > 1e-3


def test_a_single_value_passes_through():
    gate = Gate("batch")
    np.testing.assert_array_equal(
        gate(QUERY, VALUES_IN[:, :1]), VALUES_IN[:, 0]
    )
    assert not gate.weights
