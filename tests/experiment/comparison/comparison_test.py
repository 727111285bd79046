import json

import numpy as np
import pytest
from scripted_comparison import BASELINES
from scripted_comparison import BEST_HAND_MADE
from scripted_comparison import COMPARED
from scripted_comparison import HAND_MADE
from scripted_comparison import METHODS
from scripted_comparison import NUM_TRAININGS
from scripted_comparison import PAIRS
from scripted_comparison import TASKS
from scripted_comparison import luck
from scripted_comparison import rows_of
from tiny_experiment import NUM_ROWS
from tiny_experiment import load_data

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.effort import OF_NETWORK
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.routes import Route

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


def test_every_method_has_a_row_per_pair(scripted):
    result, _, lines = scripted
    received = [
        ((r["model"], r["variant"]), (r["split_seed"], r["seed"]))
        for r in result["rows"]
    ]
    expected = [(method, pair) for method in METHODS for pair in PAIRS]
    assert sorted(received, key=str) == sorted(expected, key=str)
    assert len(lines) == len(expected)
    assert "split 0 seed 3  mtnas (picked)" in lines[0]


def test_effort_is_what_is_trained(scripted):
    _, script, _ = scripted
    rounds = [-(-len(call.starts) // 3) for call in script.calls]
    effort = comparison_effort(COMPARED, 2, 2, TASKS)
    assert sum(rounds) + OF_NETWORK == effort


def test_every_split_is_loaded_once(scripted):
    _, script, _ = scripted
    assert script.loaded == [
        with_section(COMPARED, "data", split_seed=split) for split in (0, 1)
    ]


def test_controls_are_given_as_many_trainings_as_the_search(scripted):
    result, script, _ = scripted
    assert result["protocol"]["trainings_of_a_search"] == NUM_TRAININGS
    counts = {"picked": NUM_TRAININGS, "retrained": 2}
    counts |= {"restarted": NUM_TRAININGS, "mean": NUM_TRAININGS, None: 1}
    for row in result["rows"]:
        # A hand-made route is trained again as a searched one is.
        is_hand_made = (row["model"], row["variant"]) == BEST_HAND_MADE
        variant = "retrained" if is_hand_made else row["variant"]
        assert row["num_trainings"] == counts[variant]
    for split in (0, 1):
        searched, baseline = (
            [len(c.starts) for c in script.calls
             if c.split == split and c.is_baseline == is_baseline]
            for is_baseline in (False, True)
        )  # fmt: skip
        # Of two pairs: three rounds and the route again; hand-made routes; all
        # random routes; the best hand-made route again.
        assert searched[:8] == [3, 3, 3, 2] * 2
        assert searched[8:10] == [2 * len(HAND_MADE), 2 * NUM_TRAININGS]
        assert searched[10:] == [2, 2]
        assert baseline == [2 * NUM_TRAININGS] * 2  # MMoE, and of equal cost
    by_task = [len(c.starts) for c in script.calls if c.split is None]
    assert by_task == [2 * NUM_TRAININGS] * 4  # two tasks, two splits


def test_starts_are_common_to_the_methods_of_a_pair(scripted):
    _, script, _ = scripted
    controls = [c for c in script.calls if len(c.starts) == 2 * NUM_TRAININGS]
    per_split = [set(tuple(c.starts) for c in controls if c.split == split)
                 for split in (0, 1)]  # fmt: skip
    ((first,), (second,)) = per_split
    starts = [first[:9], first[9:], second[:9], second[9:]]
    assert [of_pair[0] for of_pair in starts] == [seed for _, seed in PAIRS]
    assert len(set(first + second)) == 4 * NUM_TRAININGS
    for call in script.calls:
        if not call.is_baseline and len(call.routes) == 2:
            # A searched route again, or a hand-made route for each pair.
            assert set(call.starts) <= set(first + second)


def test_a_searched_route_is_retrained_from_starts_the_search_did_not_see(
    scripted,
):
    _, script, _ = scripted
    calls = [c for c in script.calls if not c.is_baseline and c.split == 0]
    # Of each pair: three rounds, then the route again.
    for first in (0, 4):
        searched = [s for c in calls[first : first + 3] for s in c.starts]
        assert not set(searched) & set(calls[first + 3].starts)


def test_the_best_is_picked_by_validation_never_by_test(scripted):
    result, script, _ = scripted
    for call in script.calls:
        if call.split is None or len(call.starts) < 2 * NUM_TRAININGS:
            continue
        name = "mmoe" if call.is_baseline else "random_route"
        quality = np.array(list(map(luck, call.routes, call.starts)))
        pairs = [pair for pair in PAIRS if pair[0] == call.split]
        for pair, values in zip(pairs, np.split(quality, 2), strict=True):
            (best,) = rows_of(result, (name, "restarted"), pair)
            (first,) = rows_of(result, (name, None), pair)
            for row, value in ((best, values.max()), (first, values[0])):
                assert row["valid"]["click"]["auc"] == value
                assert row["test"]["click"]["auc"] == 1 - value
            (mean,) = rows_of(result, (name, "mean"), pair)
            assert mean["score"] == pytest.approx(2 * (1 - values.mean()))
            if name == "random_route":
                assert mean["route"] is mean["num_parameters"] is None
            else:
                assert mean["num_parameters"] == first["num_parameters"]


def test_a_search_ends_with_its_best_network_and_a_route(scripted):
    result, script, _ = scripted
    calls = [c for c in script.calls if not c.is_baseline and c.split == 0]
    for pair, rounds in zip(PAIRS, (calls[:3], calls[4:7]), strict=False):
        values = [v for c in rounds for v in map(luck, c.routes, c.starts)]
        (picked,) = rows_of(result, ("mtnas", "picked"), pair)
        assert picked["valid"]["click"]["auc"] == max(values)
        assert picked["score"] == pytest.approx(2 * (1 - max(values)))
    (retrained,) = rows_of(result, ("mtnas", "retrained"), PAIRS[0])
    again = calls[3]
    assert len(set(again.routes)) == 1
    assert Route.from_json(json.dumps(retrained["route"])) == again.routes[0]
    values = list(map(luck, again.routes, again.starts))
    assert retrained["valid"]["buy"]["auc"] == pytest.approx(np.mean(values))
    assert retrained["valid_score"] == pytest.approx(2 * np.mean(values))


def test_the_best_hand_made_route_is_chosen_by_validation(scripted):
    result, script, _ = scripted
    space = script.calls[0].population.space
    quality = {
        name: np.mean([luck(route, seed) for _, seed in PAIRS])
        for name, route in space.hand_made_routes().items()
    }
    assert max(quality, key=quality.get) == BEST_HAND_MADE[0]
    calls = [c for c in script.calls if not c.is_baseline]
    again = [c for split in (0, 1) for c in calls if c.split == split]
    again = [*again[10:12], *again[22:24]]
    for pair, call in zip(PAIRS, again, strict=True):
        (row,) = rows_of(result, BEST_HAND_MADE, pair)
        assert set(call.routes) == {space.full_route()}
        (retrained,) = rows_of(result, ("mtnas", "retrained"), pair)
        assert call.starts[0] == pair[1]
        values = list(map(luck, call.routes, call.starts))
        assert row["valid_score"] == pytest.approx(2 * np.mean(values))
        assert row["num_trainings"] == retrained["num_trainings"]


def test_dense_parameters_are_matched(scripted):
    result, *_ = scripted
    retrained = rows_of(result, ("mtnas", "retrained"))
    target = round(np.mean([r["num_parameters"]["dense"] for r in retrained]))
    assert result["protocol"]["dense_parameters_matched_to"] == target
    for name in BASELINES:
        for row in rows_of(result, (name, None)):
            dense = row["num_parameters"]["dense"]
            assert abs(dense - target) < 0.05 * target


def test_embedding_parameters_are_those_of_the_tables(scripted):
    for row in scripted[0]["rows"]:
        num_tables = 2 if row["model"] == "single_task" else 1
        if row["num_parameters"]:
            assert row["num_parameters"]["embedding"] == num_tables * 11 * 3


def test_budget_is_in_fits_of_the_baseline(scripted):
    for row in scripted[0]["rows"]:
        assert row["budget"] == row["train_seconds"] / 2.0
    # What a search has cost includes what was compiled for it.
    for row in rows_of(scripted[0], ("mtnas", "picked")):
        assert row["train_seconds"] > 0.25


def test_result_is_json_of_the_documented_shape(scripted):
    loaded = json.loads(strict_json(scripted[0]))
    assert set(loaded) == {
        *("dataset", "protocol", "rows", "entry_test", "summary", "claims")
    }
    assert loaded["dataset"] == "toy"
    protocol = loaded["protocol"]
    assert protocol["rows"] == NUM_ROWS
    assert (protocol["num_seeds"], protocol["num_splits"]) == (2, 2)
    expected = json.loads(COMPARED.to_json())
    # Places on one machine.
    del expected["data"]["data_dir"], expected["optim"]["tuned"]
    del expected["table"]["path"], expected["table"]["schema"]
    assert protocol["config"] == expected
    for row in loaded["rows"]:
        assert list(row["test"]) == list(TASKS)
        assert list(row["test"]["buy"]) == ["auc", "log_loss"]
    methods = {
        (entry["model"], entry["variant"]) for entry in loaded["summary"]
    }
    assert methods == set(METHODS)
    # Of the labels that are observed: see `load_data`.
    test = load_data(COMPARED).splits["test"]
    assert protocol["rarest_labels"] == {
        task: min((labels == 1).sum(), (labels == 0).sum())
        for task, labels in test.labels.items()
    }
    assert protocol["notes"] == []
    minus = [tuple(c["minus"]) for c in loaded["claims"] if c["num_pairs"] == 4]
    assert minus == [
        ("random_route", "mean"),
        BEST_HAND_MADE,
        ("mmoe", "mean"),
        ("single_task", "mean"),
        ("mmoe_equal_cost", "mean"),
        ("random_route", "restarted"),
        ("mmoe", "restarted"),
        ("single_task", "restarted"),
        ("mmoe_equal_cost", "restarted"),
    ]
    optim = {"learning_rate": 0.01, "weight_decay": 1e-5}
    assert protocol["optim"] == dict.fromkeys(("mtnas", *BASELINES), optim)
