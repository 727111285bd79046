import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import softmax
from tolerances import assert_near

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet import reinforce

NAN = float("nan")


def test_policy_gradient_is_the_papers():
    rng = np.random.default_rng(0)
    probs = np.array([softmax(rng.normal(size=4)) for _ in range(3)])
    choices = rng.integers(0, 4, (5, 3))
    advantages = rng.normal(size=5)
    expected = np.zeros((3, 4))
    for route in range(5):
        for block in range(3):
            for choice in range(4):
                score = (choices[route, block] == choice) - probs[block, choice]
                expected[block, choice] -= advantages[route] * score / 5
    gradient = reinforce.policy_gradient(probs, np.eye(4)[choices], advantages)
    assert_near(gradient, expected)


def test_moving_average_advantages():
    rewards = np.array([[1.0, 3.0], [10.0, 20.0], [7.0, 7.0]], "f")
    is_defined = np.array([True, True, False])
    baseline = np.array([0.5, NAN, 1.0], "f")
    advantages = reinforce.moving_average_advantages(
        rewards, is_defined, baseline
    )
    # Task 1 is its own baseline, 15; task 2 does not count.
    assert_near(advantages, [0.5 - 5, 2.5 + 5])


def test_updated_moving_average():
    rewards = np.array([[1.0, 3.0], [10.0, 20.0], [7.0, 7.0], [8.0, 8.0]], "f")
    is_defined = np.array([True, True, False, False])
    baseline = np.array([0.5, NAN, 1.0, NAN], "f")
    updated = reinforce.updated_moving_average(
        rewards, is_defined, baseline, 0.9
    )
    assert_near(updated, [0.9 * 0.5 + 0.1 * 2, 15, 1, NAN])


def test_leave_one_out_advantages():
    rewards = np.array(
        [[1.0, 2.0, 6.0], [4.0, 4.0, 10.0], [9.0, 0.0, 0.0]], "f"
    )
    is_defined = np.array([True, True, False])
    advantages = reinforce.leave_one_out_advantages(rewards, is_defined)
    assert_near(advantages, [(1 - 4) + (4 - 7), (2 - 3.5) + (4 - 7), 4.5 + 6])


def test_constant_reward_has_no_advantage():
    rewards = np.full((2, 3), 0.7, "f")
    is_defined = np.array([True, True])
    for baseline in (np.full(2, NAN, "f"), np.full(2, 0.7, "f")):
        advantages = reinforce.moving_average_advantages(
            rewards, is_defined, baseline
        )
        np.testing.assert_array_equal(advantages, np.zeros(3))
    advantages = reinforce.leave_one_out_advantages(rewards, is_defined)
    assert_near(advantages, np.zeros(3), scale=0.7)


def test_normalized_advantages_have_a_standard_deviation_of_one():
    advantages = np.array([-0.001, 0.003, -0.002, 0.0], "f")
    normalized = reinforce.normalized(advantages)
    expected = advantages / np.std(advantages)
    np.testing.assert_allclose(normalized, expected, rtol=1e-3)


def test_rounding_is_not_magnified():
    # What leave-one-out makes of equal rewards.
    advantages = np.array([6e-8, -6e-8, 0.0], "f")
    assert np.abs(reinforce.normalized(advantages)).max() < 0.1


def test_entropy_gradient():
    logits = np.random.default_rng(0).normal(size=(2, 4))
    logits[1, 3] = -1e9  # padding

    def entropy(row):
        p = softmax(row)
        return -np.sum(p * np.log(np.maximum(p, 1e-300)))

    probs = np.array([softmax(row) for row in logits])
    gradient = reinforce.entropy_gradient(probs.astype("f"))
    expected = np.zeros((2, 4))
    for block, choice in np.ndindex(2, 4):
        shift = 1e-5 * np.eye(4)[choice]
        change = entropy(logits[block] + shift) - entropy(logits[block] - shift)
        expected[block, choice] = -change / 2e-5
    assert_near(gradient, expected)


SIZES = (2, 3, 4)
TABLES = np.random.default_rng(5).normal(size=(2, *SIZES)).astype("f")


def exact_gradient(logits):
    """Of minus the expected reward, over all 24 routes."""
    probs = [
        softmax(row[:size]) for row, size in zip(logits, SIZES, strict=True)
    ]
    gradient = np.zeros((3, 4))
    for route in itertools.product(*map(range, SIZES)):
        p = np.prod([probs[b][a] for b, a in enumerate(route)])
        reward = TABLES[(slice(None), *route)].sum()
        for b, a in enumerate(route):
            score = -probs[b]
            score[a] += 1
            gradient[b, : SIZES[b]] -= p * reward * score
    return gradient


@pytest.mark.parametrize("baseline", ["moving_average", "leave_one_out"])
def test_mean_sampled_gradient_is_the_exact_one(baseline):
    num_steps, num_routes = 4000, 4
    policy = RoutePolicy(SIZES, seed=1)
    logits = np.random.default_rng(2).normal(size=(3, 4)).astype("f")
    policy.logits.assign(logits)
    is_defined = np.array([True, True])

    def one_step(choices):
        rewards = tf.gather_nd(
            TABLES.transpose(1, 2, 3, 0), choices
        )  # (routes, tasks)
        rewards = tf.transpose(rewards)
        if baseline == "leave_one_out":
            advantages = reinforce.leave_one_out_advantages(rewards, is_defined)
        else:
            advantages = reinforce.moving_average_advantages(
                rewards, is_defined, np.array([0.3, -0.2], "f")
            )
        return reinforce.policy_gradient(
            policy.probs(), policy.one_hot(choices), advantages
        )

    @tf.function
    def sampled_gradients():
        draws = policy.sample(num_steps * num_routes)
        draws = tf.reshape(draws, (num_steps, num_routes, 3))
        return tf.map_fn(one_step, draws, fn_output_signature=tf.float32)

    gradients = sampled_gradients().numpy()
    std_error = gradients.std(axis=0) / np.sqrt(num_steps)
    difference = np.abs(gradients.mean(axis=0) - exact_gradient(logits))
    # Four standard errors; one in 16,000 numbers lies beyond by chance.
    assert (difference <= 4 * std_error + 1e-7).all()
    # The test can tell a wrong gradient from the right one.
    assert (std_error < 0.1 * np.abs(exact_gradient(logits)).max()).all()


@pytest.mark.parametrize("baseline", ["moving_average", "leave_one_out"])
def test_policy_converges_to_the_best_route_of_a_table(baseline):
    rng = np.random.default_rng(0)
    # T = 2, K = 2, L = 1: two blocks of nine, nearly a sum over them.
    table = 0.1 * rng.normal(size=(9, 9)) + rng.normal(size=9)
    table = (table + rng.normal(size=(9, 1))).astype("f")
    policy = RoutePolicy([9, 9])
    optimizer = keras.optimizers.Adam(0.05)
    optimizer.build([policy.logits])
    average = tf.Variable([NAN])
    is_defined = np.array([True])

    @tf.function
    def step():
        choices = policy.sample(8)
        rewards = tf.gather_nd(table, choices)[None]
        if baseline == "leave_one_out":
            advantages = reinforce.leave_one_out_advantages(rewards, is_defined)
        else:
            advantages = reinforce.moving_average_advantages(
                rewards, is_defined, average
            )
            average.assign(
                reinforce.updated_moving_average(
                    rewards, is_defined, average, 0.95
                )
            )
        gradient = reinforce.policy_gradient(
            policy.probs(), policy.one_hot(choices), advantages
        )
        optimizer.apply([gradient], [policy.logits])

    for _ in range(600):
        step()
    probs = policy.probs().numpy()
    best = np.unravel_index(table.argmax(), table.shape)
    np.testing.assert_array_equal(probs.argmax(axis=1), best)
    assert probs.max(axis=1).min() > 0.9
