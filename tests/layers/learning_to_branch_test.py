import checks
import keras
import numpy as np
import tensorflow as tf
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import LearningToBranch
from mtnas_tf.layers import SharedBottom
from mtnas_tf.routes import BlockRoute

TASKS = ("click", "a b", "buy")
ROOT = np.random.default_rng(0).normal(size=(4, 5)).astype("f")


def make(num_layers=3, num_experts=2, seed=0, **kwargs):
    body = LearningToBranch(
        TASKS, num_layers, num_experts, hidden_units=(6,), seed=seed, **kwargs
    )
    body.build(ROOT.shape)
    checks.randomize(body, seed)
    return body


def outputs_of_tree(body, row):
    """The docstring's forward pass along `body.route`, for one row."""
    route = body.route
    values = {}
    for name in route.sub_networks():
        place = route.place(name)
        block = route.blocks.get(name)
        read = row if block is None else values[block.combination[0]]
        bank = body.experts[place.layer].banks[0]
        values[name] = sub_network(bank, place.index, read)
    return {t: values[route.blocks[t].combination[0]] for t in TASKS}


def test_outputs_are_those_of_the_tree():
    routes = set()
    for seed in range(5):
        body = make(seed=seed)
        routes.add(body.route)
        outputs = body(ROOT)
        for index, row in enumerate(ROOT):
            for task, expected in outputs_of_tree(body, row).items():
                assert_near(outputs[task][index], expected)
    assert len(routes) > 1  # not one tree by chance


def test_with_one_expert_a_layer_it_is_shared_bottom():
    body = make(num_experts=1)
    bottom = SharedBottom(TASKS, hidden_units=(6, 6, 6))
    bottom.build(ROOT.shape)
    bottom.set_weights(
        [w.numpy() for layer in body.experts for w in layer.weights]
    )
    expected = checks.to_numpy(bottom(ROOT))
    for training in (False, True):  # a single parent is drawn for certain
        outputs = checks.to_numpy(body(ROOT, training=training))
        checks.assert_close(outputs, expected)


def drawn_parents(body, task="click"):
    """Which expert of a single layer a task reads, in one step of training."""
    outputs = body(ROOT, training=True)[task].numpy()
    experts = body.experts[0](ROOT).numpy()
    is_read = [np.allclose(outputs, experts[:, k]) for k in range(3)]
    assert sum(is_read) == 1, "one expert is read, never a sum"
    return is_read.index(True)


def test_warm_up_draws_one_parent_uniformly_and_teaches_the_choices_nothing():
    body = make(1, 3, warmup_steps=40)
    body.parents.kernel.assign([[100.0, 0, 0]] * 3)  # would always be the first
    with tf.GradientTape() as tape:
        drawn = [drawn_parents(body) for _ in range(2)]
        total = tf.reduce_sum(body(ROOT, training=True)["click"])
    gradient = tape.gradient(total, body.parents.kernel.value)
    assert not np.any(gradient)
    drawn += [drawn_parents(body) for _ in range(37)]
    assert set(drawn) == {0, 1, 2}
    # Then it draws from its own choices.
    assert [drawn_parents(body) for _ in range(5)] == [0] * 5


def test_evaluated_it_does_not_draw_even_while_it_warms_up():
    body = make(1, 3, warmup_steps=10)
    body.parents.kernel.assign([[0.0, 0.1, 0]] * 3)
    outputs = [body(ROOT)["click"].numpy() for _ in range(5)]
    for values in outputs:
        np.testing.assert_array_equal(values, body.experts[0](ROOT)[:, 1])
    assert int(body.counter.steps) == 0
    assert body.route.blocks["click"] == BlockRoute(("s2",))


def test_choices_learn_which_parent_is_better():
    body = make(1, 3, warmup_steps=0, initial_temperature=1.0)
    body.parents.kernel.assign(np.zeros((3, 3)))
    experts = body.experts[0](ROOT)
    wanted = {task: experts[:, k, :] for k, task in enumerate(TASKS)}
    optimizer = keras.optimizers.Adam(0.01)  # times ten
    optimizer.build([body.parents.kernel])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            outputs = body(ROOT, training=True)
            loss = sum(
                tf.reduce_mean((outputs[t] - wanted[t]) ** 2) for t in TASKS
            )
        kernel = body.parents.kernel
        optimizer.apply([tape.gradient(loss, kernel.value)], [kernel])

    for _ in range(100):
        step()
    parents = {t: body.route.blocks[t].combination for t in TASKS}
    assert parents == {"click": ("s1",), "a b": ("s2",), "buy": ("s3",)}
    assert body.parents.probs.numpy().max(axis=1).min() > 0.8


def test_every_choice_and_weight_is_reached():
    body = make(warmup_steps=0)
    with tf.GradientTape() as tape:
        total = sum(
            tf.reduce_sum(values * tf.range(6.0))
            for _ in range(20)
            for values in body(ROOT, training=True).values()
        )
    gradients = tape.gradient(total, body.trainable_weights)
    for weight, gradient in zip(body.trainable_weights, gradients, strict=True):
        by_row = np.asarray(gradient).reshape(len(gradient), -1)
        assert by_row.any(axis=1).all(), weight.path


def test_the_temperature_follows_the_steps():
    # All but frozen, a draw's gradient is that of a one-hot: none.
    gradients = []
    for annealing_steps in (1, 10**9):
        body = make(1, 3, annealing_steps=annealing_steps, warmup_steps=0)
        body.counter.steps.assign(10**8)
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(body(ROOT, training=True)["click"])
        gradients.append(tape.gradient(total, body.parents.kernel.value))
    cold, hot = (np.abs(gradient[0]).max() for gradient in gradients)
    assert cold < 1e-3 * hot
