"""Weights from how fast losses fall."""

import numpy as np
import pytest
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import DWA

TASKS = (toy_data.CLICK, toy_data.BUY, toy_data.STARS)
# Epoch -> losses of its batches; 0 without labels.
EPOCHS = (
    ([0.8, 0.9, 2.0], [0.6, 0.7, 4.0]),
    ([0.5, 0.0, 3.0], [0.3, 0.6, 2.0]),
    ([0.2, 0.5, 0.0], [0.2, 0.4, 0.0]),
    ([0.2, 0.5, 1.0],),
)
NONE, RATIOS_1, RATIOS_2 = (
    (1, 1, 1),
    (0.4 / 0.7, 0.6 / 0.8, 2.5 / 3.0),
    (0.2 / 0.4, 0.45 / 0.6, 1.0),  # without any labels nothing is known
)


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


@pytest.mark.parametrize("temperature", [2.0, 0.3])
def test_weights_follow_the_two_epochs_before(temperature):
    balancing = DWA(temperature)
    balancing.build(TASKS, num_variables=0)
    for batches, ratios in zip(
        EPOCHS, (NONE, NONE, RATIOS_1, RATIOS_2), strict=True
    ):
        expected = 3 * softmax(np.array(ratios) / temperature)
        for losses in batches:
            weights = balancing.weights(np.array(losses, "f"))
            assert_near(weights, expected)
        balancing.end_epoch()


def test_temperature_is_checked_and_kept():
    assert DWA.from_config(DWA(0.5).get_config()).temperature == 0.5
    with pytest.raises(ValueError, match="`temperature` must be.*=0"):
        DWA(0)
