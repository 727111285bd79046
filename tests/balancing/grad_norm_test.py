"""Weights that let tasks learn at one rate."""

import keras
import numpy as np
import pytest
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import GradNorm

TASKS = (toy_data.CLICK, toy_data.BUY, toy_data.STARS)


def make(alpha=1.5, learning_rate=0.05):
    balancing = GradNorm(alpha, keras.optimizers.SGD(learning_rate))
    balancing.build(TASKS, num_variables=0)
    return balancing


def reference(steps, alpha, learning_rate):
    """Algorithm 1; the slope by differences of the loss of the weights."""
    weights, first = np.ones(3), steps[0][1]
    for norms, losses in steps:
        yield weights
        ratios = losses / first
        targets = np.mean(weights * norms) * (ratios / ratios.mean()) ** alpha
        slopes = []
        for task in range(3):
            moved = weights + 1e-6 * np.eye(3)[task]
            slopes.append(
                np.sum(np.abs(moved * norms - targets))
                - np.sum(np.abs(weights * norms - targets))
            )
        weights = weights - learning_rate * np.array(slopes) / 1e-6
        weights = 3 * weights / weights.sum()


def test_weights_follow_the_rates():
    rng = np.random.default_rng(0)
    steps = [
        (rng.uniform(0.5, 2, 3), losses)
        for losses in np.array([[1, 2, 4], [0.5, 1.9, 2], [0.4, 1.8, 1]])
    ]
    balancing = make()
    for (norms, losses), expected in zip(
        steps, reference(steps, 1.5, 0.05), strict=True
    ):
        products = np.diag(norms**2).astype("f")
        found = balancing.coefficients(products, losses.astype("f"))
        assert_near(found, expected, 10**3)


@pytest.mark.slow
def test_at_one_rate_the_norms_become_equal():
    balancing = make(alpha=0.0, learning_rate=0.003)
    norms, losses = np.array([0.5, 1.0, 2.0]), np.ones(3, "f")
    for _ in range(500):
        products = np.diag(norms**2).astype("f")
        weights = np.asarray(balancing.coefficients(products, losses))
    weighted = weights * norms
    np.testing.assert_allclose(weighted, weighted.mean(), rtol=0.05)


def test_a_task_without_labels_is_left_out():
    balancing = make()
    products = np.diag([1.0, 0.0, 4.0]).astype("f")
    balancing.coefficients(products, np.array([1, 0, 2], "f"))
    weights = balancing.task_weights.numpy()
    assert np.isfinite(weights).all()
    assert weights[0] > weights[1] > weights[2]
    assert_near(balancing.first_losses, [1, 0, 2])
    balancing.coefficients(products, np.array([0.5, 3, 2], "f"))
    assert_near(balancing.first_losses, [1, 3, 2])


def test_arguments_are_kept():
    config = make(0.5, 0.25).get_config()
    again = GradNorm.from_config(config)
    assert again.alpha == 0.5
    assert float(again.optimizer.learning_rate) == 0.25
    assert isinstance(GradNorm().optimizer, keras.optimizers.Adam)
