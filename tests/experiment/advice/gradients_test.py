"""Cosines of gradients against NumPy, and of tasks that are the same."""

import dataclasses

import numpy as np
import pytest
import toy_data
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs

from mtnas_tf.experiment import building
from mtnas_tf.experiment.advice import gradients
from mtnas_tf.progress import counted_progress

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


def test_cosines():
    rows = np.random.default_rng(0).normal(size=(3, 7)).astype("f")
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found = gradients.cosines(rows)
    np.testing.assert_allclose(found, units @ units.T, rtol=1e-5, atol=1e-6)
    rows[1] = 0.0
    assert np.isnan(np.array(gradients.cosines(rows))[1]).all()


def test_tasks_with_one_tower_and_one_label_agree():
    data = toy_data.make_data(toy_data.BINARY_SCHEMA)
    model = building.build_model("shared_bottom", CONFIG, data.schema)
    inputs, labels = next(iter(data.train))
    first, second = model.schema.task_names
    towers = [model.towers.output_layers[task] for task in (first, second)]
    towers[1].set_weights(towers[0].get_weights())
    measure = gradients._measure_of(model)
    labels = {task: labels[second] for task in labels}
    np.testing.assert_allclose(
        measure(inputs, labels), np.ones((2, 2)), rtol=1e-4
    )


@pytest.mark.slow
def test_every_deal_has_a_start_of_its_own():
    data = load_data(CONFIG)
    config = dataclasses.replace(CONFIG, seed=0)
    with without_graphs():
        with counted_progress() as progress:
            found = gradients.gradient_cosines(config, [data, data, data])
        assert progress.done == 3 * gradients.EFFORT
        (again, *_) = gradients.gradient_cosines(config, [data])
    assert found.shape == (3, 2, 2)
    np.testing.assert_allclose(found[:, [0, 1], [0, 1]], 1, rtol=1e-4)
    np.testing.assert_allclose(found[:, 0, 1], found[:, 1, 0], rtol=1e-4)
    np.testing.assert_allclose(found[0], again, rtol=1e-3, atol=1e-3)
    assert np.abs(found[0] - found[1]).max() > 1e-3
