"""Weights from the noise of the tasks."""

import keras
import numpy as np
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import UncertaintyWeighting

TASKS = (toy_data.CLICK, toy_data.STARS)


def make(learning_rate=0.1):
    balancing = UncertaintyWeighting(keras.optimizers.SGD(learning_rate))
    balancing.build(TASKS, num_variables=0)
    return balancing


def test_weights_are_of_the_kind_and_log_variances_descend():
    balancing = make()
    balancing.log_variances.assign([0.5, -1.0])
    losses = np.array([0.7, 3.0], "f")
    weights = balancing.weights(losses)
    expected = np.exp([-0.5, 1.0]) * [1.0, 0.5]
    assert_near(weights, expected)
    # d/ds of the sum of w L + s / 2.
    slopes = 0.5 - expected * losses
    assert_near(balancing.log_variances, [0.5, -1.0] - 0.1 * slopes)


def test_a_task_without_labels_keeps_its_log_variance():
    balancing = make()
    balancing.weights(np.array([0.0, 3.0], "f"))
    click, stars = balancing.log_variances.numpy()
    assert click == 0
    assert stars > 0


def test_log_variances_settle_where_the_page_says():
    balancing = make(learning_rate=1.0)
    losses = np.array([0.25, 3.0], "f")
    for _ in range(60):
        balancing.weights(losses)
    assert_near(np.exp(balancing.log_variances), losses * [2, 1], 10**4)


def test_the_optimizer_comes_back():
    config = make(0.25).get_config()
    optimizer = UncertaintyWeighting.from_config(config).optimizer
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert float(optimizer.learning_rate) == 0.25
    default = UncertaintyWeighting().optimizer
    assert isinstance(default, keras.optimizers.Adam)
