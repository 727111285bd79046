"""Rows of other searches and baselines than the default ones."""

import dataclasses
import json

import numpy as np
import pytest
from scripted_comparison import COMPARED
from scripted_comparison import CONTROLS
from scripted_comparison import NUM_TRAININGS
from scripted_comparison import luck
from scripted_comparison import methods_of
from scripted_comparison import rows_of
from scripted_comparison import run
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.starts import fresh_starts

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.mark.slow
def test_a_search_for_every_cost_weight(script):
    config = with_section(
        COMPARED, "search.candidates", cost_weights=(0.0, 4.0)
    )
    result = run(dataclasses.replace(config, seed=6), script)
    assert methods_of(result)[:4] == [
        ("mtnas", "picked"),
        ("mtnas", "retrained"),
        ("mtnas", "cost 4 picked"),
        ("mtnas", "cost 4 retrained"),
    ]
    (free,), (cheap,) = (
        rows_of(result, ("mtnas", variant))
        for variant in ("picked", "cost 4 picked")
    )
    assert cheap["multiply_adds"] < free["multiply_adds"]
    assert cheap["num_trainings"] == free["num_trainings"]
    # The first search costs as much as MMoE of its parameters, the other has
    # an MMoE of its own, trained as often as its route again.
    narrow = [m for m in methods_of(result) if m[0] == "mmoe_equal_cost"]
    assert narrow == [("mmoe_equal_cost", "cost 4 mean")]
    (row,), (retrained,), (mmoe,) = (
        rows_of(result, method)
        for method in (narrow[0], ("mtnas", "cost 4 retrained"), ("mmoe", None))
    )
    cost = retrained["multiply_adds"]
    assert cost < 0.9 * mmoe["multiply_adds"]
    assert row["multiply_adds"] == pytest.approx(cost, rel=0.05)
    assert row["num_trainings"] == retrained["num_trainings"] == 2
    questions = {(c["of"], c["minus"]) for c in result["claims"]}
    assert (("mtnas", "cost 4 retrained"), narrow[0]) in questions


@pytest.mark.slow
def test_equal_cost_of_the_first_search(script):
    # Widths of the config: MMoE costs much more than a pruned route.
    config = with_section(COMPARED, "model", match_parameters=False, units=9)
    config = with_section(config, "search.candidates", cost_weights=(9.0,))
    result = run(dataclasses.replace(config, seed=5), script)
    (retrained,) = rows_of(result, ("mtnas", "cost 9 retrained"))
    (mean,) = rows_of(result, ("mmoe_equal_cost", "cost 9 mean"))
    (best,) = rows_of(result, ("mmoe_equal_cost", "cost 9 restarted"))
    narrow = [call for call in script.calls if call.is_baseline][-1]
    assert len(narrow.starts) == NUM_TRAININGS
    cost = retrained["multiply_adds"]
    assert mean["multiply_adds"] == best["multiply_adds"]
    assert mean["multiply_adds"] == pytest.approx(cost, rel=0.1)
    values = list(map(luck, narrow.routes, narrow.starts))
    assert mean["valid_score"] == pytest.approx(2 * np.mean(values))
    assert best["valid_score"] == pytest.approx(2 * max(values))
    questions = {(c["of"][1], c["minus"]) for c in result["claims"]}
    for kind, control in (("picked", "restarted"), ("retrained", "mean")):
        control = ("mmoe_equal_cost", f"cost 9 {control}")
        assert (f"cost 9 {kind}", control) in questions


@pytest.mark.slow
def test_random_routes_of_the_space_that_a_supernet_has(script):
    config = with_section(COMPARED, "model", num_layers=2, baselines=())
    config = with_section(config, "search", compared=("reinforce",))
    method = ("random_supernet_route", "mean")
    result = run(config, script)
    (row,) = rows_of(result, method)
    assert row["num_trainings"] == 2
    assert row["route"] is None
    (call,) = [
        c
        for c in script.calls
        if c.starts == fresh_starts(3, 2) and len(set(c.routes)) == 2
    ]
    for route in call.routes:
        for consumer, block in route.blocks.items():
            layers = {route.layer_of(name) for name in block.combination}
            assert layers == {route.layer_of(consumer) - 1}
    (claim,) = [c for c in result["claims"] if c["minus"][0] == method[0]]
    assert claim["of"] == ("mtnas", "reinforce retrained")
    # Candidates may be of that space, too: no other routes are needed.
    config = with_section(config, "search.candidates", value_scope="prev")
    result = run(config, script)
    assert method not in methods_of(result)
    minus = [claim["minus"] for claim in result["claims"]]
    assert ("random_route", None) in minus


@pytest.mark.slow
def test_the_paper_s_search_is_a_row_in_its_own_shape(script):
    config = with_section(COMPARED, "model", num_layers=2, baselines=("mmoe",))
    config = with_section(
        config,
        "search",
        method="uniform",
        compared=("paper_setting", "candidates"),
    )
    result = run(config, script)
    method = ("mtnas", "paper_setting inherited")
    (row,) = rows_of(result, method)
    (searched,) = script.searched
    assert searched == paper_setting(dataclasses.replace(config, seed=3))
    # Its network has a stem of 64, and sub-networks as wide.
    sizes = network_sizes(
        Route.from_json(json.dumps(row["route"])), searched, BINARY_SCHEMA
    )
    assert row["num_parameters"] == sizes["num_parameters"]
    assert row["multiply_adds"] == sizes["multiply_adds"] > 64 * 64
    assert row["train_seconds"] == 7.0
    # Batches are the paper's as well, of the same split.
    assert [c.data.split_seed for c in script.loaded] == [0, 0]
    assert script.loaded[1].data.batch_size == 512
    # It is compared with an MMoE of equal cost in the paper's shape; the first
    # of the others is the first search.
    control = ("mmoe_equal_cost", "paper_setting mean")
    (narrow,) = rows_of(result, control)
    cost = row["multiply_adds"]
    assert narrow["multiply_adds"] == pytest.approx(cost, rel=0.02)
    stems = [call.population.body.stem_units for call in script.calls]
    assert stems.count(64) == 1
    claims = {(c["of"], c["minus"]) for c in result["claims"]}
    assert (method, control) in claims
    picked = (("mtnas", "picked"), ("random_route", "restarted"))
    assert picked in claims
    assert [of for of, _ in claims].count(method) == 1


@pytest.mark.slow
def test_a_search_that_cannot_learn_says_so_once(script):
    config = with_section(COMPARED, "model", baselines=())
    config = with_section(
        config, "search.candidates", strategy="surrogate", num_rounds=1
    )
    lines = []
    result = compare(config, 1, 1, script.load, lines.append)
    (note,) = result["protocol"]["notes"]
    assert "did not search" in note
    assert lines[0] == note  # before two hours are spent
    assert lines.count(note) == 1
    config = with_section(config, "search", compared=("reinforce",))
    assert run(config, script)["protocol"]["notes"] == []


@pytest.mark.slow
def test_searches_in_a_supernet_alone(script):
    config = with_section(COMPARED, "search", compared=("reinforce", "uniform"))
    result = run(config, script)
    variants = [v for model, v in methods_of(result) if model == "mtnas"]
    assert variants == [
        f"{estimator} {variant}"
        for estimator in ("reinforce", "uniform")
        for variant in ("inherited", "retrained")
    ]
    (inherited,) = rows_of(result, ("mtnas", "reinforce inherited"))
    (retrained,) = rows_of(result, ("mtnas", "reinforce retrained"))
    assert inherited["train_seconds"] == 7.0
    assert inherited["route"] == retrained["route"]
    target = retrained["num_parameters"]["dense"]
    assert result["protocol"]["dense_parameters_matched_to"] == target
    # A search is one training, and so is a control.
    # MMoE before other baselines, and those before other routes.
    assert [m for m in methods_of(result) if m in CONTROLS] == [
        ("mmoe", None),
        ("single_task", None),
        ("random_route", None),
    ]


def test_width_of_the_config_without_matching(script):
    # But for the MMoE that is as wide as it takes to cost as much, which is a
    # row whether MMoE itself is one or not.
    config = with_section(
        COMPARED, "model", match_parameters=False, baselines=("single_task",)
    )
    result = run(config, script)
    assert result["protocol"]["dense_parameters_matched_to"] is None
    units = {call.population.body.units for call in script.calls}
    (width,) = units - {40}
    (narrow,) = rows_of(result, ("mmoe_equal_cost", "mean"))
    (retrained,) = rows_of(result, ("mtnas", "retrained"))
    cost = retrained["multiply_adds"]
    assert narrow["multiply_adds"] == pytest.approx(cost, rel=0.1)
    assert width < 40


@pytest.mark.slow
def test_recipes_are_rows_of_the_baseline(script):
    config = with_section(
        COMPARED, "model", baselines=(), mmoe_recipes=("paper_shape",)
    )
    result = run(config, script)
    (row,) = rows_of(result, ("mmoe", "paper_shape"))
    assert not rows_of(result, ("mmoe", None))
    assert row["num_trainings"] == 1
    # Embeddings are no part of a recipe: 11 rows of the config's 3.
    assert row["num_parameters"]["embedding"] == 11 * 3
    stems = [call.population.body.stem_units for call in script.calls]
    assert stems.count(64) == 1


def test_no_disjoint_route_with_fewer_sub_networks_than_tasks(script):
    config = with_section(COMPARED, "model", num_subnetworks=1, baselines=())
    result = run(config, script)
    models = {row["model"] for row in result["rows"]}
    assert models == {
        *("mtnas", "full_route", "random_route", "mmoe_equal_cost")
    }
