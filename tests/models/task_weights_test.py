import pytest
from toy_data import BUY
from toy_data import CLICK

from mtnas_tf.models.task_weights import task_weights

TASKS = (CLICK, BUY)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ({}, {"click": None, "buy": None}),
        ({"buy": [2.0]}, {"click": None, "buy": [2.0]}),
        ({"buy": [2.0], "click": None}, {"click": None, "buy": [2.0]}),
        ([1.0, 2.0], {"click": [1.0, 2.0], "buy": [1.0, 2.0]}),
    ],
)
def test_every_task_has_an_entry(given, expected):
    assert task_weights(TASKS, given) == expected


def test_an_unknown_task_is_named():
    with pytest.raises(ValueError, match=r"`sample_weight`.*\['clicks'\] too"):
        task_weights(TASKS, {"clicks": [1.0]})
