import checks
import numpy as np
import pytest
from checks import softmax
from tolerances import assert_near

from mtnas_tf.features import TargetAttention

BATCH, LENGTH, QUERY, UNITS = 4, 3, 2, 5
RNG = np.random.default_rng(0)
TARGETS = RNG.normal(size=(BATCH, QUERY)).astype("f")
KEYS = RNG.normal(size=(BATCH, LENGTH, UNITS)).astype("f")
IS_VALUE = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
INPUTS = (TARGETS, KEYS, IS_VALUE)


@pytest.mark.parametrize("normalization", [None, "softmax"])
def test_contract(normalization, tmp_path):
    weights = {
        "query_kernel": (QUERY, 6),
        "key_kernel": (UNITS, 6),
        "product_kernel": (QUERY * UNITS, 6),
        "hidden_bias": (6,),
    }
    attention = TargetAttention((6,), normalization)
    attention.build(*(x.shape for x in INPUTS))
    found = {w.path.split("/", 1)[1]: w.shape for w in attention.weights}
    weights |= {"prelu_0/alpha": (1, 6), "score/kernel": (6, 1)}
    weights |= {} if normalization else {"score/bias": (1,)}
    assert found == weights
    checks.check_layer(
        TargetAttention,
        {"hidden_units": (6,), "normalization": normalization},
        INPUTS,
        (BATCH, UNITS),
        {w.name: w.shape for w in attention.weights},
        path=tmp_path,
    )


def reference(attention, query, keys, is_value):
    """Equation 3 for one row, a key at a time."""
    w = {w.path.split("/", 1)[1]: w.numpy() for w in attention.weights}
    kernel = np.concatenate(
        [w["key_kernel"], w["product_kernel"], w["query_kernel"]]
    )
    scores = []
    for key in keys:
        outer = np.outer(query, key).ravel()
        hidden = np.concatenate([key, outer, query]) @ kernel + w["hidden_bias"]
        for i in range(len(attention.hidden_units)):
            if i:
                hidden = hidden @ w[f"dense_{i}/kernel"] + w[f"dense_{i}/bias"]
            slope = w[f"prelu_{i}/alpha"][0]
            hidden = np.where(hidden > 0, hidden, slope * hidden)
        scores.append(hidden @ w["score/kernel"][:, 0] + w.get("score/bias", 0))
    values = [
        (np.ravel(a)[0], k)
        for a, k, is_one in zip(scores, keys, is_value, strict=True)
        if is_one
    ]
    if not values:
        return np.zeros(UNITS)
    weights = np.array([score for score, _ in values])
    if attention.normalization:
        weights = softmax(weights / np.sqrt(UNITS))
    return sum(a * k for a, (_, k) in zip(weights, values, strict=True))


@pytest.mark.parametrize(
    ("hidden_units", "normalization"),
    [((6,), None), ((6, 4), None), ((6, 4), "softmax")],
)
def test_equation(hidden_units, normalization):
    attention = TargetAttention(hidden_units, normalization)
    attention.build(*(x.shape for x in INPUTS))
    rng = np.random.default_rng(1)
    for weight in attention.weights:
        weight.assign(rng.normal(size=weight.shape))
    outputs = attention(*INPUTS).numpy()
    expected = [reference(attention, *row) for row in zip(*INPUTS, strict=True)]
    assert_near(outputs, np.array(expected))
    assert not outputs[3].any()  # padding alone
    # Padding is not read at all.
    keys = np.where(IS_VALUE[..., None], KEYS, 1e6).astype("f")
    assert_near(attention(TARGETS, keys, IS_VALUE), outputs)


def test_a_target_that_asks_nothing_gets_sums_and_means():
    for normalization, expected in (
        (None, (KEYS * IS_VALUE[..., None]).sum(axis=1)),
        (
            "softmax",
            (KEYS * IS_VALUE[..., None]).sum(axis=1)
            / np.maximum(IS_VALUE.sum(axis=1, keepdims=True), 1),
        ),
    ):
        attention = TargetAttention(normalization=normalization)
        attention.build(*(x.shape for x in INPUTS))
        attention.score.kernel.assign(np.zeros((36, 1)))
        if normalization is None:
            attention.score.bias.assign([1.0])
        assert_near(attention(*INPUTS), expected)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"hidden_units": ()}, "`hidden_units` must"),
        ({"normalization": "sum"}, "`normalization` must.*='sum'"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TargetAttention(**kwargs)
