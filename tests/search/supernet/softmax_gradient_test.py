import numpy as np
from checks import softmax
from tolerances import assert_near

from mtnas_tf.search.supernet.softmax_gradient import softmax_gradient


def test_against_finite_differences():
    rng = np.random.default_rng(0)
    logits, slope = rng.normal(size=(2, 3, 4))
    probs = np.array([softmax(row) for row in logits])
    gradient = softmax_gradient(probs, slope)
    step = 1e-5
    expected = np.zeros((3, 4))
    for row, choice in np.ndindex(3, 4):
        shift = step * np.eye(4)[choice]
        change = softmax(logits[row] + shift) - softmax(logits[row] - shift)
        expected[row, choice] = change @ slope[row] / (2 * step)
    assert_near(gradient, expected)
