import csv
import dataclasses
import json

import pytest
from scripted_trainer import ScriptedTrainer
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.route_search import blind_note
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.experiment.route_search import write_candidates
from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import Route
from mtnas_tf.routes import multiply_adds
from mtnas_tf.search.candidates.network_cost import network_cost

TASKS = BINARY_SCHEMA.task_names
DATA = load_data(CONFIG)
SHAPED = with_section(
    with_section(CONFIG, "model", num_layers=2, root_query="stem"),
    "base",
    stem_units=4,
)
ROOT_UNITS = 3 * CONFIG.base.embedding_dim + 2


def scripted_trainer(config):
    """Candidates that score as many points as they have sub-networks."""

    def valid(route, seed, epochs):
        return metrics(points(route))

    places = config.search.candidates.num_places
    return ScriptedTrainer(route_space(config, TASKS), valid, places)


def metrics(auc):
    return {
        "click": {"auc": auc, "log_loss": 0.5},
        "buy": {"auc": 0.0, "log_loss": 0.25},
    }


def points(route):
    return float(len(route.reached()))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_progress_of_a_trainer(eagerly):
    space = route_space(CONFIG, TASKS)
    trainer = new_trainer(CONFIG, BINARY_SCHEMA, space)
    routes = [space.full_route()] * 4  # one more than there are places
    with shown_progress(10.0, print) as progress:
        list(trainer.train(load_data(CONFIG), routes, range(4)))
        assert progress.done == pytest.approx(2, rel=1e-6)
        list(trainer.with_epochs(2).train(load_data(CONFIG), routes, range(4)))
        assert progress.done == pytest.approx(3, rel=1e-6)


def test_space_has_the_settings():
    config = with_section(
        with_section(SHAPED, "model", query_scope="root", aggregation="mean"),
        "search.candidates",
        value_scope="prev",
        num_tables=3,
        has_linear=True,
    )
    assert route_space(config, TASKS).get_config() == {
        "tasks": list(TASKS),
        "num_layers": 2,
        "num_subnetworks": 2,
        "query_scope": "root",
        "gated": False,
        "dedup_singletons": True,
        "value_scope": "prev",
        "num_tables": 3,
        "has_linear": True,
        "subnetwork_units": None,
    }
    space = route_space(CONFIG, TASKS)
    assert space.gated and space.value_scope == "all_prev"


def test_trainer_has_the_settings():
    config = with_section(
        SHAPED, "optim", epochs=4, patience=3, learning_rate=0.25
    )
    space = route_space(config, TASKS)
    trainer = new_trainer(config, BINARY_SCHEMA, space)
    assert (trainer.epochs, trainer.patience) == (4, 3)
    assert float(trainer.population.optimizer.learning_rate) == 0.25
    assert trainer.population.jit_compile is False
    encoder, body = trainer.population.encoder, trainer.population.body
    shape = body.get_config()
    expected = dataclasses.asdict(config.base) | {
        "num_candidates": 3,
        "units": 6,
        "root_query": "stem",
        "space": space.get_config(),
    }
    stddev = expected.pop("table_stddev")
    assert expected.pop("field_widths") == ()
    assert encoder.embedding_dim == expected.pop("embedding_dim")
    assert {key: shape[key] for key in expected} == expected
    assert encoder.features.table_initializer.stddev == stddev
    wider = new_trainer(config, BINARY_SCHEMA, space, units=7)
    assert wider.population.body.units == 7


def test_a_class_more_is_a_unit_more():
    tasks = [
        dataclasses.replace(t, kind="multiclass", num_classes=5)
        for t in BINARY_SCHEMA.tasks
    ]
    schema = dataclasses.replace(BINARY_SCHEMA, tasks=tuple(tasks))
    route = route_space(SHAPED, TASKS).full_route()
    few, many = (
        network_sizes(route, SHAPED, s, 7)["multiply_adds"]
        for s in (BINARY_SCHEMA, schema)
    )
    assert many == few + 2 * 4 * 7


@pytest.mark.parametrize("aggregation", ["gate", "mean"])
@pytest.mark.parametrize("units", [None, 7])
def test_sizes_are_those_of_the_route_s_network(units, aggregation):
    config = with_section(SHAPED, "model", aggregation=aggregation)
    config = with_section(config, "search.candidates", num_tables=2)
    routes = route_space(config, TASKS).hand_made_routes()
    assert "own_tables_route" in routes
    for route in routes.values():
        model = building.new_route_model(route, config, BINARY_SCHEMA, units)
        sizes = network_sizes(route, config, BINARY_SCHEMA, units)
        assert sizes["num_parameters"] == building.count_parameters(model)
        assert sizes["multiply_adds"] == multiply_adds(
            route, ROOT_UNITS, units or 6, 4, "stem", aggregation == "gate"
        )


def test_widths_of_sub_networks_are_the_config_s():
    config = with_section(CONFIG, "search", method="candidates")
    config = with_section(config, "search.candidates", subnetwork_units=(6, 2))
    space = route_space(config, TASKS)
    population = new_trainer(config, BINARY_SCHEMA, space).population
    assert population.body.widths == (6, 2)
    route = space.hand_made.disjoint()
    sizes = network_sizes(route, config, BINARY_SCHEMA)
    assert sizes["multiply_adds"] == network_cost(population, route)
    assert sizes["multiply_adds"] < multiply_adds(route, ROOT_UNITS, 6)
    one_width = network_sizes(route, config, BINARY_SCHEMA, units=4)
    assert one_width["multiply_adds"] == multiply_adds(route, ROOT_UNITS, 4)
    with pytest.raises(ValueError, match="`search.*subnetwork_units` must be"):
        with_section(config, "search", method="reinforce")
    both = with_section(config, "search", compared=("candidates", "paper"))
    with pytest.raises(ValueError, match="one width. Received: paper beside"):
        compare(both, 1, load=load_data)


def test_sizes_need_no_table():
    schema = dataclasses.replace(BINARY_SCHEMA, num_buckets=2**31 - 1)
    route = route_space(CONFIG, TASKS).full_route()
    sizes = network_sizes(route, CONFIG, schema)
    assert sizes["num_parameters"]["embedding"] == 3 * (2**31 - 1)


def test_widths_of_fields_make_the_root_narrower():
    config = with_section(CONFIG, "base", field_widths=("item:1", "age:2"))
    route = route_space(CONFIG, TASKS).full_route()
    wide, narrow = (
        network_sizes(route, c, BINARY_SCHEMA) for c in (CONFIG, config)
    )
    model = building.new_route_model(route, config, BINARY_SCHEMA)
    assert model.encoder.widths == (3, 1, 2)  # user, item, age
    assert narrow["num_parameters"] == building.count_parameters(model)
    gate_inputs = sum(
        len(block.combination)
        for block in route.blocks.values()
        if len(block.combination) > 1
    )
    readers = CONFIG.model.num_subnetworks * CONFIG.model.units + gate_inputs
    assert wide["multiply_adds"] - narrow["multiply_adds"] == 3 * readers
    trainer = new_trainer(config, BINARY_SCHEMA, route_space(CONFIG, TASKS))
    assert trainer.population.encoder.embedding_dim == (3, 1, 2)


def test_sizes_of_a_schema_with_vocabularies():
    # They need more rows than the table that parameters are counted by.
    fields = tuple(
        dataclasses.replace(field, vocabulary=("1", "2", "3"))
        if field.kind == "integer"
        else field
        for field in BINARY_SCHEMA.fields
    )
    schema = dataclasses.replace(BINARY_SCHEMA, fields=fields)
    route = route_space(CONFIG, TASKS).full_route()
    sizes = network_sizes(route, CONFIG, schema)
    assert sizes == network_sizes(route, CONFIG, BINARY_SCHEMA)


def test_search_has_the_settings():
    config = with_section(
        CONFIG, "search.candidates", num_rounds=3, num_final_rounds=2
    )
    trainer, lines = scripted_trainer(config), []
    with shown_progress(1.0, lines.append):
        found = search_candidates(config, DATA, trainer, verbose=2)
    rounds = [routes for _, routes, _ in trainer.rounds]
    assert [len(routes) for routes in rounds] == [3] * 5
    assert len(lines) == 5
    hand_made = set(trainer.population.space.hand_made_routes().values())
    assert hand_made <= set(rounds[0])
    assert set(rounds[3]) == set(found.finalists)
    assert len(found.finalists) == config.search.candidates.num_finalists
    again = scripted_trainer(config)
    search_candidates(config, DATA, again)
    assert again.rounds == trainer.rounds
    other = scripted_trainer(config)
    search_candidates(dataclasses.replace(config, seed=9), DATA, other)
    assert other.rounds[1][1] != trainer.rounds[1][1]
    assert not set(other.rounds[0][2]) & set(trainer.rounds[0][2])


def test_halving_is_a_strategy():
    config = with_section(
        CONFIG, "search.candidates", strategy="halving", num_rounds=4
    )
    trainer = scripted_trainer(config)
    search_candidates(config, DATA, trainer)
    assert [len(routes) for _, routes, _ in trainer.rounds] == [12, 3]
    assert len({seed for *_, seeds in trainer.rounds for seed in seeds}) == 1


def test_cost_is_a_share_of_the_full_route_s():
    trainer = scripted_trainer(SHAPED)
    found = search_candidates(SHAPED, DATA, trainer, cost_weight=8.0)
    full = network_cost(
        trainer.population, trainer.population.space.full_route()
    )
    for candidate, score in zip(found.candidates, found.scores(), strict=True):
        cost = network_cost(trainer.population, candidate.route)
        expected = points(candidate.route) - 8.0 * cost / full
        assert score == pytest.approx(expected)
    assert found.route != trainer.population.space.full_route()


def test_candidates_as_lines(tmp_path):
    trainer = scripted_trainer(CONFIG)
    found = search_candidates(CONFIG, DATA, trainer, cost_weight=0.5)
    write_candidates(found, BINARY_SCHEMA.tasks, tmp_path / "candidates.csv")
    with (tmp_path / "candidates.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == [
        *("route", "seed", "epochs", "multiply_adds", "score", "loss"),
        *("click_auc", "click_log_loss", "buy_auc", "buy_log_loss"),
    ]
    for line, candidate, score in zip(
        lines, found.candidates, found.scores(), strict=True
    ):
        assert Route.from_json(line["route"]) == candidate.route
        assert json.loads(line["seed"]) == candidate.seed
        assert line["epochs"] == "2"
        cost = network_cost(trainer.population, candidate.route)
        assert float(line["multiply_adds"]) == cost
        assert float(line["score"]) == score
        assert float(line["loss"]) == 0.75
        assert float(line["click_auc"]) == points(candidate.route)


@pytest.mark.parametrize(
    ("strategy", "num_rounds", "is_blind"),
    [
        ("surrogate", 1, True),  # all three routes at once
        ("surrogate", 3, False),
        ("evolution", 1, True),
        ("evolution", 3, False),
        ("random", 1, False),  # its name says it
        ("halving", 1, False),
    ],
)
def test_a_search_that_cannot_learn_is_known(strategy, num_rounds, is_blind):
    config = with_section(
        CONFIG, "search.candidates", strategy=strategy, num_rounds=num_rounds
    )
    note = blind_note(config, TASKS)
    assert (note is not None) == is_blind
    if is_blind:
        assert note.startswith("The search among candidates did not search: ")
        assert "proposes by scores after" in note
