"""No two values of a model are logged under one name."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
import toy_data
from tolerances import near

from mtnas_tf.data import TaskSpec
from mtnas_tf.losses import loss_for
from mtnas_tf.metrics import ExactAUC
from mtnas_tf.metrics import LogLoss
from mtnas_tf.models import SharedBottom
from mtnas_tf.models.result_keys import result_keys

TASKS = (TaskSpec(name="click"), TaskSpec(name="click_log"))
SCHEMA = dataclasses.replace(toy_data.SCHEMA, tasks=TASKS)
ROWS = toy_data.make_split(12, SCHEMA)


@pytest.mark.parametrize(
    ("names", "task", "metric", "key"),
    [
        (("buy", "click"), "buy", "log_loss", "buy_log_loss"),
        (("buy", "buy_log"), "buy", "log_loss", "buy_log_loss"),
        (("buy", "buy_log"), "buy_log", "loss", "buy_log__loss"),
        (("buy_log", "buy"), "buy_log", "loss", "buy_log__loss"),
        (("buy", "val_buy"), "val_buy", "loss", "val_buy__loss"),
        (("val", "buy"), "val", "loss", "val__loss"),
        (("val", "buy"), "val", "auc", "val_auc"),
    ],
)
def test_keys(names, task, metric, key):
    keys = result_keys([TaskSpec(name=name) for name in names])
    assert keys[task, metric] == key


@pytest.mark.parametrize("count", [2, 3])
def test_no_two_alike(count):
    words = ("val", "log", "a", "a_log", "val_a", "val_a_log", "a_log_", "a_")
    for names in itertools.permutations(words, count):
        keys = result_keys(
            [TaskSpec(name=name) for name in names],
            own=[(names[0], "log_auc"), (names[1], "auc")],
        )
        found = [*keys.values(), *(f"val_{key}" for key in keys.values())]
        assert len({"loss", "val_loss", *found}) == len(found) + 2


def by_hand(model):
    """The exact metrics of the two tasks, and the losses of a step."""
    predictions = model.predict(ROWS.inputs, verbose=0)
    losses = {
        task.name: float(
            loss_for(task)(ROWS.labels[task.name], predictions[task.name])
        )
        for task in TASKS
    }
    assert losses["click"] != pytest.approx(losses["click_log"], rel=1e-3)
    return losses


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True])
def test_a_task_called_like_a_metric_of_another(own, tmp_path):
    keras.utils.set_random_seed(0)
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    metrics = {
        "click": [keras.metrics.MeanSquaredError(name="own"), LogLoss()],
        "click_log": [ExactAUC(name="rank")],
    }
    model.compile(
        keras.optimizers.SGD(0.0),  # every number is of the same weights
        metrics=metrics if own else None,
        jit_compile=False,
    )
    rows = (ROWS.inputs, ROWS.labels)
    history = model.fit(*rows, validation_data=rows, verbose=0).history
    losses = by_hand(model)
    logged = {name: values[0] for name, values in history.items()}
    assert logged["click_loss"] == near(losses["click"])
    assert logged["click_log__loss"] == near(losses["click_log"])
    assert logged["val_click_log_loss"] == near(losses["click"])
    assert logged["val_click_log_log_loss"] == near(losses["click_log"])
    assert logged.get("click_log_loss", losses["click"]) == near(
        losses["click"]
    )
    model.save(tmp_path / "model.keras")
    for each in (model, keras.saving.load_model(tmp_path / "model.keras")):
        results = each.evaluate(*rows, return_dict=True)
        assert results["click_log_loss"] == near(losses["click"])
        assert results["click_log_log_loss"] == near(losses["click_log"])
        if own:
            assert results["click_log__loss"] == near(losses["click_log"])
            assert results["click_log_rank"] == results["click_log_auc"]
        assert {f"val_{name}" for name in results} <= set(history)


def test_a_task_called_val_is_not_the_validation():
    tasks = (TaskSpec(name="val"), TaskSpec(name="buy"))
    schema = dataclasses.replace(SCHEMA, tasks=tasks)
    rows = toy_data.make_split(12, schema)
    model = SharedBottom(schema, hidden_units=(3,))
    model.compile("sgd", run_eagerly=True, jit_compile=False)
    batch = (rows.inputs, rows.labels)
    history = model.fit(*batch, verbose=0).history
    assert set(history) == {"loss", "val__loss", "buy_loss"}
    history = model.fit(*batch, validation_data=batch, verbose=0).history
    results = model.evaluate(*batch, return_dict=True)
    assert history["val_loss"] == near([results["loss"]])


def test_lists_are_in_the_order_of_the_tasks():
    tasks = (TaskSpec(name="z"), TaskSpec(name="a", kind="regression"))
    schema = dataclasses.replace(SCHEMA, tasks=tasks)
    rows = toy_data.make_split(12, schema)
    logs = []
    for listed in (False, True):
        keras.utils.set_random_seed(0)
        model = SharedBottom(schema, hidden_units=(3,))
        given = {
            "loss": [loss_for(task) for task in tasks],
            "loss_weights": [1.0, 0.25],
            "metrics": [[LogLoss()], ["mae"]],
        }
        if not listed:
            given = {k: {"z": v[0], "a": v[1]} for k, v in given.items()}
        model.compile("sgd", run_eagerly=True, jit_compile=False, **given)
        history = model.fit(rows.inputs, rows.labels, verbose=0).history
        logs.append({name: values[0] for name, values in history.items()})
    assert logs[0] == near(logs[1])
    assert set(logs[1]) == {"loss", "z_loss", "a_loss", "z_log_loss", "a_mae"}
    total = logs[1]["z_loss"] + 0.25 * logs[1]["a_loss"]
    assert logs[1]["loss"] == near(total)


@pytest.mark.parametrize("argument", ["loss", "loss_weights", "metrics"])
def test_a_list_of_another_length_is_refused(argument):
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    message = rf"`{argument}` must be a dict by task, or a list.*'click_log'\]"
    with pytest.raises(ValueError, match=message):
        model.compile(**{argument: ["mse"]})


@pytest.mark.slow
def test_a_single_task_has_its_name_before_its_metrics():
    schema = SCHEMA.with_tasks(["click"])
    rows = toy_data.make_split(12, schema)
    model = SharedBottom(schema, hidden_units=(3,))
    model.compile("sgd", metrics=["mse", ExactAUC(name="rank")])
    batch = (rows.inputs, rows.labels)
    history = model.fit(*batch, validation_data=batch, verbose=0).history
    assert {"loss", "click_mse"} <= set(history)
    results = model.evaluate(*batch, return_dict=True)
    assert results["click_rank"] == results["click_auc"]
    assert np.isnan(results["click_mse"])  # a label is missing
