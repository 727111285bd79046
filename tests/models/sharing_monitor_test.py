"""Models tell who reads what, and callbacks keep it."""

import checks
import numpy as np
import toy_data
from tolerances import assert_near

from mtnas_tf.layers import GateRecords
from mtnas_tf.models import MMoE
from mtnas_tf.models import SharingMonitor


def test_every_epoch_is_kept():
    data = toy_data.make_data()
    model = MMoE(data.schema, num_experts=3, hidden_units=(5,))
    monitor = SharingMonitor(data.valid, steps=1)
    monitor.set_model(model)
    for epoch in range(2):
        checks.randomize(model.body, epoch)
        monitor.on_epoch_end(epoch)
    (first,), (last,) = monitor.history
    assert np.abs(first.weights - last.weights).max() > 1e-3
    (now,) = model.sharing(data.valid, steps=1)
    np.testing.assert_array_equal(now.weights, last.weights)

    inputs = [batch[0] for batch in data.valid]
    with GateRecords() as records:
        for batch in inputs:
            model(batch)
    (every,) = records.matrices(model.body)
    assert_near(model.sharing(data.valid)[0].weights, every.weights)
