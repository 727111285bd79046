"""Weights that let all losses fall by one factor."""

import keras
import numpy as np
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import FAMO

TASKS = (toy_data.CLICK, toy_data.BUY, toy_data.STARS)


def make(decay=0.1, learning_rate=0.5):
    balancing = FAMO(decay, keras.optimizers.SGD(learning_rate))
    balancing.build(TASKS, num_variables=0)
    balancing.logits.assign([0.3, -0.2, 0.0])
    return balancing


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def test_a_step_is_that_of_the_paper():
    balancing = make()
    losses, after = np.array([[1, 0.2, 4], [0.9, 0.1, 3.9]], "f")
    logits = np.array([0.3, -0.2, 0.0])
    probs = softmax(logits)
    expected = probs / losses / np.sum(probs / losses)
    assert_near(balancing.weights(losses), expected)
    balancing.observe(losses, after)
    jacobian = np.diag(probs) - np.outer(probs, probs)
    delta = jacobian @ (np.log(losses) - np.log(after)) + 0.1 * logits
    assert_near(balancing.logits, logits - 0.5 * delta)


def test_a_task_that_falls_faster_weighs_less():
    balancing = make(decay=0.0)
    losses = np.ones(3, "f")
    before = np.asarray(balancing.weights(losses))
    balancing.observe(losses, np.array([0.5, 1.0, 1.0], "f"))
    after = np.asarray(balancing.weights(losses))
    assert after[0] < before[0]
    assert (after[1:] > before[1:]).all()


def test_a_task_without_labels_is_left_out():
    balancing = make()
    losses = np.array([1.0, 0.0, 4.0], "f")
    weights = np.asarray(balancing.weights(losses))
    assert weights[1] == 0
    probs = softmax([0.3, -0.2, 0.0])[[0, 2]] / [1, 4]
    assert_near(weights[[0, 2]], probs / probs.sum())
    assert not np.asarray(balancing.weights(np.zeros(3, "f"))).any()
    balancing.observe(losses, losses)
    assert np.isfinite(balancing.logits.numpy()).all()


def test_arguments_are_kept():
    again = FAMO.from_config(make(0.25, 0.125).get_config())
    assert again.decay == 0.25
    assert float(again.optimizer.learning_rate) == 0.125
