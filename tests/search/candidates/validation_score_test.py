import math

import pytest
from toy_data import BUY
from toy_data import CLICK
from toy_data import STARS

from mtnas_tf.data import TaskSpec
from mtnas_tf.search.candidates import validation_score

METRICS = {
    "click": {"auc": 0.75, "log_loss": 0.5},
    "buy": {"auc": 0.5, "log_loss": 0.25},
    "stars": {"mse": 0.125, "mae": 3.0},
    "color": {"accuracy": 0.5, "log_loss": 2.0},
}
COLOR = TaskSpec(name="color", kind="multiclass", num_classes=3)


@pytest.mark.parametrize(
    ("tasks", "score"),
    [
        ((CLICK,), 0.75),
        ((CLICK, BUY), 1.25),
        ((STARS,), -0.125),
        ((CLICK, STARS), 0.625),
        ((COLOR,), 0.5),
        ((STARS, COLOR, CLICK), 1.125),
    ],
)
def test_aucs_and_accuracies_less_squared_errors(tasks, score):
    assert validation_score(tasks, METRICS) == score


def test_tasks_count_by_their_weights():
    buy = TaskSpec(name="buy", score_weight=4.0)
    assert validation_score((CLICK, buy), METRICS) == 2.75


def test_an_undefined_term_is_left_out():
    metrics = METRICS | {"click": {"auc": math.nan}}
    assert validation_score((CLICK, STARS), metrics) == -0.125
    assert math.isnan(validation_score((CLICK,), metrics))
