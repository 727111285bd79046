"""Trainings of two tasks' networks, told by their AUCs."""

import toy_data

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.outcome import Outcome

TASKS = toy_data.BINARY_SCHEMA.tasks
SPACE = RouteSpace(toy_data.BINARY_SCHEMA.task_names, 1, 2)
FULL, OTHER = SPACE.full_route(), SPACE.hand_made.disjoint()


def metrics(click_auc, buy_auc=0.5, loss=1.0):
    return {
        "click": {"auc": click_auc, "log_loss": 0.5 * loss},
        "buy": {"auc": buy_auc, "log_loss": 0.5 * loss},
    }


def outcome(valid, test, route=FULL, epochs=2, seconds=3.0, num_trainings=1):
    return Outcome(
        7, route, epochs, seconds, metrics(valid), metrics(test), num_trainings
    )
