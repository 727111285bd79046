import math

import numpy as np
import pytest

from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import evaluate_task
from mtnas_tf.metrics import evaluate_tasks
from mtnas_tf.metrics import exact_auc
from mtnas_tf.metrics import mtl_loss

NAN = float("nan")
CLICK = TaskSpec(name="click")
RATING = TaskSpec(name="rating", kind="regression")
LABELS = {
    "click": np.array([1, 0, NAN, 1, 0], np.float32),
    "rating": np.array([3.0, NAN, 1.0, NAN, 2.0], np.float32),
}
PREDICTIONS = {
    "click": np.array([[0.7], [0.2], [0.9], [0.1], [0.1]], np.float32),
    "rating": np.array([[2.5], [9.0], [1.0], [NAN], [4.0]], np.float32),
}
WEIGHTS = {
    "click": np.array([1.0, 2.0, 5.0, 0.5, 0.0]),
    "rating": np.array([1.0, 2.0, 3.0, 4.0, 0.5]),
}


def weighted_mean(name, weights, row_loss):
    total, total_weight = 0.0, 0.0
    rows = zip(LABELS[name], PREDICTIONS[name][:, 0], weights, strict=True)
    for y, p, w in rows:
        if not math.isnan(y):
            total += w * row_loss(float(y), float(p))
            total_weight += w
    return total / total_weight


@pytest.mark.parametrize("weights", [None, WEIGHTS["click"]])
def test_binary_metrics(weights):
    metrics = evaluate_task(
        CLICK, LABELS["click"], PREDICTIONS["click"], weights
    )
    log_loss = weighted_mean(
        "click",
        np.ones(5) if weights is None else weights,
        lambda y, p: -math.log(p if y == 1 else 1 - p),
    )
    assert metrics == {
        "auc": exact_auc(LABELS["click"], PREDICTIONS["click"], weights),
        "log_loss": pytest.approx(log_loss, rel=1e-12),
    }


@pytest.mark.parametrize("weights", [None, WEIGHTS["rating"]])
def test_regression_metrics(weights):
    metrics = evaluate_task(
        RATING, LABELS["rating"], PREDICTIONS["rating"], weights
    )
    row_weights = np.ones(5) if weights is None else weights
    assert metrics == {
        "mse": pytest.approx(
            weighted_mean("rating", row_weights, lambda y, p: (y - p) ** 2)
        ),
        "mae": pytest.approx(
            weighted_mean("rating", row_weights, lambda y, p: abs(y - p))
        ),
    }


COLOR = TaskSpec(name="color", kind="multiclass", num_classes=3)
COLORS = np.array([2, 0, NAN, 1, 0], np.float32)
COLOR_PROBS = np.array(
    [
        [0.2, 0.3, 0.5],
        [0.4, 0.4, 0.2],  # a tie counts for the first
        [NAN, NAN, NAN],
        [0.3, 0.3, 0.4],
        [0.0, 1.0, 0.0],
    ],
    np.float32,
)


@pytest.mark.parametrize("weights", [None, WEIGHTS["rating"]])
@pytest.mark.parametrize("labels", [COLORS, COLORS[:, None]])
def test_multiclass_metrics(weights, labels):
    metrics = evaluate_task(COLOR, labels, COLOR_PROBS, weights)
    seen = [0, 1, 3, 4]
    row_weights = np.ones(4) if weights is None else weights[seen]
    losses = [-math.log(p) for p in (0.5, 0.4, 0.3, 1e-7)]
    assert metrics == {
        "accuracy": pytest.approx(
            np.average([1, 1, 0, 0], weights=row_weights)
        ),
        "log_loss": pytest.approx(np.average(losses, weights=row_weights)),
    }


def test_two_classes_have_the_log_loss_of_a_binary_task():
    task = TaskSpec(name="click", kind="multiclass", num_classes=2)
    probs = PREDICTIONS["click"]
    both = np.concatenate([1 - probs, probs], axis=1)
    metrics = evaluate_task(task, LABELS["click"], both, WEIGHTS["click"])
    binary = evaluate_task(CLICK, LABELS["click"], probs, WEIGHTS["click"])
    assert metrics["log_loss"] == pytest.approx(binary["log_loss"], rel=1e-6)


@pytest.mark.parametrize("label", [-1, 3, 0.5])
def test_a_label_that_is_no_class_raises(label):
    labels = COLORS.copy()
    labels[3] = label
    message = r"'color' must be whole numbers in \[0, 3\)"
    with pytest.raises(ValueError, match=message):
        evaluate_task(COLOR, labels, COLOR_PROBS)


@pytest.mark.parametrize(
    ("probs", "message"),
    [
        (COLOR_PROBS[:, :2], r"shape \(rows, 3\). Received: shape=\(5, 2\)"),
        (COLOR_PROBS[:, 0], r"shape \(rows, 3\). Received: shape=\(5,\)"),
        (COLOR_PROBS[:4], "one number a row. Received: sizes 5, 4, 5"),
        (COLOR_PROBS * 2, "of a multiclass task must be probabilities"),
        (COLOR_PROBS[[2, 1, 0, 3, 4]], "predictions, must not be NaN"),
    ],
)
def test_wrong_predictions_of_classes_raise(probs, message):
    with pytest.raises(ValueError, match=message):
        evaluate_task(COLOR, COLORS, probs)


def test_classes_without_labels_are_warned_of():
    with pytest.warns(UserWarning, match="`color`.*accuracy.* 0 labels") as log:
        metrics = evaluate_task(COLOR, np.full(5, NAN), COLOR_PROBS)
    assert log[0].filename == __file__
    assert all(math.isnan(value) for value in metrics.values())
    assert set(metrics) == {"accuracy", "log_loss"}


def test_log_loss_clips_probabilities_at_1e_7():
    metrics = evaluate_task(CLICK, [1, 0], [0.0, 1.0])
    assert metrics["log_loss"] == pytest.approx(-math.log(1e-7), rel=1e-8)


@pytest.mark.parametrize(
    ("label", "counts"), [(0, "0 positive and 120"), (1, "120 positive and 0")]
)
def test_one_class_is_warned_of_with_its_counts(label, counts):
    labels = np.full(130, NAN)
    labels[:120] = label
    with pytest.warns(UserWarning, match=f"Task `click`.*AUC.*{counts}") as log:
        metrics = evaluate_task(CLICK, labels, np.full(130, 0.5))
    assert len(log) == 1
    assert log[0].filename == __file__
    assert math.isnan(metrics["auc"])
    assert metrics["log_loss"] == pytest.approx(math.log(2))


@pytest.mark.parametrize("task", [CLICK, RATING])
def test_no_observed_label_is_warned_of(task):
    with pytest.warns(UserWarning, match=f"Task `{task.name}`.* 0 ") as log:
        metrics = evaluate_task(task, [NAN, NAN], [0.5, 0.5])
    assert len(log) == 1
    assert all(math.isnan(value) for value in metrics.values())


@pytest.mark.parametrize("probs", [[-0.1, 0.5], [0.5, 2.0]])
def test_predictions_that_are_no_probabilities_raise(probs):
    with pytest.raises(ValueError, match="must be probabilities.*'click'"):
        evaluate_task(CLICK, [0, 1], probs)


@pytest.mark.parametrize("task", [CLICK, RATING])
def test_nan_predictions_raise(task):
    with pytest.raises(ValueError, match="predictions, must not be NaN"):
        evaluate_task(task, [0, 1], [NAN, 0.5])


@pytest.mark.parametrize("weights", [None, {}, WEIGHTS])
def test_tasks_are_evaluated_one_by_one(weights):
    metrics = evaluate_tasks([CLICK, RATING], LABELS, PREDICTIONS, weights)
    assert metrics == {
        task.name: evaluate_task(
            task,
            LABELS[task.name],
            PREDICTIONS[task.name],
            (weights or {}).get(task.name),
        )
        for task in (CLICK, RATING)
    }


@pytest.mark.parametrize("missing_from", ["labels", "predictions"])
def test_a_missing_task_raises(missing_from):
    arguments = {"labels": LABELS, "predictions": PREDICTIONS}
    arguments[missing_from] = {"click": arguments[missing_from]["click"]}
    with pytest.raises(ValueError, match=r"Missing: \['rating'\]"):
        evaluate_tasks([CLICK, RATING], **arguments)


def test_mtl_loss_is_the_sum_of_the_losses():
    tasks = [CLICK, RATING]
    metrics = {
        "click": {"auc": 0.9, "log_loss": 0.25},
        "rating": {"mse": 1.5, "mae": 7.0},
    }
    assert mtl_loss(tasks, metrics) == 1.75


def test_a_task_without_labels_adds_nothing_to_the_loss():
    metrics = {"click": {"log_loss": NAN}, "rating": {"mse": 1.5}}
    assert mtl_loss([CLICK, RATING], metrics) == 1.5
    assert math.isnan(mtl_loss([CLICK], metrics))
