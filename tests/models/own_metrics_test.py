import keras
import numpy as np
import pytest

from mtnas_tf.metrics import ExactAUC
from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.metrics import GroupedAUC
from mtnas_tf.metrics import MeanSquaredError
from mtnas_tf.metrics import exact_auc
from mtnas_tf.models.own_metrics import OwnMetrics

TASKS = ("click", "stars")
LABELS = {"click": np.array([0, 1, 1, 0, np.nan])}
PREDICTIONS = {"click": np.array([0.1, 0.4, 0.2, 0.3, 0.9])}
WEIGHTS = {"click": np.array([1.0, 0.5, 2.0, 3.0, 1.0])}


def test_metrics_are_parted():
    error = MeanSquaredError()
    own = OwnMetrics(
        TASKS,
        {"click": [ExactAUC(), "mae"], "stars": error},
        {"click": ExactAUC(name="weighted_auc")},
    )
    assert own.in_steps == {
        "metrics": {"click": ["mae"], "stars": [error]},
        "weighted_metrics": None,
    }
    assert own.are_in_steps
    plain = exact_auc(LABELS["click"], PREDICTIONS["click"])
    weighted = exact_auc(
        LABELS["click"], PREDICTIONS["click"], WEIGHTS["click"]
    )
    assert plain != weighted
    for _ in range(2):  # nothing is left of a pass
        assert own.of_rows(LABELS, PREDICTIONS, WEIGHTS) == {
            "click_auc": plain,
            "click_weighted_auc": pytest.approx(weighted),
        }
    unweighted = own.of_rows(LABELS, PREDICTIONS, {})
    assert unweighted["click_weighted_auc"] == plain


def test_what_keras_takes_is_left_to_it():
    given = [["mae"], "mse"]
    own = OwnMetrics(TASKS, given)
    assert own.in_steps["metrics"] is given
    assert own.of_rows({}, {}, {}) == {}


def test_without_metrics_there_is_nothing_to_compute():
    assert not OwnMetrics().are_in_steps
    assert not OwnMetrics(TASKS, {"click": ExactAUC()}).are_in_steps


def test_config_holds_all_metrics():
    own = OwnMetrics(
        TASKS, {"click": [ExpectedCalibrationError(7), "mae"]}, None
    )
    arguments = keras.saving.deserialize_keras_object(own.get_config())
    copy = OwnMetrics(TASKS, **arguments)
    assert copy.get_config() == own.get_config()
    (metric, _) = arguments["metrics"]["click"]
    assert metric.num_bins == 7


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ([ExactAUC()], "`metrics` must be a dict"),
        ({"clicks": "mae"}, r"`metrics` must be keyed by.*\['clicks'\]"),
        ({"click": [ExactAUC(), ExactAUC()]}, "distinct.*'click_auc' twice"),
        ({"click": GroupedAUC()}, "evaluate_groups.*'click_gauc' in"),
    ],
)
def test_wrong_metrics_are_named(metrics, message):
    with pytest.raises(ValueError, match=message):
        OwnMetrics(TASKS, metrics)


@pytest.mark.parametrize(
    ("task", "name", "other"),
    [
        ("buy", "log_loss", "buy_log"),  # whose loss a training step logs so
        ("buy", "log_auc", "buy_log"),
        ("buy_log", "loss", "buy"),
    ],
)
def test_another_tasks_result_is_not_hidden(task, name, other):
    metric = MeanSquaredError(name=name)
    with pytest.raises(ValueError, match=rf"{task}_{name}.*\['{other}'\]"):
        OwnMetrics(("buy", "buy_log"), {task: [metric]})
    own = OwnMetrics((task,), {task: [metric]})
    assert own.in_steps["metrics"] == {task: [metric]}
