import dataclasses
import functools
import json

import numpy as np
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import NUM_ROWS
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import near
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison import comparison
from mtnas_tf.experiment.comparison import searches
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.effort import OF_NETWORK
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import Route
from mtnas_tf.search import SearchModel
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import train_jobs
from mtnas_tf.search.candidates.starts import fresh_starts

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")

TASKS = ("click", "buy")
BASELINES = ("single_task", "mmoe")
HAND_MADE = ("full_route", "disjoint_route", "chain_route")
PAIRS = [(0, 3), (0, 4), (1, 5), (1, 6)]  # split, seed
NUM_TRAININGS = 9  # of a search: three rounds in three places
COMPARED = with_section(
    with_section(CONFIG, "optim", epochs=1),
    "model",
    units=40,
    baselines=BASELINES,
)
COMPARED = with_section(COMPARED, "search", compared=("candidates",))
CONTROLS = [
    ("random_route", None),
    ("random_route", "mean"),
    ("random_route", "restarted"),
    *((name, None) for name in BASELINES),
    *((name, "mean") for name in BASELINES),
    *((name, "restarted") for name in BASELINES),
]
BEST_HAND_MADE = ("full_route", "mean")  # by validation, see `luck`
# The search's routes cost less here than MMoE of as many parameters.
EQUAL_COST = [("mmoe_equal_cost", "mean"), ("mmoe_equal_cost", "restarted")]
METHODS = [
    ("mtnas", "picked"),
    ("mtnas", "retrained"),
    *((name, None) for name in HAND_MADE),
    BEST_HAND_MADE,
    *CONTROLS,
    *EQUAL_COST,
]


@dataclasses.dataclass
class Call:
    """One call of `CandidateTrainer.train`."""

    population: RoutePopulation
    split: int | None  # None where the data have a part of the tasks
    routes: list
    starts: list

    @property
    def is_baseline(self):
        return self.population.space.query_scope == "root"


class Script:
    """Stands in for all that is trained; what is good is bad on test."""

    def __init__(self, monkeypatch):
        self.calls = []
        self.loaded = []  # configs
        self.searched = []  # configs, of searches in a supernet
        for target, name, stand_in in (
            (searches, "compile_trainer", lambda trainer, data: 0.25),
            (comparison, "network_sizes", functools.cache(network_sizes)),
            (CandidateTrainer, "train", lambda *args: self.train(*args)),
            (RoutePopulation, "evaluate_each", evaluate_each),
            (RoutePopulation, "network", lambda *args: Network(*args)),
            (runner, "train", fit),
            (runner, "search", lambda c, d, verbose: search(self, c, d)),
            (runner, "derive_model", derive_model),
        ):
            monkeypatch.setattr(target, name, stand_in)

    def load(self, config):
        self.loaded.append(config)
        batch_size = min(config.data.batch_size, NUM_ROWS["train"])
        data = load_data(with_section(config, "data", batch_size=batch_size))
        data.split_seed = config.data.split_seed
        return data

    def train(self, trainer, data, routes, seeds):
        population = trainer.population
        is_whole = data.schema.task_names == TASKS
        split = data.split_seed if is_whole else None
        self.calls.append(Call(population, split, list(routes), list(seeds)))
        jobs = list(zip(routes, seeds, strict=True))
        size = population.num_candidates
        tasks = data.schema.task_names
        for start in range(0, len(jobs), size):
            population.jobs = jobs[start : start + size]
            yield [
                Candidate(*job, 1, metrics(tasks, luck(*job)))
                for job in population.jobs
            ]


def evaluate_each(population, batches):
    tasks = population.schema.task_names
    return [metrics(tasks, 1 - luck(*job)) for job in population.jobs]


def fit(model, config, data, verbose):
    return runner.Training(model, 1, 2.0, 0.1, {})


def search(script, config, data):
    script.searched.append(config)
    supernet = building.build_model("mtnas", config, data.schema)
    return runner.Training(SearchModel(supernet), 2, 6.0, 0.1, {})


def derive_model(model, config, data, weights, verbose):
    route = model.supernet.space.hand_made.disjoint()
    network = building.new_route_model(route, config, data.schema)
    return runner.Training(network, 0, 1.0, 0.0, metrics(TASKS, 0.5))


class Network:
    """The network of a place, as good as it was."""

    def __init__(self, population, place):
        self.route, self.start = population.jobs[place]

    def compile(self, jit_compile):
        assert jit_compile is False

    def evaluate_by_task(self, batches):
        return metrics(TASKS, 1 - luck(self.route, self.start))


def luck(route, start):
    return float(np.random.default_rng([start, hash_of(route)]).uniform())


def hash_of(route):
    """The same in every process."""
    return sum(route.to_json().encode())


def metrics(tasks, quality):
    return {task: {"auc": quality, "log_loss": 1 - quality} for task in tasks}


@pytest.fixture
def script(monkeypatch):
    return Script(monkeypatch)


@pytest.fixture(scope="module")
def scripted():
    """A comparison over two splits that trained nothing."""
    with pytest.MonkeyPatch.context() as patch:
        script, lines, kept = Script(patch), [], []
        result = compare(COMPARED, 2, 2, script.load, lines.append, kept.append)
    assert kept == result["rows"]
    return result, script, lines


def run(config, script, num_seeds=1):
    return compare(config, num_seeds, 1, script.load, lambda line: None)


def methods_of(result):
    rows = result["rows"]
    return list(dict.fromkeys((r["model"], r["variant"]) for r in rows))


def rows_of(result, method, pair=None):
    return [
        row
        for row in result["rows"]
        if (row["model"], row["variant"]) == method
        and pair in (None, (row["split_seed"], row["seed"]))
    ]


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


def without_times(rows):
    """Rows as they come back from JSON, in any order."""
    times = ("train_seconds", "examples_per_second", "budget")
    texts = [
        json.dumps({k: v for k, v in row.items() if k not in times})
        for row in rows
    ]
    return sorted(texts)


OTHER_COUNTS = (0, 3, 9, 18, 30, 47)


@pytest.mark.parametrize(
    "count",
    [
        *(1, 14, 10_000),
        *(pytest.param(n, marks=pytest.mark.slow) for n in OTHER_COUNTS),
    ],
)
def test_known_rows_are_not_trained_again(scripted, script, count):
    expected, whole, _ = scripted
    known = json.loads(strict_json(expected["rows"][:count]))
    for row in known:
        del row["budget"]
    kept = []
    result = compare(
        COMPARED, 2, 2, script.load, lambda line: None, kept.append, known
    )
    assert result["rows"][: len(known)] == known
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
