import math

import numpy as np
import pytest

from mtnas_tf.data import TaskSpec


@pytest.mark.parametrize("count", [None, 1, 0, True, 3.0, "3"])
def test_wrong_number_of_classes_is_named(count):
    message = "`num_classes` must be an int of at least 2.*'multiclass'.*="
    with pytest.raises(ValueError, match=f"{message}{count!r}"):
        TaskSpec(name="color", kind="multiclass", num_classes=count)


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_only_classes_are_counted(kind):
    message = f"`num_classes` must be None for kind='{kind}'. Received.*=2"
    with pytest.raises(ValueError, match=message):
        TaskSpec(name="color", kind=kind, num_classes=2)


def test_wrong_kind_of_task_is_named():
    with pytest.raises(ValueError, match="`kind` must be one.*kind='ranking'"):
        TaskSpec(name="click", kind="ranking")


@pytest.mark.parametrize(
    "values",
    [
        {"scale": 0.0},
        {"scale": -1.0},
        {"scale": float("inf")},
        {"mean": float("nan")},
        {"mean": 1.0, "kind": "binary"},
        {"scale": 2.0, "kind": "multiclass", "num_classes": 3},
    ],
)
def test_wrong_units_of_a_task_are_named(values):
    with pytest.raises(ValueError, match="`scale` must be positive, and"):
        TaskSpec(**({"name": "y", "kind": "regression"} | values))


@pytest.mark.parametrize("weight", [0.0, -1.0, math.inf, math.nan])
def test_wrong_score_weight_is_named(weight):
    with pytest.raises(ValueError, match=f"`score_weight` must.*{weight}"):
        TaskSpec(name="click", score_weight=weight)


def test_labels_are_scaled_and_back():
    task = TaskSpec(name="y", kind="regression", mean=3.0, scale=2.0)
    labels = np.array([5.0, np.nan, 1.0])
    np.testing.assert_array_equal(task.scaled(labels), [1, np.nan, -1])
    np.testing.assert_array_equal(task.unscaled(task.scaled(labels)), labels)
    plain = TaskSpec(name="y", kind="regression")
    assert plain.scaled(labels) is labels
    assert plain.unscaled(labels) is labels


@pytest.mark.parametrize("name", ["", None, "ids", "values"])
def test_a_name_that_no_task_may_have(name):
    with pytest.raises(ValueError, match="`name` must"):
        TaskSpec(name=name)
