"""Searches of a space so small that its best route is known.

Two tasks, one layer of two sub-networks and gates that look at the root feature
make nine routes, each trained often enough to tell which is best.
"""

import dataclasses
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.harness import estimate
from benchmarks.harness import report
from benchmarks.harness.processes import progress
from configs import synthetic
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.route_features import route_features
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.strategies import Evolution
from mtnas_tf.search.candidates.strategies import RandomSearch
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Surrogate
from mtnas_tf.search.supernet.estimators import ESTIMATORS
from studies import experiment
from studies.recorded_trainer import RecordedTrainer
from studies.route_enumeration import all_routes
from studies.settings import Settings
from studies.standalone import noise
from studies.standalone import scores
from studies.standalone import train_routes
from studies.supernet import found_route

Outcomes = Mapping[Route, Sequence[Outcome]]
Scores = Mapping[Route, float]

STARTS = 8  # of the true scores, and as many others to search with
CANDIDATE_SEEDS = 20
SUPERNET_SEEDS = 5
NUM_PLACES = 2
NUM_ROUNDS = 3
RANDOM = "random route"
PROTOCOL = """\
Two tasks and one layer of two sub-networks, with gates that look at the root
feature, make nine routes. The true score of a route is its mean score on the
test rows (the AUC sum, or minus the squared errors) over {starts} trainings; a
route that differs only by the order of the sub-networks counts as the same. The
regret of a search is the distance of its route's score from the best, as a
share of the distance between worst and best. The rank is one more than the
number of better routes. A search among candidates trains eight networks, two at
a time: three rounds of new routes, then the best two again. Its trainings are
looked up among {starts} other trainings of each route. A search in a supernet
trains as the config says; after `uniform`, the supernet's weights score all
routes. No search is given hand-made routes."""


def run(settings: Settings) -> dict[str, Any]:
    """Trains all routes, then searches.

    Returns:
        `enumerable_regret`: data -> method -> mean. `enumerable_spaces`: data
        -> what is true of its routes. `summary`: data and method each. `rows`:
        a search each.
    """
    starts = 2 if settings.is_smoke else STARTS
    regrets: dict[str, Any] = {}
    spaces: dict[str, Any] = {}
    summary: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for name, config, data in _experiments(settings):
        progress(f"enumerable: all routes on {name}")
        space = route_space(config, data.schema.task_names)
        outcomes = _train_all(config, data, space, 2 * starts)
        known = {route: done[:starts] for route, done in outcomes.items()}
        others = {route: done[starts:] for route, done in outcomes.items()}
        true = true_scores(data.schema.tasks, known)
        spaces[name] = _describe(data.schema.tasks, known, true)
        found = {
            RANDOM: list(true),
            **_search_candidates(config, data, space, others, settings),
            **_search_supernets(config, data, settings),
        }
        for method, routes in found.items():
            about = {"data": name, "method": method}
            searches = [judge(route, true) for route in routes]
            rows += [{**about, **search} for search in searches]
            summary.append({**about, **_summarize(searches)})
        regrets[name] = {
            entry["method"]: entry["regret"]["mean"]
            for entry in summary
            if entry["data"] == name
        }
    return {
        "enumerable_regret": regrets,
        "enumerable_spaces": spaces,
        "splits": 1,
        "seeds": starts,
        "summary": summary,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, the true scores, and a table of the methods."""
    parts = [PROTOCOL.format(starts=section["seeds"])]
    for name, space in section["enumerable_spaces"].items():
        parts += [
            f"On `{name}` the best route is `{space['best']}`, "
            f"{space['best_minus_worst']:.4f} better than the worst; a true "
            f"score has a standard error of {space['std_error']:.4f}.",
            report.table(
                [
                    {
                        "method": entry["method"],
                        "regret": estimate.text(entry["regret"]),
                        "mean rank": f"{entry['rank']['mean']:.1f}",
                        "searches": entry["searches"],
                    }
                    for entry in section["summary"]
                    if entry["data"] == name
                ]
            ),
        ]
    return "\n\n".join(parts)


def true_scores(tasks: Sequence[TaskSpec], outcomes: Outcomes) -> Scores:
    """Mean test score of every route and those that differ by names alone."""
    by_kind: dict[tuple[float, ...], list[float]] = {}
    for route, trained in outcomes.items():
        of_kind = by_kind.setdefault(_kind(route), [])
        of_kind += [validation_score(tasks, o.test) for o in trained]
    return {route: float(np.mean(by_kind[_kind(route)])) for route in outcomes}


def judge(route: Route, true: Scores) -> dict[str, Any]:
    """`regret` and `rank` of a route."""
    best, worst = max(true.values()), min(true.values())
    return {
        "route": _text(route),
        "regret": (best - true[route]) / (best - worst),
        "rank": 1 + sum(score > true[route] for score in true.values()),
    }


def _experiments(
    settings: Settings,
) -> Iterator[tuple[str, ExperimentConfig, MultiTaskData]]:
    """Data and the config of their smallest space."""
    if settings.is_smoke:
        config, data = experiment.load(settings)
        config = with_section(config, "optim", learning_rate=0.01)
        yield "synthetic", _smallest(config), data
        return
    config, data = experiment.load(settings)
    yield config.data.name, _smallest(config), data
    config = synthetic.get_config()
    # Tiny networks: more of them side by side cost little.
    config = with_section(config, "search.candidates", num_places=24)
    # With one layer there is no plateau to wait for.
    config = with_section(config, "optim", patience=5)
    yield config.data.name, _smallest(config), runner.load_data(config)


def _smallest(config: ExperimentConfig) -> ExperimentConfig:
    return with_section(
        config, "model", num_layers=1, num_subnetworks=2, query_scope="root"
    )


def _train_all(
    config: ExperimentConfig,
    data: MultiTaskData,
    space: RouteSpace,
    starts: int,
) -> Outcomes:
    routes = all_routes(space)
    trainer = new_trainer(config, data.schema, space)
    outcomes = train_routes(trainer, data, routes, range(starts))
    return dict(zip(routes, outcomes, strict=True))


def _search_candidates(
    config: ExperimentConfig,
    data: MultiTaskData,
    space: RouteSpace,
    outcomes: Outcomes,
    settings: Settings,
) -> dict[str, list[Route]]:
    """Routes that each strategy finds among recorded trainings."""
    pair = with_section(config, "search.candidates", num_places=NUM_PLACES)
    trainer = RecordedTrainer(
        new_trainer(pair, data.schema, space).population, outcomes
    )
    return {
        f"candidates, {name}": [
            CandidateSearch(
                data.schema,
                trainer=trainer,
                strategy=strategy,
                num_rounds=NUM_ROUNDS,
                num_finalists=NUM_PLACES,
                seed=seed,
            )
            .run(data, verbose=0)
            .route
            for seed in range(2 if settings.is_smoke else CANDIDATE_SEEDS)
        ]
        for name, strategy in _strategies(space).items()
    }


def _strategies(space: RouteSpace) -> dict[str, Strategy]:
    """Strategies that learn from the first round on."""
    return {
        "random": RandomSearch(space),
        "evolution": Evolution(
            space, population_size=NUM_PLACES, tournament_size=NUM_PLACES
        ),
        "surrogate": Surrogate(space, num_random=NUM_PLACES),
    }


def _search_supernets(
    config: ExperimentConfig, data: MultiTaskData, settings: Settings
) -> dict[str, list[Route]]:
    """Routes that each estimator finds in supernets."""
    found = {}
    for estimator in ESTIMATORS:
        progress(f"enumerable: supernets, {estimator}")
        search = with_section(config, "search", method=estimator)
        found[f"supernet, {estimator}"] = [
            found_route(dataclasses.replace(search, seed=seed), data)
            for seed in range(1 if settings.is_smoke else SUPERNET_SEEDS)
        ]
    return found


def _describe(
    tasks: Sequence[TaskSpec], outcomes: Outcomes, true: Scores
) -> dict[str, Any]:
    """True scores of the routes, and their precision.

    The error of a route's mean, with no other of its kind.
    """
    found = scores(tasks, list(outcomes.values()), "test")
    return {
        "best": _text(max(true, key=lambda route: true[route])),
        "best_minus_worst": max(true.values()) - min(true.values()),
        "std_error": float(np.sqrt(noise(found) / found.shape[1])),
        "scores": {_text(route): score for route, score in true.items()},
    }


def _summarize(searches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "regret": estimate.estimate(s["regret"] for s in searches),
        "rank": estimate.estimate(s["rank"] for s in searches),
        "searches": len(searches),
    }


def _kind(route: Route) -> tuple[float, ...]:
    """Equal for routes that differ by the sub-networks' names alone."""
    return tuple(route_features(route).tolist())


def _text(route: Route) -> str:
    return str(route).replace("\n", "; ")
