import keras
import numpy as np
import pytest
import toy_data

from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import ExactAUC
from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.metrics import GroupedAUC
from mtnas_tf.metrics import MeanSquaredError
from mtnas_tf.metrics import exact_auc
from mtnas_tf.models.own_metrics import OwnMetrics

TASKS = (toy_data.CLICK, toy_data.STARS)
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
            "click": {"auc": plain, "weighted_auc": pytest.approx(weighted)}
        }
    unweighted = own.of_rows(LABELS, PREDICTIONS, {})
    assert unweighted["click"]["weighted_auc"] == plain


def test_a_list_is_in_the_order_of_the_tasks():
    own = OwnMetrics(TASKS, [["mae"], "mse"])
    assert own.in_steps["metrics"] == {"click": ["mae"], "stars": ["mse"]}
    assert own.of_rows({}, {}, {}) == {}
    assert own.pairs == (("click", "mae"), ("stars", "mse"))
    only = OwnMetrics(TASKS[:1], [ExactAUC(), "mae"])
    assert only.pairs == (("click", "mae"), ("click", "auc"))


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
        ("mae", "`metrics` must be a dict"),
        ([ExactAUC()], "`metrics` must be a dict by task, or a list"),
        ({"clicks": "mae"}, r"`metrics` must be keyed by.*\['clicks'\]"),
        ({"click": [ExactAUC(), ExactAUC()]}, "distinct.*'auc' twice.*'click'"),
        ({"click": [MeanSquaredError("auc"), ExactAUC()]}, "distinct.*'auc'"),
        ({"click": GroupedAUC()}, "evaluate_groups.*'gauc' of task"),
    ],
)
def test_wrong_metrics_are_named(metrics, message):
    with pytest.raises(ValueError, match=message):
        OwnMetrics(TASKS, metrics)


@pytest.mark.parametrize(
    ("task", "name", "others"),
    [
        ("buy", "log_auc", ()),  # of `buy_log`
        ("buy", "log_own", (("buy_log", "own"),)),
    ],
)
def test_another_tasks_result_is_not_hidden(task, name, others):
    tasks = (TaskSpec(name="buy"), TaskSpec(name="buy_log"))
    metrics = {task: [MeanSquaredError(name=name)]}
    for other, its_name in others:
        metrics[other] = [MeanSquaredError(name=its_name)]
    with pytest.raises(ValueError, match="must not have the name of another"):
        OwnMetrics(tasks, metrics)
    own = OwnMetrics(tasks[:1], {task: metrics[task]})
    assert own.pairs == ((task, name),)


@pytest.mark.parametrize(
    ("task", "name"), [("buy", "log_loss"), ("buy_log", "auc")]
)
def test_a_metric_may_be_called_like_a_loss_or_its_own_result(task, name):
    tasks = (TaskSpec(name="buy"), TaskSpec(name="buy_log"))
    own = OwnMetrics(tasks, {task: [MeanSquaredError(name=name)]})
    assert own.pairs == ((task, name),)
