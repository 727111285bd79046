import checks
import numpy as np
import pytest
import tensorflow as tf
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import RoutingNetworks
from mtnas_tf.layers import SharedBottom

TASKS = ("click", "buy")
ROOT = np.random.default_rng(0).normal(size=(6, 5)).astype("f")


def make(num_layers=2, num_experts=3, seed=0, **kwargs):
    body = RoutingNetworks(
        TASKS, num_layers, num_experts, hidden_units=(6,), seed=seed, **kwargs
    )
    body.build(ROOT.shape)
    checks.randomize(body, seed)
    return body


def path_output(body, path, row):
    x = row
    for layer, expert in zip(body.experts, path, strict=True):
        x = sub_network(layer.banks[0], expert, x)
    return x


def test_evaluated_every_task_takes_its_most_probable_path():
    for seed in range(3):
        body = make(seed=seed)
        policy = np.random.default_rng(seed).random(body.policy.shape)
        body.policy.assign(policy)
        outputs = body(ROOT)
        for index, task in enumerate(TASKS):
            path = policy[:, index].argmax(axis=-1)
            for row, x in enumerate(ROOT):
                assert_near(outputs[task][row], path_output(body, path, x))


def test_in_training_every_row_is_drawn():
    body = make(1)
    outputs, chosen = body.draw(ROOT)
    assert chosen.shape == (1, 2, 6, 3)
    paths = chosen.numpy().argmax(axis=-1)
    assert len(np.unique(paths)) > 1
    for index, task in enumerate(TASKS):
        for row, x in enumerate(ROOT):
            path = paths[:, index, row]
            assert_near(outputs[task][row], path_output(body, path, x))
    _, others = body.draw(ROOT)
    assert (others.numpy() != chosen.numpy()).any()


def test_draws_have_the_probabilities_of_the_policy():
    body = make(1)
    probs = [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]
    body.policy.assign([probs])
    root = np.repeat(ROOT, 500, axis=0)
    for is_uniform in (False, True):
        _, chosen = body.draw(root, is_uniform=is_uniform)
        counts = chosen.numpy()[0].mean(axis=1)
        expected = np.full((2, 3), 1 / 3) if is_uniform else np.array(probs)
        tolerance = 4 * np.sqrt(expected * (1 - expected) / len(root))
        assert (np.abs(counts - expected) <= tolerance).all()


def test_with_one_expert_a_layer_it_is_shared_bottom():
    body = make(3, 1)
    bottom = SharedBottom(TASKS, hidden_units=(6, 6, 6))
    bottom.build(ROOT.shape)
    weights = [w for layer in body.experts for w in layer.get_weights()]
    bottom.set_weights(weights)
    for training in (False, True):
        checks.assert_close(
            checks.to_numpy(body(ROOT, training=training)),
            checks.to_numpy(bottom(ROOT)),
        )


@pytest.mark.slow
def test_agents_learn_the_path_that_earns_most():
    body = make(2, 3, policy_learning_rate=0.5, min_probability=0.02)
    best = np.array([[0, 2], [1, 1]])  # layers, tasks
    root = np.repeat(ROOT, 10, axis=0)
    ones = np.ones((2, 60), "f")

    @tf.function
    def step():
        _, chosen = body.draw(root)
        is_best = tf.gather(chosen, best, batch_dims=2, axis=3)
        rewards = tf.reduce_sum(is_best, axis=0) - 2.0  # of both layers
        body.learn(chosen, rewards, ones)

    for _ in range(150):
        step()
    policy = body.policy.numpy()
    assert (policy.argmax(axis=-1) == best).all()
    assert policy.max(axis=-1).min() > 0.7
    assert policy.min() >= 0.02 - 1e-6
    assert_near(policy.sum(axis=-1), np.ones((2, 2)))
    assert {t: [body.sources[n] for n in body.route.reached(t)] for t in TASKS}


@pytest.mark.slow
def test_collaboration_alone_brings_tasks_together():
    body = make(1, 3, policy_learning_rate=0.5, collaboration=1.0)
    root = np.repeat(ROOT, 10, axis=0)
    rewards = np.full((2, 60), -1.0, "f")  # whatever the path
    start = np.array([[[0.4, 0.3, 0.3], [0.4, 0.3, 0.3]]])
    body.policy.assign(start)
    for _ in range(60):
        _, chosen = body.draw(root)
        body.learn(chosen, rewards, np.ones((2, 60), "f"))
    policy = body.policy.numpy()[0]
    assert policy[0].argmax() == policy[1].argmax()
    assert policy.max() > 0.8


def test_the_average_of_returns_starts_at_the_first():
    body = make(1, 2, collaboration=0.0)
    assert np.isnan(body.baseline.numpy()).all()
    _, chosen = body.draw(ROOT)
    rewards = np.full((2, 6), 3.0, "f")
    weights = np.array([[1.0] * 6, [0.0] * 6], "f")
    body.learn(chosen, rewards, weights)
    assert_near(body.policy, np.full((1, 2, 2), 0.5))  # no surprise yet
    assert_near(body.baseline[0, 0], 3.0)
    assert np.isnan(body.baseline[0, 1])  # of a task without labels
    body.learn(chosen, rewards + 1, weights)
    assert_near(body.baseline[0, 0], 3.1)


@pytest.mark.slow
def test_compiled_by_xla():
    body = make()
    ones = np.ones((2, 6), "f")

    @tf.function(jit_compile=True)
    def step():
        _, chosen = body.draw(ROOT)
        body.learn(chosen, tf.reduce_sum(chosen[0], axis=-1) * ROOT[:, 0], ones)

    for _ in range(3):
        step()
    assert_near(body.policy.numpy().sum(axis=-1), np.ones((2, 2)))
    assert np.isfinite(body.baseline.numpy()).all()
