import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import GumbelAllocation
from mtnas_tf.layers import SharedBottom
from mtnas_tf.routes import BlockRoute

TASKS = ("click", "buy")
ROOT = np.random.default_rng(0).normal(size=(4, 5)).astype("f")


def make(num_layers=2, num_experts=3, seed=0, **kwargs):
    body = GumbelAllocation(
        TASKS, num_layers, num_experts, hidden_units=(6,), seed=seed, **kwargs
    )
    body.build(ROOT.shape)
    checks.randomize(body, seed)
    return body


def set_probs(body, probs):
    """Probabilities of the bits, `(layers, tasks, experts)`."""
    probs = np.broadcast_to(probs, body.probs.shape)
    logits = np.log(np.stack([probs, 1 - probs], axis=-1)).swapaxes(0, 1)
    bits = body.allocation.bits
    bits.kernel.assign(logits / bits.learning_rate_factor)


def reference(body, allocated, row):
    """The docstring's equations for one row: task -> h."""
    outputs = {}
    for task, bits in zip(TASKS, np.swapaxes(allocated, 0, 1), strict=True):
        x = row
        for layer, own in zip(body.experts, bits, strict=True):
            bank = layer.banks[0]
            values = [sub_network(bank, k, x) for k in range(len(own))]
            x = sum(a * e for a, e in zip(own, values, strict=True))
            x = x / max(1, sum(own))
        outputs[task] = x
    return outputs


@pytest.mark.parametrize("num_layers", [1, 3])
def test_averages_the_experts_whose_probability_reaches_one_half(num_layers):
    rng = np.random.default_rng(1)
    for seed in range(3):
        body = make(num_layers, seed=seed)
        probs = rng.uniform(0.01, 0.99, body.probs.shape)
        probs[..., 0] = 0.5  # is enough
        set_probs(body, probs)
        outputs = body(ROOT)
        allocated = (probs >= 0.5).astype(int)
        for index, row in enumerate(ROOT):
            expected = reference(body, allocated, row)
            for task in TASKS:
                assert_near(outputs[task][index], expected[task])


def test_a_task_keeps_its_most_probable_expert():
    body = make(1)
    set_probs(body, [[[0.1, 0.3, 0.2], [0.4, 0.3, 0.2]]])
    experts = body.experts[0](ROOT)
    outputs = body(ROOT)
    assert_near(outputs["click"], experts[:, 1])
    assert_near(outputs["buy"], experts[:, 0])
    assert body.route.blocks["click"] == BlockRoute(("s1",))
    assert body.sources == {"s1": 1, "s2": 0}


def test_in_training_bits_are_drawn_and_none_passes_zeros():
    body = make(1, 2)
    set_probs(body, [[[0.5, 0.5], [0.5, 0.5]]])
    experts = body.experts[0](ROOT).numpy()
    zero = np.zeros_like(experts[:, 0])
    options = [zero, experts[:, 0], experts[:, 1], experts.mean(axis=1)]
    seen = set()
    for _ in range(40):
        for values in body(ROOT, training=True).values():
            is_drawn = [np.allclose(values, option) for option in options]
            assert sum(is_drawn) == 1
            seen.add(is_drawn.index(True))
    assert seen == {0, 1, 2, 3}


def test_evaluated_with_one_expert_a_layer_it_is_shared_bottom():
    body = make(3, 1)
    set_probs(body, 0.01)
    bottom = SharedBottom(TASKS, hidden_units=(6, 6, 6))
    bottom.build(ROOT.shape)
    weights = [w for layer in body.experts for w in layer.get_weights()]
    bottom.set_weights(weights)
    checks.assert_close(
        checks.to_numpy(body(ROOT)), checks.to_numpy(bottom(ROOT))
    )


def test_the_budget_is_penalized_task_by_task():
    body = make(2, 2, budget=0.4, budget_penalty=3.0)
    probs = np.array([[[0.9, 0.7], [0.1, 0.2]], [[0.6, 0.2], [0.3, 0.9]]])
    set_probs(body, probs)
    with tf.GradientTape() as tape:
        body(ROOT, training=True)
        (loss,) = body.losses
    # Means 0.6 and 0.375: the second task stays within its budget.
    assert_near(loss, 3.0 * (0.6 - 0.4))
    gradient = tape.gradient(loss, body.allocation.bits.kernel.value).numpy()
    assert gradient[0].all()
    assert not gradient[1].any()
    body(ROOT)
    assert not body.losses, "evaluation has no loss of its own"
    unlimited = make(budget_penalty=0.0)
    unlimited(ROOT, training=True)
    assert not unlimited.losses


def test_bits_learn_which_experts_help():
    body = make(1, initial_temperature=1.0, budget_penalty=0.0)
    set_probs(body, 0.5)
    experts = body.experts[0](ROOT)
    wanted = {
        "click": experts[:, 1],
        "buy": (experts[:, 0] + experts[:, 2]) / 2,
    }
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build([body.allocation.bits.kernel])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            outputs = body(ROOT, training=True)
            loss = sum(
                tf.reduce_mean((outputs[t] - wanted[t]) ** 2) for t in TASKS
            )
        kernel = body.allocation.bits.kernel
        optimizer.apply([tape.gradient(loss, kernel.value)], [kernel])

    for _ in range(150):
        step()
    reads = {t: block.combination for t, block in body.route.blocks.items()}
    sources = {t: {body.sources[n] for n in reads[t]} for t in TASKS}
    assert sources == {"click": {1}, "buy": {0, 2}}


@pytest.mark.slow
def test_the_loss_of_the_budget_reaches_fit():
    body = make(1, 3, budget=0.3, budget_penalty=5.0)
    set_probs(body, 0.9)
    root = keras.Input((5,))
    model = keras.Model(root, body(root))
    model.compile(keras.optimizers.Adam(0.05), "mse", run_eagerly=True)
    targets = {t: body(ROOT)[t].numpy() for t in TASKS}  # no reason to part
    model.fit(ROOT, targets, epochs=8, verbose=0)
    assert body.probs.numpy().mean() < 0.4


def test_the_temperature_falls_to_its_floor():
    gradients = []
    for final_temperature in (0.5, 50.0):
        body = make(1, final_temperature=final_temperature)
        set_probs(body, 0.5)
        body.allocation.counter.steps.assign(10**6)
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(body(ROOT, training=True)["click"])
        gradients.append(
            tape.gradient(total, body.allocation.bits.kernel.value)
        )
    cold, hot = (np.abs(g[0]).max() for g in gradients)
    assert 3 < cold / hot < 200  # 100 where a draw is a coin's
