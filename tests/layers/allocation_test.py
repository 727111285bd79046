import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.layers import Allocation
from mtnas_tf.layers.gumbel_noise import gumbel_noise
from mtnas_tf.optimizers import RowAdam

SHAPE = (3, 2, 4)  # tasks, layers, components
TASK = 1


def make(seed=0, **kwargs):
    allocation = Allocation(*SHAPE, seed=seed, **kwargs)
    rng = np.random.default_rng(seed)
    set_probs(allocation, rng.uniform(0.2, 0.8, SHAPE))
    return allocation


def set_probs(allocation, probs):
    probs = np.broadcast_to(probs, allocation.probs.shape)
    logits = np.log(np.stack([probs, 1 - probs], axis=-1))
    bits = allocation.bits
    bits.kernel.assign(logits / bits.learning_rate_factor)


def reference(logits, noise, temperature, slopes):
    """Shares of a task, and the gradient of `sum(slopes * shares)`.

    Written with loops: each bit is the argmax of two noisy logits and has the
    gradient of their softmax at the temperature; shares divide by the number
    of bits on, whose gradient counts as well.
    """
    num_layers, num_components, _ = logits.shape
    shares = np.zeros((num_layers, num_components))
    gradient = np.zeros_like(logits)
    for layer in range(num_layers):
        noisy = logits[layer] + noise[layer]
        bits = [float(on >= off) for on, off in noisy]
        count = max(1.0, sum(bits))
        shares[layer] = np.array(bits) / count
        for j, (on, off) in enumerate(noisy):
            of_bit = slopes[layer][j] / count
            if sum(bits) > 1:
                of_bit -= slopes[layer] @ bits / count**2
            soft = 1 / (1 + np.exp((off - on) / temperature))
            slope = of_bit * soft * (1 - soft) / temperature
            gradient[layer, j] = slope, -slope
    return shares, gradient


@pytest.mark.parametrize("step", [0, 8, 10**6])
def test_the_gradient_is_that_of_the_softmax_behind_hard_bits(step):
    allocation = make(learning_rate_factor=3.0, initial_temperature=6.0)
    allocation.counter.steps.assign(step)
    temperature = max(0.5, 6.0 / np.sqrt(1 + step))
    shape = (*SHAPE[1:], 2)
    noise = gumbel_noise(shape, keras.random.SeedGenerator(0)).numpy()
    slopes = np.random.default_rng(5).normal(size=SHAPE[1:])
    logits = allocation.bits.logits.numpy()[TASK].astype(float)
    shares, expected = reference(logits, noise, temperature, slopes)
    with tf.GradientTape() as tape:
        drawn = allocation.shares(TASK, training=True)
        total = tf.reduce_sum(drawn * slopes.astype("float32"))
    gradient = tape.gradient(total, allocation.bits.kernel.value)
    gradient = tf.convert_to_tensor(gradient).numpy()
    assert_near(drawn, shares)
    assert_near(gradient[TASK], 3.0 * expected)
    assert not gradient[[0, 2]].any()


def test_draws_have_the_learned_probabilities():
    allocation = make()
    draw = tf.function(lambda: allocation.draw(training=True))
    num_draws = 2000
    mean = np.mean([draw() for _ in range(num_draws)], axis=0)
    probs = allocation.probs.numpy()
    tolerance = 5 * np.sqrt(probs * (1 - probs) / num_draws)
    assert (np.abs(mean - probs) < tolerance).all()


def test_shares_of_a_task_are_a_row_of_all():
    allocation = make(keep_one=True)
    set_probs(
        allocation, np.array([0.9, 0.7, 0.2, 0.1]) * [[[0.5]], [[1.0]], [[0.6]]]
    )
    everything = allocation.shares().numpy()
    for task in range(SHAPE[0]):
        assert_near(allocation.shares(task), everything[task])
    # Of 0.45 and below the most probable is kept.
    assert allocation.allocated[:, 0].tolist() == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 0, 0, 0],
    ]
    published = make()
    set_probs(published, 0.4)
    assert not published.allocated.any()
    assert not published.shares().numpy().any()


def test_penalties():
    allocation = make(
        budget=0.4,
        budget_penalty=3.0,
        entropy_penalty=2.0,
        entropy_steps=100,
        entropy_exponent=2.0,
        disconnect_penalty=5.0,
    )
    allocation.counter.steps.assign(50)
    probs = allocation.probs.numpy().astype(float)
    expected = []
    for p in probs:
        entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum()
        disconnected = np.prod(1 - p, axis=-1).sum()
        expected.append(
            3.0 * max(0.0, p.mean() - 0.4)
            + 2.0 * 0.5**2 * entropy
            + 5.0 * disconnected
        )
    for task, value in enumerate(expected):
        assert_near(allocation.penalty(task), value)
    assert_near(allocation.penalty(), sum(expected))
    assert float(make().penalty()) == 0


@pytest.mark.slow
@pytest.mark.parametrize("budget", [0.3, 0.6])
def test_what_is_used_converges_to_the_budget(budget):
    allocation = Allocation(
        2, 3, 5, initial_probability=0.9, budget=budget, budget_penalty=50.0
    )
    kernel = allocation.bits.kernel
    optimizer = RowAdam(5e-4)
    optimizer.build([kernel])
    values = np.random.default_rng(0).uniform(0.5, 1.5, (3, 5)).astype("f")

    @tf.function
    def step(task):
        # Every component is worth something: each task wants all of them.
        with tf.GradientTape() as tape:
            bits = allocation.draw(task, training=True)
            loss = allocation.penalty(task) - tf.reduce_sum(bits * values)
        optimizer.apply([tape.gradient(loss, kernel.value)], [kernel])

    means = []
    for index in range(3000):
        step(tf.constant(index % 2))
        if index >= 2800:
            means.append(allocation.probs.numpy().mean(axis=(1, 2)))
    assert np.abs(np.mean(means, axis=0) - budget).max() < 0.02


def test_config():
    kwargs = {
        "num_tasks": 3,
        "num_layers": 2,
        "num_components": 4,
        "initial_probability": 0.7,
        "initial_temperature": 3.0,
        "final_temperature": 0.2,
        "budget": 0.5,
        "budget_penalty": 1.5,
        "entropy_penalty": 0.5,
        "entropy_steps": 7,
        "entropy_exponent": 2.0,
        "disconnect_penalty": 0.1,
        "keep_one": True,
        "learning_rate_factor": 4.0,
        "seed": 3,
    }
    config = Allocation(**kwargs).get_config()
    assert kwargs.items() <= config.items()
    assert Allocation.from_config(config).get_config() == config
