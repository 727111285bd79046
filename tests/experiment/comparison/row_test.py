import dataclasses
import json

import toy_data
from toy_outcomes import FULL
from toy_outcomes import OTHER
from toy_outcomes import outcome

from mtnas_tf.experiment.comparison.row import side_by_side
from mtnas_tf.experiment.comparison.row import to_row
from mtnas_tf.routes import Route
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import mean_of


def test_networks_of_a_task_each_are_one_model():
    parts = [
        Outcome(
            7,
            FULL,
            epochs,
            2.0,
            {task: {"auc": 0.75}},
            {task: {"auc": auc}},
        )
        for task, epochs, auc in (("click", 2, 0.25), ("buy", 3, 0.5))
    ]
    both = side_by_side(parts)
    assert both.pair == 7
    assert both.route is None
    assert both.num_trainings == 1
    assert both.seconds == 4.0
    assert both.valid == {"click": {"auc": 0.75}, "buy": {"auc": 0.75}}
    assert both.test == {"click": {"auc": 0.25}, "buy": {"auc": 0.5}}


def test_row():
    data = toy_data.make_data()
    found = outcome(0.5, 0.75, epochs=2, seconds=4.0, num_trainings=6)
    sizes = {"num_parameters": {"dense": 7}, "multiply_adds": 8}
    row = to_row("mtnas", "picked", found, data, 2, sizes)
    route = row.pop("route")
    assert Route.from_json(json.dumps(route)) == FULL
    assert row == {
        "model": "mtnas",
        "variant": "picked",
        "seed": 7,
        "split_seed": 2,
        "num_trainings": 6,
        "epochs": 2,
        "valid": {
            "click": {"auc": 0.5, "log_loss": 0.5},
            "buy": {"auc": 0.5, "log_loss": 0.5},
        },
        "valid_loss": 1.0,
        "valid_score": 1.0,
        "test": {
            "click": {"auc": 0.75, "log_loss": 0.5},
            "buy": {"auc": 0.5, "log_loss": 0.5},
        },
        "mtl_loss": 1.0,
        "score": 1.25,
        "train_seconds": 4.0,
        "examples_per_second": 23 * 2 / 4,
        "num_parameters": {"dense": 7},
        "multiply_adds": 8,
    }
    apart = mean_of([found, outcome(0.5, 0.5, OTHER)])
    assert to_row("mtnas", None, apart, data, 0, sizes)["route"] is None


def test_who_reads_what_is_told_of_a_plain_training():
    matrix = SharingMatrix("experts", ["a"], ["s1", "s2"], [[1, 0]], "gate")
    bottom = SharingMatrix("experts", ["a"], ["s1"], [[1]], "gate")
    found = dataclasses.replace(outcome(0.5, 0.5), sharing=[matrix, bottom])
    arguments = toy_data.make_data(), 0, {}
    row = to_row("mmoe", None, found, *arguments)
    assert row["sharing"] == [matrix.to_dict()]
    assert "sharing" not in to_row("mmoe", "mean", found, *arguments)
    found = dataclasses.replace(found, sharing=[bottom])
    assert "sharing" not in to_row("mmoe", None, found, *arguments)
    assert mean_of([found, found]).sharing == ()
