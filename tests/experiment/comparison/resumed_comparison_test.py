"""Rows that are kept, arguments that are refused, trainings as they are."""

import json

import pytest
from exhaustive import all_but
from scripted_comparison import COMPARED
from scripted_comparison import HAND_MADE
from scripted_comparison import METHODS
from scripted_comparison import TASKS
from scripted_comparison import methods_of
from scripted_comparison import rows_of
from scripted_comparison import run
from scripted_comparison import without_times
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import near
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import train_jobs

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


COUNTS = (0, 1, 3, 9, 14, 18, 30, 47, 10_000)


@pytest.mark.parametrize("count", all_but((14, 10_000), COUNTS))
def test_known_rows_are_not_trained_again(scripted, script, count):
    expected, whole, _ = scripted
    known = json.loads(strict_json(expected["rows"][:count]))
    for row in known:
        del row["budget"]
    kept = []
    result = compare(
        COMPARED, 2, 2, script.load, lambda line: None, kept.append, known
    )
    # Budgets are computed anew.
    for row, before in zip(result["rows"], known, strict=False):
        assert {**row, "budget": None} == {**before, "budget": None}
    assert result["rows"][len(known) :] == kept
    assert without_times(result["rows"]) == without_times(expected["rows"])
    assert len(result["claims"]) == len(expected["claims"])
    assert len(script.calls) <= len(whole.calls)
    if len(known) == len(expected["rows"]):
        assert not any(call.routes for call in script.calls)


def test_names_are_checked_before_anything_is_loaded():
    config = with_section(CONFIG, "model", mmoe_recipes=("paper",))
    with pytest.raises(ValueError, match="`mmoe_recipes` must be.*paper"):
        compare(config, 1, load=None)


def test_options_are_checked_before_anything_is_loaded():
    config = with_section(CONFIG, "search", compared=("reinforce", "mixture"))
    config = with_section(config, "search.supernet", num_routes=4)
    with pytest.raises(ValueError, match="Estimator 'mixture' takes"):
        compare(config, 1, load=None)


@pytest.mark.parametrize("name", ["num_seeds", "num_splits"])
def test_number_of_pairs(name):
    numbers = {"num_seeds": 1, "num_splits": 1} | {name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be positive.*=0"):
        compare(CONFIG, **numbers, load=None)


@pytest.mark.slow
def test_numbers_are_those_of_trainings():
    config = with_section(
        with_section(
            COMPARED,
            "model",
            baselines=("single_task",),
            match_parameters=False,
        ),
        "search.candidates",
        num_rounds=1,
        num_final_rounds=0,
        num_retrainings=1,
    )
    data = load_data(with_section(config, "data", batch_size=100))
    space = route_space(config, TASKS)
    with without_graphs():
        result = compare(config, 1, 1, lambda _: data, lambda line: None)
        trainer = new_trainer(config, data.schema, space)
        (expected,) = train_jobs(trainer, data, [Job(3, space.full_route(), 3)])
    hand_made = {(name, "mean") for name in HAND_MADE}
    unmade = {m for m in METHODS if m[0] == "mmoe"} | hand_made
    expected_methods = set(METHODS) - unmade
    assert set(methods_of(result)) - hand_made == expected_methods
    (row,) = rows_of(result, ("full_route", None))
    assert row["valid_loss"] == near(
        mtl_loss(BINARY_SCHEMA.tasks, expected.valid)
    )
    assert row["mtl_loss"] == near(mtl_loss(BINARY_SCHEMA.tasks, expected.test))
    for row in result["rows"]:
        assert row["epochs"] == row["num_trainings"]
        total = sum(task["log_loss"] for task in row["test"].values())
        assert row["mtl_loss"] == pytest.approx(total)
        total = sum(task["auc"] for task in row["test"].values())
        assert row["score"] == pytest.approx(total)


def test_models_of_domains_are_refused_before_the_first_training(script):
    config = with_section(COMPARED, "model", baselines=("star",))
    with pytest.raises(ValueError, match="`domain` must name.*domain=None"):
        run(config, script)
    assert not script.calls
