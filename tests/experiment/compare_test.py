import dataclasses
import json
import math

import numpy as np
import pytest
from scipy import stats
from tiny_experiment import CONFIG
from tiny_experiment import NUM_ROWS
from tiny_experiment import load_data
from tiny_experiment import with_section

from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.compare import compare
from mtnas_tf.experiment.compare import summarize
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.models import Route
from mtnas_tf.search import SearchModel

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]

BASELINES = ("single_task", "mmoe")
COMPARED = with_section(
    with_section(CONFIG, "optim", epochs=1),
    "model",
    units=40,
    baselines=BASELINES,
)
SEEDS = (3, 4)
ROUTE_METHODS = [
    ("mtnas", "picked"),
    ("mtnas", "retrained"),
    ("random_route", None),
    ("disjoint_route", None),
]
METHODS = [*ROUTE_METHODS, *((name, None) for name in BASELINES)]
TASKS = ("click", "buy")


@pytest.fixture(scope="module")
def compared(eagerly):
    lines = []
    data = load_data(COMPARED)
    result = compare(COMPARED, data, len(SEEDS), lines.append)
    return result, lines


@pytest.fixture(scope="module")
def result(compared):
    return compared[0]


def rows_of(result, method, seed=None):
    return [
        row
        for row in result["rows"]
        if (row["model"], row["variant"]) == method
        and seed in (None, row["seed"])
    ]


def entry_of(result, method, metric):
    (entry,) = (
        entry
        for entry in result["summary"]
        if (entry["model"], entry["variant"], entry["metric"])
        == (*method, metric)
    )
    return entry


def make_row(seed, loss, model="mmoe", variant=None, tasks=TASKS):
    return {
        "model": model,
        "variant": variant,
        "seed": seed,
        "mtl_loss": loss,
        "test": {task: {"auc": 1 - loss} for task in tasks},
    }


def test_every_method_has_a_row_per_seed(compared):
    result, lines = compared
    received = [(r["model"], r["variant"], r["seed"]) for r in result["rows"]]
    expected = [(*method, seed) for method in METHODS for seed in SEEDS]
    assert sorted(received, key=str) == sorted(expected, key=str)
    assert len(lines) == len(expected)
    assert "mtnas (picked)" in lines[0]


def test_result_is_json_of_the_documented_shape(result):
    loaded = json.loads(strict_json(result))
    assert set(loaded) == {"dataset", "protocol", "rows", "summary"}
    assert loaded["dataset"] == "toy"
    assert loaded["protocol"]["rows"] == NUM_ROWS
    assert loaded["protocol"]["num_seeds"] == 2
    expected = json.loads(COMPARED.to_json())
    del expected["data"]["data_dir"]  # a place on one machine
    assert loaded["protocol"]["config"] == expected
    documented = {
        "model",
        "variant",
        "seed",
        "split_seed",
        "budget",
        "valid",
        "test",
        "mtl_loss",
        "num_parameters",
        "train_seconds",
        "examples_per_second",
        "route",
    }
    for row in loaded["rows"]:
        assert documented <= set(row)
        assert set(row["num_parameters"]) == {"dense", "embedding"}
        assert list(row["test"]) == list(TASKS)
        for metrics in row["test"].values():
            assert list(metrics) == ["auc", "log_loss"]
        assert row["split_seed"] == 0
        assert (row["route"] is None) == (row["model"] == "single_task")
        if row["route"]:
            Route.from_json(json.dumps(row["route"]))
    for entry in loaded["summary"]:
        assert {"model", "variant", "metric", "mean", "std_error"} <= set(entry)


def test_loss_is_the_sum_over_tasks(result):
    for row in result["rows"]:
        total = sum(metrics["log_loss"] for metrics in row["test"].values())
        assert row["mtl_loss"] == pytest.approx(total)


def test_dense_parameters_are_matched(result):
    retrained = rows_of(result, ("mtnas", "retrained"))
    target = round(np.mean([r["num_parameters"]["dense"] for r in retrained]))
    assert result["protocol"]["dense_parameters_matched_to"] == target
    for name in BASELINES:
        for row in rows_of(result, (name, None)):
            dense = row["num_parameters"]["dense"]
            assert abs(dense - target) < 0.05 * target


def test_embedding_parameters_are_those_of_the_tables(result):
    for row in result["rows"]:
        num_tables = 2 if row["model"] == "single_task" else 1
        assert row["num_parameters"]["embedding"] == num_tables * 11 * 3


def test_budget_is_in_trainings_of_the_baseline(result):
    mean = np.mean(
        [r["train_seconds"] for r in rows_of(result, ("mmoe", None))]
    )
    for row in result["rows"]:
        assert row["budget"] == pytest.approx(row["train_seconds"] / mean)
    # What the search ends with has cost the search; its route too.
    for seed in SEEDS:
        (retrained,) = rows_of(result, ("mtnas", "retrained"), seed)
        (random,) = rows_of(result, ("random_route", None), seed)
        assert retrained["budget"] > random["budget"]


def test_summary_is_paired_by_seed(result):
    for method in METHODS:
        for metric in ("mtl_loss", "click_auc", "buy_log_loss"):
            task, _, name = metric.partition("_")
            values, baseline = (
                [
                    row["mtl_loss"]
                    if metric == "mtl_loss"
                    else row["test"][task][name]
                    for seed in SEEDS
                    for row in rows_of(result, other, seed)
                ]
                for other in (method, ("mmoe", None))
            )
            entry = entry_of(result, method, metric)
            assert entry["mean"] == pytest.approx(np.mean(values))
            assert entry["std_error"] == pytest.approx(stats.sem(values))
            if method == ("mmoe", None):
                assert "delta_vs_mmoe" not in entry
                continue
            gaps = np.subtract(values, baseline)
            assert entry["delta_vs_mmoe"] == pytest.approx(gaps.mean())
            assert entry["delta_std_error"] == pytest.approx(stats.sem(gaps))
            p_value = stats.ttest_rel(values, baseline).pvalue
            assert entry["p_value"] == pytest.approx(p_value)


def test_a_seed_by_itself_gives_the_same_numbers(result):
    config = with_section(
        dataclasses.replace(COMPARED, seed=SEEDS[1]),
        "model",
        baselines=(),
    )
    alone = compare(config, load_data(config), 1, lambda line: None)
    assert len(alone["rows"]) == len(ROUTE_METHODS)
    for method in ROUTE_METHODS:
        (first,) = rows_of(result, method, SEEDS[1])
        (second,) = rows_of(alone, method)
        assert first["route"] == second["route"]
        assert first["test"] == {
            task: pytest.approx(metrics, abs=1e-6)
            for task, metrics in second["test"].items()
        }
        # Without the baseline there is nothing to pair with or to count in.
        assert math.isnan(second["budget"])
        assert "delta_vs_mmoe" not in entry_of(alone, method, "mtl_loss")


@pytest.fixture
def units_of(monkeypatch):
    """Widths of the baselines, in comparisons that train nothing."""

    def train(model, config, data, **kwargs):
        units[type(model).__name__] = model.get_config()["units"]
        return runner.Training(model, 1, 1.0, 0.1, {})

    def search(config, data, **kwargs):
        supernet = runner.build_model("mtnas", config, data.schema)
        return runner.Training(SearchModel(supernet), 1, 1.0, 0.1, {})

    units = {}
    monkeypatch.setattr(runner, "train", train)
    monkeypatch.setattr(runner, "search", search)
    return units


def test_width_comes_closest(units_of):
    # So few parameters that no width comes within 5 percent.
    config = with_section(COMPARED, "model", units=3)
    data = load_data(config)
    result = compare(config, data, 1, lambda line: None)
    target = result["protocol"]["dense_parameters_matched_to"]
    names = {"SingleTask": "single_task", "MMoE": "mmoe"}
    for class_name, name in names.items():
        units = units_of[class_name]
        gaps = [
            abs(runner.count_parameters(model)["dense"] - target)
            for model in (
                runner.build_model(name, config, data.schema, units=width)
                for width in (units, units + 1, max(units - 1, 1))
            )
        ]
        assert gaps[0] == min(gaps)


def test_width_of_the_config_without_matching(units_of):
    config = with_section(COMPARED, "model", match_parameters=False)
    result = compare(config, load_data(config), 1, lambda line: None)
    assert result["protocol"]["dense_parameters_matched_to"] is None
    assert set(units_of.values()) == {40}


def test_recipes_are_rows_of_the_baseline(units_of):
    config = with_section(
        COMPARED, "model", baselines=(), mmoe_recipes=("paper_shape",)
    )
    result = compare(config, load_data(config), 1, lambda line: None)
    (row,) = rows_of(result, ("mmoe", "paper_shape"))
    assert not rows_of(result, ("mmoe", None))
    # Embeddings are no part of a recipe: 11 rows of the config's 3.
    assert row["num_parameters"]["embedding"] == 11 * 3


@pytest.mark.filterwarnings("ignore:[^.]*softmax over axis -1")
def test_no_disjoint_route_with_fewer_sub_networks_than_tasks(units_of):
    config = with_section(CONFIG, "model", num_subnetworks=1, baselines=())
    result = compare(config, load_data(config), 1, lambda line: None)
    models = [row["model"] for row in result["rows"]]
    assert models == ["mtnas", "mtnas", "random_route"]


def test_summary_leaves_out_pairs_that_are_not_there():
    rows = [make_row(0, 0.5), make_row(1, 0.7), make_row(0, 0.4, "mtnas")]
    result = {"summary": summarize(rows)}
    mmoe = entry_of(result, ("mmoe", None), "mtl_loss")
    assert (mmoe["mean"], mmoe["std_error"]) == pytest.approx((0.6, 0.1))
    mtnas = entry_of(result, ("mtnas", None), "mtl_loss")
    assert mtnas["mean"] == 0.4
    assert math.isnan(mtnas["std_error"])
    assert "delta_vs_mmoe" not in mtnas


def test_rows_of_a_seed_find_each_other_in_any_order():
    rows = [make_row(0, 0.5), make_row(1, 0.9)]
    rows += [make_row(1, 0.8, "mtnas"), make_row(0, 0.4, "mtnas")]
    entry = entry_of({"summary": summarize(rows)}, ("mtnas", None), "mtl_loss")
    assert entry["delta_vs_mmoe"] == pytest.approx(-0.1)
    assert entry["delta_std_error"] == pytest.approx(0, abs=1e-12)


def test_task_called_like_the_start_of_another(units_of):
    config = with_section(CONFIG, "model", baselines=("mmoe",))
    data = load_data(config)
    renamed = {"click": "buy", "buy": "buy_again"}
    data.schema = dataclasses.replace(
        data.schema, tasks=tuple(TaskSpec(name=n) for n in renamed.values())
    )
    for split in data.splits.values():
        for name in TASKS:
            split.labels[f"_{renamed[name]}"] = split.labels.pop(name)
        for name in renamed.values():
            split.labels[name] = split.labels.pop(f"_{name}")
    result = compare(config, data, 1, lambda line: None)
    for row in result["rows"]:
        assert list(row["test"]) == ["buy", "buy_again"]
        for metrics in row["test"].values():
            assert list(metrics) == ["auc", "log_loss"]
    row = rows_of(result, ("mmoe", None))[0]
    for task in renamed.values():
        entry = entry_of(result, ("mmoe", None), f"{task}_auc")
        assert entry["mean"] == row["test"][task]["auc"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"baselines": ("mmoe", "mmoo")}, r"`baselines` must be.*\['mmoo'\]"),
        ({"mmoe_recipes": ("paper",)}, "`mmoe_recipes` must be.*paper"),
    ],
)
def test_names_are_checked_before_anything_is_trained(
    monkeypatch, values, message
):
    monkeypatch.setattr(runner, "search", None)
    config = with_section(CONFIG, "model", **values)
    with pytest.raises(ValueError, match=message):
        compare(config, load_data(config), 1)


def test_number_of_seeds():
    with pytest.raises(ValueError, match="`num_seeds` must be positive.*=0"):
        compare(CONFIG, load_data(CONFIG), 0)
