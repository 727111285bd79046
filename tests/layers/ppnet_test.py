"""Networks whose hidden units are gated by a prior."""

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
ROWS, ROOT_UNITS, PRIOR_UNITS, UNITS = 6, 4, 3, 5
RNG = np.random.default_rng(0)
ROOTS = {
    "root": RNG.normal(size=(ROWS, ROOT_UNITS)).astype("f"),
    "prior": RNG.normal(size=(ROWS, PRIOR_UNITS)).astype("f"),
}
SHAPES = {name: x.shape for name, x in ROOTS.items()}


def make(roots=ROOTS, **kwargs):
    sizes = {"hidden_units": (7, UNITS), "gate_units": (2,)}
    body = layers.PPNet(TASKS, **{**sizes, **kwargs})
    body.build({name: x.shape for name, x in roots.items()})
    checks.randomize(body)
    return body


def gates_of(body, depth, roots):
    """Factors `(rows, tasks, units)`, as the paper writes them."""
    x = np.concatenate([roots[name] for name in ("prior", "root")], axis=1)
    gate = body.gates[depth]
    for layer in (*gate.hidden, gate.output_layer):
        x = x @ layer.kernel.numpy() + layer.bias.numpy()
        x = sigmoid(x) if layer is gate.output_layer else relu(x)
    return gate.gamma * x.reshape(ROWS, len(TASKS), -1)


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
def test_contract(tmp_path):
    kwargs = {"stem_units": 6, "normalization": "layer"}
    body = make(**kwargs)
    num_weights = len(body.weights)
    outputs = checks.to_numpy(body(ROOTS))
    assert len(body.weights) == num_weights, "`call` made weights"
    shapes = {task: x.shape for task, x in outputs.items()}
    assert shapes == dict.fromkeys(TASKS, (ROWS, UNITS))
    assert body.compute_output_shape(SHAPES) == shapes
    config = body.get_config()
    assert layers.PPNet.from_config(config).get_config() == config
    checks.check_gradients(body, lambda: body(ROOTS))
    compiled = tf.function(body.__call__, jit_compile=True)
    checks.assert_close(checks.to_numpy(compiled(ROOTS)), outputs)
    symbols = {name: keras.Input(x.shape[1:]) for name, x in ROOTS.items()}
    keras.Model(symbols, body(symbols)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_close(checks.to_numpy(loaded(ROOTS)), outputs)
    mixed = make(dtype="mixed_bfloat16", **kwargs)
    assert {w.dtype for w in mixed.weights} == {"float32"}
    assert {x.dtype.name for x in mixed(ROOTS).values()} == {"bfloat16"}


def test_every_hidden_layer_is_gated():
    body = make()
    outputs = body(ROOTS)
    for index, task in enumerate(TASKS):
        hidden = ROOTS["root"]
        for depth, bank in enumerate(body.networks.banks):
            kernel, bias = bank.kernel.numpy(), bank.bias.numpy()
            factors = gates_of(body, depth, ROOTS)[:, index]
            assert np.ptp(factors, axis=0).max() > 0.01
            hidden = factors * relu(hidden @ kernel[index] + bias[index])
        assert_near(outputs[task], hidden)


def test_gates_train_the_prior_and_not_the_root():
    body = make()
    for bank in body.networks.banks:  # all units run, whatever they read
        bank.kernel.assign(np.zeros(bank.kernel.shape))
        bank.bias.assign(np.ones(bank.bias.shape))
    roots = {name: tf.constant(x) for name, x in ROOTS.items()}
    with tf.GradientTape() as tape:
        tape.watch(roots)
        outputs = body(roots)
    slopes = tape.gradient(list(outputs.values()), roots)
    assert not slopes["root"].numpy().any()
    assert slopes["prior"].numpy().any()


def test_with_gates_of_one_it_is_shared_embedding():
    body = make()
    for gate in body.gates:
        for weight in gate.output_layer.weights:
            weight.assign(np.zeros(weight.shape))
    plain = layers.SharedEmbedding(TASKS, hidden_units=(7, UNITS))
    plain.build(SHAPES["root"])
    plain.networks.set_weights(body.networks.get_weights())
    outputs = checks.to_numpy(body(ROOTS))
    checks.assert_close(outputs, checks.to_numpy(plain(ROOTS["root"])))


def test_without_a_prior_gates_look_at_the_root():
    roots = {"root": ROOTS["root"]}
    body = make(roots)
    assert body.gates[0].hidden[0].kernel.shape == (ROOT_UNITS, 2)
    assert body(roots)["click"].shape == (ROWS, UNITS)
    checks.check_gradients(body, lambda: body(roots))


@pytest.mark.parametrize("roots", [(ROWS, 4), {"prior": (ROWS, 4)}])
def test_what_is_no_dict_of_a_root_is_refused(roots):
    with pytest.raises(ValueError, match=r"`roots` must.*'root'.*PEPNetEnc"):
        layers.PPNet(TASKS).build(roots)


def gated_mmoe():
    base = layers.MMoE(TASKS, 2, hidden_units=(3,))
    return make(base=base, hidden_units=(UNITS,), stem_units=6)


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
def test_any_body_gets_gated_towers(tmp_path):
    body = gated_mmoe()
    base = body.base(body.stem(ROOTS["root"])[0])
    outputs = body(ROOTS)
    bank = body.networks.banks[0]
    for index, task in enumerate(TASKS):
        kernel, bias = bank.kernel.numpy()[index], bank.bias.numpy()[index]
        factors = gates_of(body, 0, ROOTS)[:, index]
        hidden = factors * relu(base[task].numpy() @ kernel + bias)
        assert_near(outputs[task], hidden)
    checks.check_gradients(body, lambda: body(ROOTS))
    symbols = {name: keras.Input(x.shape[1:]) for name, x in ROOTS.items()}
    keras.Model(symbols, body(symbols)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_close(
        checks.to_numpy(loaded(ROOTS)), checks.to_numpy(outputs)
    )


def test_a_base_that_forgets_a_task_is_refused():
    base = layers.MMoE(TASKS[:1], 2)
    with pytest.raises(ValueError, match="`base` must give each task.*'a b'"):
        layers.PPNet(TASKS, base=base).build(SHAPES)
