import checks
import numpy as np
import pytest

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
        np.testing.assert_allclose(outputs[row], expected, atol=1e-6)


def test_a_single_value_passes_through():
    gate = Gate()
    with pytest.warns(UserWarning, match="softmax over axis -1"):
        outputs = gate(QUERY, VALUES_IN[:, :1])
    np.testing.assert_allclose(outputs, VALUES_IN[:, 0], rtol=1e-6)
