"""Networks of routes whose sub-networks have several widths."""

import keras
import numpy as np
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.layers import RouteNetwork
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route

UNITS = (5, 3)
ROOT = np.random.default_rng(0).uniform(0.1, 1, (4, 6)).astype("float32")
MIXED = Route(
    2,
    2,
    {
        "s3": BlockRoute(("s1", "s2"), "root"),
        "s4": BlockRoute(("s2",)),
        "click": BlockRoute(("s3", "s4"), "s2"),
        "buy": BlockRoute(("s2", "s4"), "root"),
    },
)


def randomized(body):
    """The body with weights above 0, so that no activation is 0."""
    body(ROOT)
    rng = np.random.default_rng(1)
    for weight in body.weights:
        weight.assign(rng.uniform(0.1, 0.6, weight.shape))
    return body


def by_name(body):
    """Kernel, bias, and scale and offset of a norm, of every sub-network."""
    found = {}
    for bank, names in zip(body.banks, body.active, strict=True):
        norm = [] if bank.norm is None else [bank.norm.gamma, bank.norm.beta]
        weights = [w.numpy() for w in (bank.kernel, bank.bias, *norm)]
        for index, name in enumerate(names):
            found[name] = [each[index] for each in weights]
    return found


def test_a_narrow_chain_is_a_narrow_network():
    chain = {
        "s3": BlockRoute(("s1",)),
        "s4": BlockRoute(("s2",)),
        "click": BlockRoute(("s3",)),
        "buy": BlockRoute(("s4",)),
    }
    kwargs = {"normalization": "layer"}
    both = randomized(RouteNetwork(Route(2, 2, chain), UNITS, **kwargs))
    outputs = both(ROOT)
    assert {t: o.shape[1] for t, o in outputs.items()} == {"click": 5, "buy": 3}
    assert both.compute_output_shape(ROOT.shape) == {
        "click": (4, 5),
        "buy": (4, 3),
    }
    weights = by_name(both)
    alone = {"s2": BlockRoute(("s1",)), "buy": BlockRoute(("s2",))}
    narrow = RouteNetwork(Route(2, 1, alone), 3, **kwargs)
    narrow(ROOT)
    for bank, name in zip(narrow.banks, ("s2", "s4"), strict=True):
        targets = (bank.kernel, bank.bias, bank.norm.gamma, bank.norm.beta)
        for target, values in zip(targets, weights[name], strict=True):
            target.assign(values[None])
    assert_near(outputs["buy"], narrow(ROOT)["buy"])


def test_a_mix_of_wide_and_narrow_is_numpy_s():
    body = randomized(RouteNetwork(MIXED, UNITS))
    weights = by_name(body)

    def run(name, read):
        kernel, bias = weights[name]
        return np.maximum(read @ kernel + bias, 0)

    def mix(consumer, query, values):
        scores = query @ body.gates[consumer].kernel.numpy()
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        width = max(value.shape[1] for value in values)
        padded = [np.pad(v, ((0, 0), (0, width - v.shape[1]))) for v in values]
        return sum(
            s[:, None] * v for s, v in zip(shares.T, padded, strict=True)
        )

    first, second = run("s1", ROOT), run("s2", ROOT)
    third = run("s3", mix("s3", ROOT, [first, second]))
    fourth = run("s4", second)
    outputs = body(ROOT)
    assert_near(outputs["click"], mix("click", second, [third, fourth]))
    assert_near(outputs["buy"], mix("buy", ROOT, [second, fourth]))
    assert outputs["buy"].shape == (4, 3)


def test_no_weight_is_of_no_use():
    body = randomized(RouteNetwork(MIXED, UNITS))
    assert sum(np.prod(w.shape) for w in body.trainable_weights) == (
        6 * 5 + 5 + 6 * 3 + 3  # layer 1
        + 5 * 5 + 5 + 3 * 3 + 3  # s3 reads both, s4 the narrow one
        + 2 * (6 + 3 + 6)  # gates: the root, s2, the root
    )  # fmt: skip
    with tf.GradientTape() as tape:
        outputs = body(ROOT)
        loss = sum(
            keras.ops.sum(o**2 * [1.0, 2, 3, 4, 5][: o.shape[1]])
            for o in outputs.values()
        )
    gradients = tape.gradient(loss, body.trainable_weights)
    for weight, gradient in zip(body.trainable_weights, gradients, strict=True):
        assert (np.abs(gradient) > 0).all(), weight.path


def test_it_comes_back_from_its_config():
    body = RouteNetwork(MIXED, UNITS, normalization="layer")
    again = RouteNetwork.from_config(body.get_config())
    assert again.units == UNITS and again.active == body.active
    assert [bank.name for bank in again.banks] == [
        *("layer_1_s1", "layer_1_s2", "layer_2_s3", "layer_2_s4")
    ]
