"""Models tell who reads what, and callbacks keep it."""

import dataclasses

import checks
import numpy as np
import toy_data
from tolerances import assert_near

from mtnas_tf import layers
from mtnas_tf.layers import GateRecords
from mtnas_tf.models import MMoE
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SharingMonitor
from mtnas_tf.routes import expert_use


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


def test_body_and_towers_have_their_matrices():
    data = toy_data.make_data()
    first, second, *_ = data.schema.tasks
    tasks = (first, dataclasses.replace(second, requires=first.name))
    schema = dataclasses.replace(data.schema, tasks=tasks)
    body = layers.MMoE(schema.task_names, 3, hidden_units=(5,))
    towers = layers.AITMTowers(tasks, tower_units=(4,))
    model = MultiTaskModel(schema, body, towers=towers)
    experts, transfer = model.sharing(data.valid, steps=1)
    assert (experts.name, transfer.name) == ("experts", "transfer")
    assert transfer.readers == (second.name,)
    np.testing.assert_allclose(transfer.weights.sum(), 1, rtol=1e-6)
    # A task whose network no other reads still reads the experts itself.
    assert max(expert_use([experts, transfer])[0].values()) >= 1
