"""How well do trainings of a part of a pass rank routes?

Candidates start with fresh weights, or with fresh trunks on the embedding
tables of one network that was trained before.
"""

import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.harness import report
from benchmarks.harness.processes import progress
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.population import RoutePopulation
from mtnas_tf.population.candidate_weights import CandidateWeights
from mtnas_tf.population.places import in_places
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from studies import kuairand
from studies.ranking import ceiling
from studies.ranking import correlation
from studies.ranking import mean_correlation
from studies.ranking import predicted_scores
from studies.settings import Settings
from studies.standalone import scores
from studies.standalone import train_routes
from studies.watch import Watch

Array = Any  # of NumPy
Judged = dict[float, Array]  # share of a pass -> scores `(routes,)`

NUM_ROUTES = 40
SMOKE_ROUTES = 10
TRUE_STARTS = 4
REPEATS = 2  # of every judge
SEARCH_SIZE = 32  # candidates of the search whose cost is told
SPLIT = 11  # on which rates were chosen, and no method compared
FRESH_SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
ON_TABLES_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
PROTOCOL = """\
Routes of `configs/kuairand_search.py`, half of them drawn uniformly and half as
a search draws them. The true score of a route is its mean AUC sum on the test
rows over {true} trainings of a whole pass. Judges are scores on the validation
rows after a part of a pass: of networks with fresh weights, or of fresh trunks
on the tables of the full route, whose sub-networks read both in turn, after a
whole pass; the tables are trained further. They have other starts than the true
trainings, the same for all routes. Spearman's rank correlation over {routes}
routes is the mean over {repeats} starts, with a 95 % bootstrap interval over
routes, and without one within each half; the surrogate is judged on routes that
it was not fitted to. *Cost* is that of judging {size} routes, in whole
trainings of one network, without the final round. The `ceiling` is what exact
expectations would correlate with the true scores, which are means of few
trainings."""


def run(settings: Settings) -> dict[str, Any]:
    """Trains routes, shortly and at length.

    Returns:
        `short_trainings_correlation`: judge -> correlation. `summary`: a judge
        each, with its interval. `rows`: a route each, with all scores.
    """
    config, data = kuairand.load(settings, SPLIT)
    space = route_space(config, data.schema.task_names)
    count = SMOKE_ROUTES if settings.is_smoke else NUM_ROUTES
    starts = 2 if settings.is_smoke else TRUE_STARTS
    routes = _draw(space, count)
    trainer = new_trainer(config, data.schema, space)
    progress("short trainings: true scores")
    outcomes = train_routes(trainer, data, routes, range(starts))
    true = scores(data.schema.tasks, outcomes, "test")
    seeds = range(starts, starts + REPEATS)
    judges = _judges(trainer.population, data, routes, seeds)
    return {
        **_conclusions(space, routes, true, judges),
        "splits": 1,
        "seeds": starts + REPEATS,
        "rows": [
            {
                "route": str(route),
                "true": true[index].tolist(),
                **{
                    name: [float(repeat[index]) for repeat in repeats]
                    for (name, _), repeats in judges.items()
                },
            }
            for index, route in enumerate(routes)
        ],
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of the judges."""
    protocol = PROTOCOL.format(
        true=section["seeds"] - REPEATS,
        routes=len(section["rows"]),
        repeats=REPEATS,
        size=SEARCH_SIZE,
    )
    lines = [
        {
            "judge": entry["judge"],
            "cost": f"{entry['cost']:.0f}",
            "correlation": f"{entry['correlation']:.2f}",
            "95 % interval": "{:.2f} to {:.2f}".format(*entry["interval"]),
            "uniform routes": f"{entry['uniform']:.2f}",
            "sparse routes": f"{entry['sparse']:.2f}",
            "surrogate": f"{entry['surrogate']:.2f}",
            "ceiling": f"{section['ceiling']:.2f}",
        }
        for entry in section["summary"]
    ]
    return f"{protocol}\n\n{report.table(lines)}"


def judged(
    population: RoutePopulation,
    data: MultiTaskData,
    routes: Sequence[Route],
    seed: int,
    shares: Sequence[float],
    tables: Sequence[Array] | None = None,
) -> Judged:
    """Scores of routes after parts of a pass.

    Args:
        population: `RoutePopulation`, compiled.
        data: `MultiTaskData`.
        routes: `Route`s of its space.
        seed: int. The start of all.
        shares: floats in (0, 1], of a pass.
        tables: the tables that all start with, `(rows, width)` each. Defaults
            to `None`, fresh ones.
    """
    steps = {s: max(1, round(s * data.steps_per_epoch)) for s in shares}
    found: dict[float, list[float]] = {share: [] for share in shares}
    for placed, count in in_places(routes, population.num_candidates):
        population.initialize(placed, [seed] * len(placed))
        if tables is not None:
            give_tables(population, tables)
        watch = Watch(data, steps.values())
        data.seek(0)
        population.fit(data.train, callbacks=[watch], shuffle=False, verbose=0)
        for share, step in steps.items():
            found[share] += watch.found[step][:count]
    return {share: np.array(each) for share, each in found.items()}


def trained_tables(
    population: RoutePopulation, data: MultiTaskData
) -> list[list[Array]]:
    """Tables after a pass, for each place's start.

    Of the full route, whose sub-networks read all tables in turn.
    """
    count, space = population.num_candidates, population.space
    full = space.full_route()
    names = full.sub_networks([0])
    full = full.with_roots(
        dict(zip(names, itertools.cycle(space.roots), strict=False))
    )
    population.initialize([full] * count, range(count))
    data.seek(0)
    population.fit(data.train, shuffle=False, verbose=0)
    population.settle()
    shares = CandidateWeights(population)
    weights = shares.read()
    places = _places_of_tables(shares)
    return [[weights[i][start] for i in places] for start in range(count)]


def give_tables(population: RoutePopulation, tables: Sequence[Array]) -> None:
    """Gives every candidate the same tables."""
    shares = CandidateWeights(population)
    weights = shares.read()
    for index, table in zip(_places_of_tables(shares), tables, strict=True):
        weights[index][:] = table
    shares.write(weights)


def _places_of_tables(shares: CandidateWeights) -> list[int]:
    """Which of the variables are tables, the first table first."""
    tables = {id(table) for table in shares.tables}
    variables = enumerate(shares.variables)
    return [index for index, weight in variables if id(weight) in tables]


def _judges(
    population: RoutePopulation,
    data: MultiTaskData,
    routes: Sequence[Route],
    seeds: Sequence[int],
) -> dict[tuple[str, float], list[Array]]:
    """Name and cost of a judge -> its scores of the routes, repeatedly."""
    judges: dict[tuple[str, float], list[Array]] = {}
    progress("short trainings: tables")
    tables = trained_tables(population, data)
    for repeat, seed in enumerate(seeds):
        progress(f"short trainings: repeat {repeat}")
        fresh = judged(population, data, routes, seed, FRESH_SHARES)
        own = tables[repeat % len(tables)]
        warm = judged(population, data, routes, seed, ON_TABLES_SHARES, own)
        for share, found in fresh.items():
            name = f"fresh weights, {_share(share)} pass"
            judges.setdefault((name, SEARCH_SIZE * share), []).append(found)
        for share, found in warm.items():
            name = f"on trained tables, {_share(share)} pass"
            cost = 1 + SEARCH_SIZE * share
            judges.setdefault((name, cost), []).append(found)
    return judges


def _conclusions(
    space: RouteSpace,
    routes: Sequence[Route],
    true: Array,
    judges: Mapping[tuple[str, float], Sequence[Array]],
) -> dict[str, Any]:
    summary = []
    means = true.mean(axis=1)
    for (name, cost), repeats in judges.items():
        found, interval = correlation(means, repeats)
        expected = [predicted_scores(space, routes, each) for each in repeats]
        summary.append(
            {
                "judge": name,
                "cost": cost,
                "correlation": found,
                "interval": interval,
                "surrogate": mean_correlation(means, expected),
                **_within_halves(means, repeats),
            }
        )
    return {
        "short_trainings_correlation": {
            entry["judge"]: entry["correlation"] for entry in summary
        },
        "ceiling": ceiling(true),
        "summary": summary,
    }


def _within_halves(means: Array, repeats: Sequence[Array]) -> dict[str, float]:
    """Correlations among the routes of one kind, see `_draw`."""
    middle = len(means) // 2
    halves = {"uniform": slice(middle), "sparse": slice(middle, None)}
    return {
        name: mean_correlation(means[half], [each[half] for each in repeats])
        for name, half in halves.items()
    }


def _draw(space: RouteSpace, count: int) -> list[Route]:
    """Distinct routes, always the same."""
    rng = np.random.default_rng(0)
    routes: dict[Route, None] = {}
    while len(routes) < count:
        is_uniform = len(routes) < count // 2
        routes[
            space.random_route(rng)
            if is_uniform
            else proposed_route(space, rng)
        ] = None
    return list(routes)


def _share(share: float) -> str:
    return "a whole" if share == 1 else f"1/{round(1 / share)} of a"
