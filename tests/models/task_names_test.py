"""Tasks may have any names, in every part of the library."""

import csv
import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_models
import toy_data
from exhaustive import all_but

from export import export_model
from export.serving import Predictor
from export.serving import predict_file
from mtnas_tf.data import TaskSpec
from mtnas_tf.models import MODELS
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel

TASKS = (
    TaskSpec(name="click rate"),
    TaskSpec(name="a:0", kind="regression"),
    TaskSpec(name="a/b", kind="multiclass", num_classes=3),
    TaskSpec(name="a_b"),
    TaskSpec(name="点击"),
)
NAMES = tuple(task.name for task in TASKS)
SCHEMA = dataclasses.replace(toy_data.SCHEMA, tasks=TASKS)
ROWS = toy_data.make_split(7, SCHEMA)
METRICS = {
    "click rate": {"auc", "log_loss"},
    "a:0": {"mse", "mae"},
    "a/b": {"accuracy", "log_loss"},
    "a_b": {"auc", "log_loss"},
    "点击": {"auc", "log_loss"},
}
RESULTS = {f"{task}_{m}" for task, names in METRICS.items() for m in names}


def make_model(name):
    return tiny_models.make_model(name, SCHEMA)


# Every body, encoder or kind of towers that keeps layers by task is in one of
# these; the other models keep none but the towers.
DISTINCT = {
    "single_task",
    "mmoe",
    "mtnas",
    "ml_mmoe",
    "dselect_k",
    "stem_net",
    "esmm",
    "aitm",
}


@pytest.mark.parametrize("name", all_but(DISTINCT, MODELS))
def test_models_reload(name, tmp_path):
    model = make_model(name)
    predictions = model(ROWS.inputs)
    assert set(predictions) == set(NAMES)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for task, values in loaded(ROWS.inputs).items():
        np.testing.assert_array_equal(values, predictions[task])


@pytest.mark.parametrize("name", ["single_task", "shared_bottom"])
def test_trained_models_reload(name, tmp_path):
    model = make_model(name)
    model.compile(
        "sgd",
        metrics={"a:0": [keras.metrics.MeanSquaredError(name="own")]},
        loss_weights=dict.fromkeys(NAMES, 1.0),
        run_eagerly=name == "single_task",
        jit_compile=False,
    )
    rows = (ROWS.inputs, ROWS.labels)
    history = model.fit(*rows, validation_data=rows, verbose=0).history
    losses = {f"{task}_loss" for task in NAMES}
    trained = {"loss", "a:0_own"} | losses
    assert set(history) == {
        *trained,
        *(f"val_{result}" for result in trained | RESULTS),
    }
    assert np.isfinite([values[0] for values in history.values()]).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    results = loaded.evaluate(*rows, return_dict=True)
    assert results == model.evaluate(*rows, return_dict=True)


@pytest.mark.parametrize("name", ["shared_bottom", "mtnas"])
def test_exports_and_csv_files(name, tmp_path):
    # One graph is written directly, one by the converter.
    model = make_model(name)
    export_model(model, tmp_path / "out")
    predictor = Predictor(tmp_path / "out")
    served = predictor.predict_ids(ROWS.inputs["ids"], ROWS.inputs["values"])
    saved = tf.saved_model.load(tmp_path / "out" / "saved_model")
    signature = saved.signatures["serving_default"](
        ids=tf.constant(ROWS.inputs["ids"], tf.int64),
        values=tf.constant(ROWS.inputs["values"]),
    )
    assert set(served) == set(signature) == set(NAMES)
    for task, expected in model.predict(ROWS.inputs, verbose=0).items():
        shape = expected.shape
        for values in (served[task].reshape(shape), signature[task]):
            np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-5)
    rows = tmp_path / "rows.csv"
    rows.write_text("user,x_0,x_1,item,age\na,1,2,b,3\n")
    predict_file(predictor, rows, tmp_path / "out.csv")
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    classes = ["a/b_0", "a/b_1", "a/b_2"]
    assert header == ["click rate", "a:0", *classes, "a_b", "点击"]


def test_populations_and_searches_train():
    space = RouteSpace(NAMES, num_layers=1, num_subnetworks=2)
    population = RoutePopulation(SCHEMA, space, num_candidates=2, units=3)
    population.compile(run_eagerly=True, jit_compile=False)
    population.initialize([space.full_route()] * 2, seeds=range(2))
    population.fit(ROWS.inputs, ROWS.labels, verbose=0)
    results = population.evaluate(ROWS.inputs, ROWS.labels, return_dict=True)
    assert set(results) == {"loss", *RESULTS}
    network = population.network(1)
    batch = (ROWS.inputs, ROWS.labels)
    metrics = network.evaluate_by_task([batch])
    assert {task: set(values) for task, values in metrics.items()} == METRICS
    assert set(network.logs_of(metrics)) == {"loss", *RESULTS}

    search = SearchModel(make_model("mtnas"))
    search.compile(run_eagerly=True, jit_compile=False)
    pairs = tf.data.Dataset.from_tensors((batch, batch))
    history = search.fit(pairs, verbose=0).history
    assert {f"{task}_loss" for task in NAMES} < set(history)
    assert search.route.tasks == NAMES


def test_a_list_of_labels_means_the_same_everywhere():
    # Sorted by name, as Keras flattens dicts, the tasks are in another order.
    listed = [ROWS.labels[name] for name in NAMES]
    weights = [np.full((7, 1), 1.0 + i, "f") for i in range(len(NAMES))]
    results = []
    for y, w in (
        (ROWS.labels, dict(zip(NAMES, weights, strict=True))),
        (listed, weights),
    ):
        model = make_model("shared_bottom")
        model.compile("sgd", run_eagerly=True, jit_compile=False)
        logs = model.fit(
            ROWS.inputs,
            y,
            sample_weight=w,
            validation_data=(ROWS.inputs, y, w),
            shuffle=False,
            verbose=0,
        ).history
        results.append(
            {k: v[0] for k, v in logs.items()}
            | model.evaluate(ROWS.inputs, y, return_dict=True)
        )
    assert results[0] == results[1]


def test_columns_of_the_same_name_are_refused(tmp_path):
    tasks = (
        TaskSpec(name="a", kind="multiclass", num_classes=3),
        TaskSpec(name="a_1"),
    )
    schema = dataclasses.replace(SCHEMA, tasks=tasks)
    model = MODELS["shared_bottom"](schema, hidden_units=(3,))
    export_model(model, tmp_path / "out", formats=("onnx",))
    rows = tmp_path / "rows.csv"
    rows.write_text("user,x_0,x_1,item,age\na,1,2,b,3\n")
    with pytest.raises(ValueError, match=r"distinct.*\['a_1'\]"):
        predict_file(Predictor(tmp_path / "out"), rows, tmp_path / "out.csv")
