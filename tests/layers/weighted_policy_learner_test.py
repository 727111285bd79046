"""The updates of the agents with loops, as the papers have them."""

import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.layers.weighted_policy_learner import average_returns
from mtnas_tf.layers.weighted_policy_learner import draw_returns
from mtnas_tf.layers.weighted_policy_learner import policy_step
from mtnas_tf.layers.weighted_policy_learner import projected

LAYERS, TASKS, ROWS, BLOCKS = 3, 2, 5, 4
RNG = np.random.default_rng(0)
DRAWN = RNG.integers(BLOCKS, size=(LAYERS, TASKS, ROWS))
CHOSEN = np.eye(BLOCKS, dtype="f")[DRAWN]
REWARDS = RNG.normal(size=(TASKS, ROWS)).astype("f")
WEIGHTS = RNG.uniform(0.5, 2, size=(TASKS, ROWS)).astype("f")
WEIGHTS[0, 2] = 0


def test_returns_add_up_from_a_layer_on():
    expected = np.zeros((LAYERS, TASKS, ROWS))
    for task in range(TASKS):
        for row in range(ROWS):
            total = REWARDS[task, row]
            for layer in reversed(range(LAYERS)):
                drawn = DRAWN[layer, task, row]
                same = DRAWN[layer] == drawn
                frequency = (WEIGHTS * same).sum() / WEIGHTS.sum()
                total += 0.3 * frequency * abs(REWARDS[task, row]) / LAYERS
                expected[layer, task, row] = total
    assert_near(draw_returns(CHOSEN, REWARDS, WEIGHTS, 0.3), expected)


def test_without_collaboration_a_return_is_the_reward():
    returns = draw_returns(CHOSEN, REWARDS, WEIGHTS, 0.0)
    assert_near(returns, np.broadcast_to(REWARDS, (LAYERS, TASKS, ROWS)))


def test_steps_slow_down_towards_the_edge():
    policy = RNG.dirichlet(np.ones(BLOCKS), size=(LAYERS, TASKS)).astype("f")
    baseline = RNG.normal(size=(LAYERS, TASKS)).astype("f")
    returns = RNG.normal(size=(LAYERS, TASKS, ROWS)).astype("f")
    expected = np.zeros((LAYERS, TASKS, BLOCKS))
    for layer in range(LAYERS):
        for task in range(TASKS):
            for row in range(ROWS):
                drawn = DRAWN[layer, task, row]
                prob = policy[layer, task, drawn]
                delta = returns[layer, task, row] - baseline[layer, task]
                delta *= 1 - prob if delta > 0 else prob
                share = WEIGHTS[task, row] / WEIGHTS[task].sum()
                expected[layer, task, drawn] += share * delta
    step = policy_step(policy, CHOSEN, returns, baseline, WEIGHTS)
    assert_near(step, expected)


def test_an_agent_without_rows_does_not_move():
    weights = WEIGHTS.copy()
    weights[1] = 0
    policy = np.full((LAYERS, TASKS, BLOCKS), 1 / BLOCKS, "f")
    returns = draw_returns(CHOSEN, REWARDS, weights, 0.3)
    baseline = np.full((LAYERS, TASKS), -9.0, "f")
    step = policy_step(policy, CHOSEN, returns, baseline, weights).numpy()
    assert step[:, 0].any()
    assert not step[:, 1].any()
    means = average_returns(returns, weights).numpy()
    assert np.isfinite(means[:, 0]).all()
    assert np.isnan(means[:, 1]).all()


@pytest.mark.parametrize("least", [0.0, 0.05, 0.25])
def test_projection_is_the_nearest_point(least):
    values = RNG.normal(size=(20, BLOCKS)).astype("f")
    found = projected(values, least).numpy()
    assert_near(found.sum(axis=-1), np.ones(20))
    assert found.min() >= least - 1e-6
    points = least + (1 - BLOCKS * least) * RNG.dirichlet(
        np.full(BLOCKS, 0.5), size=5000
    )
    for row, nearest in zip(values, found, strict=True):
        distances = ((points - row) ** 2).sum(axis=-1)
        assert ((nearest - row) ** 2).sum() <= distances.min() + 1e-5


def test_what_is_inside_stays():
    probs = RNG.dirichlet(np.ones(BLOCKS), size=7).astype("f")
    assert_near(projected(probs, 0.0), probs)
