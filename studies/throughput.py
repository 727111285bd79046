"""Training candidates side by side instead of one after the other."""

import time
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras

from benchmarks.harness import comparison
from benchmarks.harness import report
from benchmarks.harness.measurement import Measurement
from benchmarks.harness.processes import in_turn
from benchmarks.harness.processes import progress
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.throughput import Throughput
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from studies.experiment import load
from studies.ranking import draw_routes
from studies.settings import Settings

ROUNDS = 3
SIDE_BY_SIDE = "side by side"
IN_TURN = "one after the other"
PROTOCOL = """\
{count} random routes of `configs/book_crossing.py`, as many as its search
trains, are trained for the config's epochs, {places} at a time, in one
`RoutePopulation` that is compiled once. The first {places} of them are also
trained one after the other, as a user would, each a new model for `fit`.
Seconds a training include building, compiling, training and validating, shared
among the routes. Seconds a step are those of a warm training step of {places}
routes together. Each is the median of {rounds} rounds, with the smallest and
the largest; ratios are taken within a round."""


def run(settings: Settings) -> dict[str, Any]:
    """Measures rounds of both, the other first in every other round.

    Returns:
        `throughput_ratio`: figure -> how many times as long one after the other
        takes, with its spread. `rows`: both ways.
    """
    config, data = load(settings)
    # Nothing ends early.
    config = with_section(config, "optim", patience=config.optim.epochs)
    space = route_space(config, data.schema.task_names)
    candidates = config.search.candidates
    rounds_of_a_search = candidates.num_rounds + candidates.num_final_rounds
    routes = draw_routes(space, candidates.num_places * rounds_of_a_search)
    few = routes[: candidates.num_places]
    measure = {
        SIDE_BY_SIDE: lambda: _side_by_side(config, data, space, routes),
        IN_TURN: lambda: _in_turn(config, data, few),
    }
    found = {name: Measurement(name) for name in measure}
    num_rounds = 1 if settings.is_smoke else ROUNDS
    for index in range(num_rounds):
        for name in in_turn(list(measure), index):
            progress(f"throughput: round {index + 1}, {name}")
            found[name].rounds.append(measure[name]())
            keras.backend.clear_session()
    return {
        "throughput_ratio": {
            figure: comparison.ratio(
                found[IN_TURN], found[SIDE_BY_SIDE], figure
            )
            for figure in found[IN_TURN].rounds[0]
        },
        "splits": 1,
        "seeds": num_rounds,
        "places": candidates.num_places,
        "summary": [str(route) for route in routes],
        "rows": [comparison.row(measurement) for measurement in found.values()],
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of both ways and their ratios."""
    protocol = PROTOCOL.format(
        count=len(section["summary"]),
        places=section["places"],
        rounds=section["seeds"],
    )
    ratios = {"subject": "ratio", **section["throughput_ratio"]}
    return f"{protocol}\n\n{report.table([*section['rows'], ratios])}"


def _side_by_side(
    config: ExperimentConfig,
    data: MultiTaskData,
    space: RouteSpace,
    routes: Sequence[Route],
) -> dict[str, float]:
    start = time.perf_counter()
    trainer = new_trainer(config, data.schema, space)
    for _ in trainer.train(data, routes, range(len(routes))):
        pass
    seconds = time.perf_counter() - start
    steps = Throughput()
    trainer.population.fit(
        data.train, callbacks=[steps], shuffle=False, verbose=0
    )
    return {
        "training_seconds": seconds / len(routes),
        "step_seconds": steps.step_seconds,
    }


def _in_turn(
    config: ExperimentConfig, data: MultiTaskData, routes: Sequence[Route]
) -> dict[str, float]:
    start = time.perf_counter()
    step_seconds = 0.0
    for route in routes:
        model = building.new_route_model(route, config, data.schema)
        training = runner.train(model, config, data, verbose=0)
        step_seconds += training.step_seconds
    seconds = time.perf_counter() - start
    return {
        "training_seconds": seconds / len(routes),
        "step_seconds": step_seconds,
    }
