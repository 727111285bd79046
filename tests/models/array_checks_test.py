"""Labels and weights that are given as arrays are checked before a step."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data

from mtnas_tf.models import SharedBottom
from mtnas_tf.models.array_checks import check_arrays

SCHEMA = dataclasses.replace(
    toy_data.SCHEMA,
    tasks=(
        toy_data.BUY,
        toy_data.STARS,
        toy_data.TaskSpec(name="color", kind="multiclass", num_classes=4),
    ),
)
ROWS = toy_data.make_split(9, SCHEMA)
WRONG = [
    ("buy", -1, "0 or 1"),
    ("buy", 2, "0 or 1"),
    ("buy", 0.25, "0 or 1"),
    ("buy", np.inf, "0 or 1"),
    ("stars", -np.inf, "numbers that float32 can hold"),
    ("color", 4, r"whole numbers in \[0, 4\)"),
    ("color", -1, r"whole numbers in \[0, 4\)"),
    ("color", 0.5, r"whole numbers in \[0, 4\)"),
]


@pytest.fixture(scope="module")
def model():
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    model.compile("sgd", jit_compile=False, run_eagerly=True)
    return model


def labels_with(task, value):
    labels = {name: values.copy() for name, values in ROWS.labels.items()}
    labels[task][5] = value
    return labels


@pytest.mark.parametrize(("task", "value", "rule"), WRONG)
def test_a_wrong_label_is_named_before_training(model, task, value, rule):
    labels = labels_with(task, value)
    listed = [labels[name] for name in SCHEMA.task_names]
    before = model.get_weights()
    good = (ROWS.inputs, ROWS.labels)
    message = f"`y` of task '{task}' must be {rule}.*{float(value)} in row 5"
    for run in (
        lambda: model.fit(ROWS.inputs, labels, verbose=0),
        lambda: model.fit(x=ROWS.inputs, y=listed, verbose=0),
        lambda: model.fit(*good, validation_data=(ROWS.inputs, labels)),
        lambda: model.evaluate(ROWS.inputs, labels),
    ):
        with pytest.raises(ValueError, match=message):
            run()
    for ours, its in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, its)


@pytest.mark.parametrize(("task", "value", "rule"), WRONG)
def test_a_dataset_tells_by_its_loss(model, task, value, rule):
    rows = (ROWS.inputs, labels_with(task, value))
    dataset = tf.data.Dataset.from_tensors(rows)
    history = model.fit(dataset, verbose=0).history
    assert np.isnan(history["loss"]).all()
    assert np.isnan(history[f"{task}_loss"]).all()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    with pytest.raises(ValueError, match=f"'{task}' must be {rule}"):
        model.evaluate(dataset)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_wrong_weight_is_named(model, weight):
    weights = {"stars": np.ones(9), "color": np.ones((9, 1))}
    weights["color"][7] = weight
    message = f"`sample_weight` of task 'color' must be.*{weight} in row 7"
    rows = (ROWS.inputs, ROWS.labels)
    for run in (
        lambda: model.fit(*rows, sample_weight=weights, verbose=0),
        lambda: model.fit(*rows, validation_data=(*rows, weights), verbose=0),
        lambda: model.evaluate(*rows, sample_weight=weights),
    ):
        with pytest.raises(ValueError, match=message):
            run()


def test_what_does_not_count_may_be_anything(model):
    labels = labels_with("buy", -1)
    labels["color"][2] = np.nan
    weights = {name: np.ones((9, 1)) for name in SCHEMA.task_names}
    weights["buy"][5] = 0
    weights["color"][2] = np.nan
    check_arrays(SCHEMA.tasks, labels, weights)
    rows = (ROWS.inputs, labels)
    history = model.fit(*rows, sample_weight=weights, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    results = model.evaluate(*rows, sample_weight=weights, return_dict=True)
    assert np.isfinite(results["loss"])


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, True],
        np.array([[0], [1]], "int8"),
        np.array([0, 1, np.nan], object),
        tf.constant([0.0, 1.0]),
    ],
)
def test_any_numbers_are_labels(values):
    check_arrays((toy_data.CLICK,), {"click": values})


def test_texts_are_no_labels():
    message = "`y` must hold numbers. Received: dtype=<U3"
    with pytest.raises(ValueError, match=message):
        check_arrays((toy_data.CLICK,), {"click": np.array(["yes"])})


def test_keywords_of_fit_are_those_of_keras(model):
    with pytest.raises(TypeError, match="epoch_s"):
        model.fit(ROWS.inputs, ROWS.labels, epoch_s=3)
    assert model.fit.__doc__ == keras.Model.fit.__doc__


def test_the_data_of_all_splits_are_no_batches(model):
    data = toy_data.make_data(SCHEMA)
    for run in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="`x` must be the batches of one"):
            run(data)


@pytest.mark.parametrize("inputs", [np.ones((9, 3)), {"rows": np.ones((9, 3))}])
def test_inputs_are_a_dict_of_ids_and_values(model, inputs):
    message = r"`inputs` must be a dict that holds `ids`.*(ndarray|Tensor|rows)"
    with pytest.raises(ValueError, match=message):
        model.predict(inputs, verbose=0)
