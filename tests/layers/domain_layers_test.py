"""Layers and bodies that compute a row by its domain."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from checks import sigmoid
from tolerances import assert_near

from mtnas_tf import layers

TASKS = ("click", "a b")
ROWS, ROOT_UNITS, NUM_DOMAINS, UNITS = 8, 4, 3, 5
RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(ROWS, ROOT_UNITS)).astype("f")
INDEX = np.array([0, 2, 2, 0, 2, 0, 1, 0])
ROOTS = {"root": ROOT, "domain": np.eye(NUM_DOMAINS, dtype="f")[INDEX]}
SHAPES = {name: x.shape for name, x in ROOTS.items()}
BODIES = {
    "poso": (layers.POSO, {"hidden_units": (7, UNITS), "gate_units": (2,)}),
    "star": (layers.STAR, {"hidden_units": (7, 3), "auxiliary_units": (2,)}),
}


def make(name, **kwargs):
    cls, sizes = BODIES[name]
    body = cls(TASKS, **{**sizes, **kwargs})
    body.build(SHAPES)
    checks.randomize(body)
    return body


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("name", BODIES)
def test_contract(name, tmp_path):
    kwargs = {"stem_units": 6, "normalization": "batch"}
    body = make(name, **kwargs)
    num_weights = len(body.weights)
    outputs = checks.to_numpy(body(ROOTS))
    assert len(body.weights) == num_weights, "`call` made weights"
    shapes = {task: x.shape for task, x in outputs.items()}
    assert shapes == dict.fromkeys(TASKS, (ROWS, UNITS))
    assert body.compute_output_shape(SHAPES) == shapes
    config = body.get_config()
    assert type(body).from_config(config).get_config() == config
    checks.check_gradients(body, lambda: body(ROOTS))
    compiled = tf.function(body.__call__, jit_compile=True)
    checks.assert_close(checks.to_numpy(compiled(ROOTS)), outputs)
    symbols = {name: keras.Input(x.shape[1:]) for name, x in ROOTS.items()}
    keras.Model(symbols, body(symbols)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_close(checks.to_numpy(loaded(ROOTS)), outputs)
    mixed = make(name, dtype="mixed_bfloat16", **kwargs)
    assert {w.dtype for w in mixed.weights} == {"float32"}
    assert {x.dtype.name for x in mixed(ROOTS).values()} == {"bfloat16"}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("roots", [(ROWS, 4), {"root": (ROWS, 4)}])
def test_what_has_no_domain_is_refused(name, roots):
    rule = r"`roots` must.*'root', 'domain'.*DomainEncoder"
    with pytest.raises(ValueError, match=rule):
        BODIES[name][0](TASKS).build(roots)


def test_poso_masks_every_hidden_layer():
    body = make("poso")
    rows = []
    for x, domain in zip(ROOT, ROOTS["domain"], strict=True):
        for gate, bank in zip(body.gates, body.bottom.banks, strict=True):
            code = domain
            for layer in (*gate.hidden, gate.output_layer):
                code = code @ layer.kernel.numpy() + layer.bias.numpy()
                last = layer is gate.output_layer
                code = sigmoid(code) if last else relu(code)
            x = relu(x @ bank.kernel.numpy()[0] + bank.bias.numpy()[0])
            x = 2 * code * x
        rows.append(x)
    outputs = body(ROOTS)
    assert_near(outputs["click"], np.array(rows))
    np.testing.assert_array_equal(outputs["click"], outputs["a b"])


def test_poso_with_masks_of_one_is_shared_bottom():
    body = make("poso")
    for gate in body.gates:
        for weight in gate.output_layer.weights:
            weight.assign(np.zeros(weight.shape))
    plain = layers.SharedBottom(TASKS, hidden_units=(7, UNITS))
    plain.build(ROOT.shape)
    plain.bottom.set_weights(body.bottom.get_weights())
    checks.assert_close(
        checks.to_numpy(body(ROOTS)), checks.to_numpy(plain(ROOT))
    )


def normalized(layer, x, index, mean, variance):
    """Row by row, as the paper writes it."""
    gamma, beta, own_gamma, own_beta = layer.get_weights()[:4]
    return np.array(
        [
            gamma
            * own_gamma[p]
            * (z - mean[p])
            / np.sqrt(variance[p] + layer.epsilon)
            + beta
            + own_beta[p]
            for z, p in zip(x, index, strict=True)
        ]
    )


def star_layer(layer, x, index):
    center, kernel, bias, own_bias = layer.get_weights()
    return np.array(
        [
            relu(z @ (center * kernel[p]) + bias + own_bias[p])
            for z, p in zip(x, index, strict=True)
        ]
    )


def test_partitioned_normalization_is_a_layer(tmp_path):
    own = (NUM_DOMAINS, ROOT_UNITS)
    checks.check_layer(
        layers.PartitionedNormalization,
        {"momentum": 0.5, "epsilon": 0.01},
        (ROOT, ROOTS["domain"]),
        ROOT.shape,
        {
            "gamma": (ROOT_UNITS,),
            "beta": (ROOT_UNITS,),
            "own_gamma": own,
            "own_beta": own,
        },
        {"moving_mean": own, "moving_variance": own},
        path=tmp_path,
    )


def test_rows_are_normalized_within_their_domain():
    layer = layers.PartitionedNormalization(momentum=0.75)
    layer.build(*SHAPES.values())
    checks.randomize(layer)
    before = layer.moving_mean.numpy(), layer.moving_variance.numpy()
    expected = normalized(layer, ROOT, INDEX, *before)
    assert_near(layer(*ROOTS.values()), expected)
    index = np.where(INDEX == 1, 0, INDEX)  # domain 1 is not in this batch
    domain = np.eye(NUM_DOMAINS, dtype="f")[index]
    moments = [
        np.array([f(ROOT[index == p], axis=0) for p in (0, 2)])
        for f in (np.mean, np.var)
    ]
    mean, variance = (np.insert(m, 1, np.nan, axis=0) for m in moments)
    outputs = layer(ROOT, domain, training=True)
    assert_near(outputs, normalized(layer, ROOT, index, mean, variance))
    moved = layer.moving_mean, layer.moving_variance
    for now, was, batch in zip(moved, before, moments, strict=True):
        expected = 0.75 * was[[0, 2]] + 0.25 * batch
        assert_near(now.numpy()[[0, 2]], expected)
        np.testing.assert_array_equal(now.numpy()[1], was[1])


def test_one_domain_is_batch_normalization():
    one = np.ones((ROWS, 1), "f")
    ours = layers.PartitionedNormalization(momentum=0.9)
    plain = layers.BankNormalization("batch", momentum=0.9)
    for training in (True, False):
        outputs = plain(ROOT[:, None], training=training)[:, 0]
        assert_near(ours(ROOT, one, training=training), outputs)


def test_star_layer_is_a_layer(tmp_path):
    checks.check_layer(
        layers.StarLayer,
        {"units": UNITS},
        (ROOT, ROOTS["domain"]),
        (ROWS, UNITS),
        {
            "center": (ROOT_UNITS, UNITS),
            "kernel": (NUM_DOMAINS, ROOT_UNITS, UNITS),
            "bias": (UNITS,),
            "own_bias": (NUM_DOMAINS, UNITS),
        },
        path=tmp_path,
    )


def test_star_adds_up_two_logits():
    body = make("star")
    moments = body.partition.moving_mean, body.partition.moving_variance
    mean, variance = (moment.numpy() for moment in moments)
    hidden = normalized(body.partition, ROOT, INDEX, mean, variance)
    for layer in body.layers:
        hidden = star_layer(layer, hidden, INDEX)
    bank = body.auxiliary.banks[0]
    auxiliary = relu(ROOT @ bank.kernel.numpy()[0] + bank.bias.numpy()[0])
    own = body.own_weights.numpy()
    outputs = body(ROOTS)
    tower = RNG.normal(size=UNITS).astype("f")
    for t, task in enumerate(TASKS):
        star = [
            h @ (tower[:3] * own[p, t])
            for h, p in zip(hidden, INDEX, strict=True)
        ]
        logits = np.array(star) + auxiliary @ tower[3:]
        assert_near(outputs[task].numpy() @ tower, logits)


def test_domains_begin_as_one_network():
    body = layers.STAR(TASKS, hidden_units=(7, 3), auxiliary_units=(2,))
    outputs = body(ROOTS)
    other = {**ROOTS, "domain": np.roll(ROOTS["domain"], 1, axis=1)}
    checks.assert_close(checks.to_numpy(outputs), checks.to_numpy(body(other)))
    plain = layers.SharedBottom(TASKS, hidden_units=(7, 3))
    plain.build(ROOT.shape)
    for layer, bank in zip(body.layers, plain.bottom.banks, strict=True):
        bank.kernel.assign(layer.center.numpy()[None])
    root = ROOT / np.sqrt(1 + body.partition.epsilon)  # as it begins
    assert_near(outputs["click"][:, :3], plain(root)["click"])
