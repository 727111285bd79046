import keras
import numpy as np
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data

from mtnas_tf.experiment.epoch_order import EpochOrder


class SeenRows(keras.Model):
    """Keeps the rows that it is trained on."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def train_step(self, data):
        (inputs, _) = data
        self.rows.append(inputs["values"].numpy())
        return {"loss": 0.0}


def rows_seen(data, **kwargs):
    model = SeenRows()
    model.compile(run_eagerly=True)
    callbacks = [EpochOrder(data)]
    model.fit(
        data.train, callbacks=callbacks, shuffle=False, verbose=0, **kwargs
    )
    return np.array(model.rows)


@pytest.mark.parametrize("initial_epoch", [1, 2])
def test_resumed_training_sees_what_it_would_have_seen(initial_epoch):
    data = load_data(CONFIG)
    steps = data.steps_per_epoch
    whole = rows_seen(data, epochs=3)
    resumed = rows_seen(
        load_data(CONFIG), epochs=3, initial_epoch=initial_epoch
    )
    np.testing.assert_array_equal(resumed, whole[initial_epoch * steps :])
    assert (whole[:steps] != whole[steps : 2 * steps]).any()
    # A second training on the same data starts over.
    np.testing.assert_array_equal(rows_seen(data, epochs=3), whole)
