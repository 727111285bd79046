import pytest

from mtnas_tf.data import TaskSpec
from mtnas_tf.models.task_labels import task_labels

TASKS = (TaskSpec(name="click"), TaskSpec(name="buy"))


def test_a_list_is_in_the_order_of_the_tasks():
    by_name = {"click": 1, "buy": 2}
    assert task_labels(TASKS, [1, 2]) == by_name
    assert task_labels(TASKS, (1, 2)) == by_name
    assert task_labels(TASKS, {"buy": 2, "like": 3, "click": 1}) == by_name
    assert task_labels(TASKS[:1], 1) == {"click": 1}


def test_labels_that_are_missing_are_named():
    with pytest.raises(ValueError, match=r"Missing: \['click'\].*\['buy'\]"):
        task_labels(TASKS, {"buy": 2})
    with pytest.raises(ValueError, match="in this order. Received: 3 entries"):
        task_labels(TASKS, [1, 2, 3])
    with pytest.raises(ValueError, match="Received: 1 entries"):
        task_labels(TASKS, 1)
