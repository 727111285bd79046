"""Towers that are built on what tasks require."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from checks import sigmoid
from checks import softmax
from tolerances import assert_near

from mtnas_tf import layers
from mtnas_tf.data import TaskSpec
from mtnas_tf.losses import MaskedBinaryCrossentropy
from mtnas_tf.losses.tower_outputs import tower_outputs_of

# Not in the order of the chain; `stars` is in none.
TASKS = (
    TaskSpec(name="pay", requires="buy"),
    TaskSpec(name="stars", kind="regression"),
    TaskSpec(name="click"),
    TaskSpec(name="buy", requires="click"),
    TaskSpec(name="like", requires="click"),
)
NAMES = [task.name for task in TASKS]
CLASSES = {
    "esmm": layers.ESMMTowers,
    "aitm": layers.AITMTowers,
    "resflow": layers.ResFlowTowers,
}
RNG = np.random.default_rng(0)
ROWS, WIDTH, UNITS = 6, 3, 4
HIDDEN = {name: RNG.normal(size=(ROWS, WIDTH)).astype("f") for name in NAMES}
SHAPES = {name: x.shape for name, x in HIDDEN.items()}


def make(name, tasks=TASKS, **kwargs):
    towers = CLASSES[name](tasks, **{"tower_units": (5, UNITS), **kwargs})
    towers.build({task.name: SHAPES[task.name] for task in tasks})
    checks.randomize(towers)
    return towers


def hidden_layer(towers, task, depth, x):
    bank = towers.hidden[task].banks[depth]
    return relu(x @ bank.kernel.numpy()[0] + bank.bias.numpy()[0])


def last_layer(towers, task, x):
    layer = towers.output_layers[task]
    return x @ layer.kernel.numpy() + layer.bias.numpy()


def plain_hidden(towers):
    hidden = {}
    for task, x in HIDDEN.items():
        for depth in range(2):
            x = hidden_layer(towers, task, depth, x)
        hidden[task] = x
    return hidden


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("name", CLASSES)
def test_contract(name, tmp_path):
    towers = make(name, normalization="layer")
    num_weights = len(towers.weights)
    outputs = checks.to_numpy(towers(HIDDEN))
    assert len(towers.weights) == num_weights, "`call` made weights"
    assert list(outputs) == NAMES
    assert towers.compute_output_shape(SHAPES) == {
        name: x.shape for name, x in outputs.items()
    }
    config = towers.get_config()
    assert CLASSES[name].from_config(config).get_config() == config
    checks.check_gradients(towers, lambda: towers(HIDDEN))
    compiled = tf.function(towers.__call__, jit_compile=True)
    checks.assert_close(checks.to_numpy(compiled(HIDDEN)), outputs)
    symbols = {name: keras.Input(x.shape[1:]) for name, x in HIDDEN.items()}
    keras.Model(symbols, towers(symbols)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_close(checks.to_numpy(loaded(HIDDEN)), outputs)
    mixed = make(name, normalization="layer", dtype="mixed_bfloat16")
    mixed.set_weights(towers.get_weights())
    assert {x.dtype.name for x in mixed(HIDDEN).values()} == {"float32"}


@pytest.mark.parametrize("name", CLASSES)
def test_without_chains_they_are_towers(name):
    tasks = (TaskSpec(name="click"), TASKS[1])
    towers = make(name, tasks)
    plain = layers.Towers(tasks, (5, UNITS))
    plain.build({task.name: SHAPES[task.name] for task in tasks})
    plain.set_weights(towers.get_weights())
    inputs = {task.name: HIDDEN[task.name] for task in tasks}
    checks.assert_close(
        checks.to_numpy(towers(inputs)), checks.to_numpy(plain(inputs))
    )


@pytest.mark.parametrize("name", CLASSES)
def test_a_chain_that_names_an_unknown_task_is_refused(name):
    with pytest.raises(ValueError, match="`requires` must name.*buy requires"):
        CLASSES[name]([TASKS[3]])


def test_esmm_multiplies():
    towers = make("esmm")
    hidden = plain_hidden(towers)
    own = {task: last_layer(towers, task, x) for task, x in hidden.items()}
    p = {task: sigmoid(logits) for task, logits in own.items()}
    outputs = towers(HIDDEN)
    assert_near(outputs["stars"], own["stars"])
    assert_near(outputs["click"], p["click"])
    assert_near(outputs["like"], p["click"] * p["like"])
    assert_near(outputs["buy"], p["click"] * p["buy"])
    assert_near(outputs["pay"], p["click"] * p["buy"] * p["pay"])
    logits = tower_outputs_of(outputs["pay"])
    assert_near(sigmoid(logits.numpy()), outputs["pay"])


def test_esmm_of_a_sure_second_event_is_the_first():
    towers = make("esmm")
    last = towers.output_layers["buy"]
    last.kernel.assign(np.zeros(last.kernel.shape))
    last.bias.assign([80.0])
    outputs = towers(HIDDEN)
    np.testing.assert_array_equal(outputs["buy"], outputs["click"])


@pytest.mark.parametrize("click", [-50.0, 0.0, 50.0])
@pytest.mark.parametrize("buy", [-50.0, 0.0, 50.0])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_loss_and_gradients_of_a_product(click, buy, label):
    """-log(p q) has the slope -(1 - p), -log(1 - p q) p q (1 - p) / (1 - p q),
    in the logit of p."""
    tasks = (TASKS[2], TASKS[3])
    towers = make("esmm", tasks, tower_units=())
    biases = []
    for task, logit in (("click", click), ("buy", buy)):
        layer = towers.output_layers[task]
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign([logit])
        biases.append(layer.bias)
    with tf.GradientTape() as tape:
        loss = MaskedBinaryCrossentropy()(
            np.full((ROWS, 1), label, "f"), towers(HIDDEN)["buy"]
        )
    found = [float(g[0]) for g in tape.gradient(loss, biases)]
    p, q = sigmoid(np.array([click, buy], np.longdouble))
    not_p, not_q = sigmoid(np.array([-click, -buy], np.longdouble))
    neither = not_p + not_q - not_p * not_q  # 1 - p q
    expected = np.log1p(np.exp(-click)) + np.log1p(np.exp(-buy))
    gradients = [-not_p, -not_q]
    if not label:
        expected = -np.log(neither) if p * q > 0.5 else -np.log1p(-p * q)
        gradients = [p * q * not_p / neither, p * q * not_q / neither]
    np.testing.assert_allclose(
        float(loss), float(expected), rtol=1e-5, atol=1e-30
    )
    np.testing.assert_allclose(
        found, np.array(gradients, float), rtol=1e-5, atol=1e-30
    )


def transferred(layer, own, earlier):
    """Row by row, as the paper writes it."""
    kernels = {
        name: getattr(layer, f"{name}_kernel").numpy()
        for name in ("transfer", "value", "key", "query")
    }
    rows = []
    for q, before in zip(own, earlier, strict=True):
        p = relu(before @ kernels["transfer"] + layer.transfer_bias.numpy())
        scores = [
            (u @ kernels["key"]) @ (u @ kernels["query"]) / np.sqrt(len(u))
            for u in (p, q)
        ]
        weights = softmax(np.array(scores))
        rows.append(weights[0] * p @ kernels["value"])
        rows[-1] = rows[-1] + weights[1] * q @ kernels["value"]
    return np.array(rows)


def test_aitm_transfers_along_chains():
    towers = make("aitm")
    z = plain_hidden(towers)
    for task, before in (("like", "click"), ("buy", "click"), ("pay", "buy")):
        z[task] = transferred(towers.transfers[task], z[task], z[before])
    outputs = towers(HIDDEN)
    for task in NAMES:
        expected = last_layer(towers, task, z[task])
        if task != "stars":
            expected = sigmoid(expected)
        assert_near(outputs[task], expected)


def test_the_calibrator_holds_a_later_event_below_an_earlier_one():
    towers = make("aitm")
    p = checks.to_numpy(towers(HIDDEN))
    assert not towers.losses
    towers(HIDDEN, training=True)
    links = (("like", "click"), ("buy", "click"), ("pay", "buy"))
    excess = [np.maximum(p[b] - p[a], 0).mean() for b, a in links]
    assert max(excess) > 0
    assert_near(sum(towers.losses), 0.6 * sum(excess))
    silent = make("aitm", calibrator_weight=0)
    silent(HIDDEN, training=True)
    assert not silent.losses


def test_resflow_adds_layers_and_logits():
    towers = make("resflow")
    links = (("like", "click"), ("buy", "click"), ("pay", "buy"))
    h = dict(HIDDEN)
    for depth in range(2):
        h = {
            task: hidden_layer(towers, task, depth, x) for task, x in h.items()
        }
        for task, before in links:
            h[task] = h[task] + h[before]
    logits = {task: last_layer(towers, task, x) for task, x in h.items()}
    for task, before in links:
        logits[task] = logits[task] + logits[before]
    outputs = towers(HIDDEN)
    assert_near(outputs["stars"], logits["stars"])
    for task in ("click", "like", "buy", "pay"):
        assert_near(outputs[task], sigmoid(logits[task]))


def test_resflow_with_nothing_to_add_predicts_the_earlier_event():
    towers = make("resflow")
    last = towers.output_layers["buy"]
    last.kernel.assign(np.zeros(last.kernel.shape))
    last.bias.assign([0.0])
    outputs = towers(HIDDEN)
    np.testing.assert_array_equal(outputs["buy"], outputs["click"])


def test_information_transfer_is_a_layer(tmp_path):
    square = (WIDTH, WIDTH)
    checks.check_layer(
        layers.InformationTransfer,
        {},
        (HIDDEN["buy"], HIDDEN["click"]),
        (ROWS, WIDTH),
        {
            "transfer_bias": (WIDTH,),
            "transfer_kernel": square,
            "value_kernel": square,
            "key_kernel": square,
            "query_kernel": square,
        },
        path=tmp_path,
    )
    with pytest.raises(ValueError, match="`own` and `earlier` must have the"):
        layers.InformationTransfer().build((None, 3), (None, 4))


@pytest.mark.parametrize("weight", [-0.1, None, np.nan])
def test_a_wrong_weight_of_the_calibrator_is_named(weight):
    message = f"`calibrator_weight` must be at least 0.*={weight}"
    with pytest.raises(ValueError, match=message):
        layers.AITMTowers(TASKS, calibrator_weight=weight)
