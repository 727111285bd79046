"""The ranking of routes by the scores that a search sees.

A route's true score is its mean test score over fresh trainings. It is compared
with the validation scores of other trainings, which a search among candidates
sees, and with scores by supernets.
"""

import dataclasses
import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.harness import report
from benchmarks.harness.processes import progress
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import Surrogate
from mtnas_tf.search.candidates.strategies import Trial
from studies.experiment import load
from studies.settings import Settings
from studies.standalone import noise
from studies.standalone import scores
from studies.standalone import train_routes
from studies.supernet import supernet_scores

Array = Any  # of NumPy
Judges = dict[str, list[Array]]  # name -> scores of all routes, repeatedly

NUM_ROUTES = 30
SMOKE_ROUTES = 10
TRUE_STARTS = 4
CANDIDATE_STARTS = 3
SUPERNETS = 3
SUPERNET_ESTIMATORS = ("reinforce", "uniform")
SUPERNET_SCOPE = "prev"
VALUE_SCOPES = ("all_prev", SUPERNET_SCOPE)
NUM_FOLDS = 5
RESAMPLES = 999
PROTOCOL = """\
Random routes of `configs/book_crossing.py`, from the space of candidates
(`all_prev`) and from the paper's, whose supernet also chooses the query of each
gate (`prev`). The true score of a route is its mean AUC sum on the test rows
over {true} trainings. Judges that never saw those trainings are compared with
it by Spearman's rank correlation over {routes} routes, with a 95 % bootstrap
interval over routes, for the mean correlation where there are repeats. A search
among candidates judges by the validation score of 1 training in its rounds and
of 2 or 3 in its finals, with the same starts for all routes. The surrogate is
judged on routes that it was not fitted to ({folds} folds). A supernet is
trained as the config says and scores routes with its shared weights. The true
scores are means of few trainings, so that even their exact expectations would
correlate with them only as the `ceiling` says."""


def run(settings: Settings) -> dict[str, Any]:
    """Trains routes, and lets every judge rank them.

    Returns:
        `ranking_correlation`: space -> judge -> correlation. `summary`: a judge
        each, with its interval. `rows`: a route each, with all scores.
    """
    config, data = load(settings)
    starts = 2 if settings.is_smoke else TRUE_STARTS
    rows: list[dict[str, Any]] = []
    summary: list[dict[str, Any]] = []
    for scope in VALUE_SCOPES:
        progress(f"ranking: routes of {scope}")
        scoped = with_section(config, "search.candidates", value_scope=scope)
        if scope == SUPERNET_SCOPE:
            scoped = with_section(scoped, "model", query_scope=scope)
        space = route_space(scoped, data.schema.task_names)
        count = SMOKE_ROUTES if settings.is_smoke else NUM_ROUTES
        routes = draw_routes(space, count)
        outcomes = train_routes(
            new_trainer(scoped, data.schema, space),
            data,
            routes,
            range(starts + CANDIDATE_STARTS),
        )
        tasks = data.schema.tasks
        true = scores(tasks, outcomes, "test")[:, :starts]
        candidates = scores(tasks, outcomes, "valid")[:, starts:]
        judges = _candidate_judges(space, routes, candidates)
        if scope == SUPERNET_SCOPE:
            judges |= _supernet_judges(scoped, data, routes, settings)
        summary += _summarize(scope, true, judges)
        rows += _rows(scope, routes, true, judges)
    return {
        "ranking_correlation": {
            scope: {
                entry["judge"]: entry["correlation"]
                for entry in summary
                if entry["space"] == scope
            }
            for scope in VALUE_SCOPES
        },
        "splits": 1,
        "seeds": starts + CANDIDATE_STARTS,
        "summary": summary,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of the judges."""
    protocol = PROTOCOL.format(
        true=section["seeds"] - CANDIDATE_STARTS,
        routes=len(section["rows"]) // len(VALUE_SCOPES),
        folds=NUM_FOLDS,
    )
    lines = [
        {
            "space": entry["space"],
            "judge": entry["judge"],
            "correlation": f"{entry['correlation']:.2f}",
            "95 % interval": "{:.2f} to {:.2f}".format(*entry["interval"]),
            "repeats": entry["repeats"],
            "ceiling": f"{entry['ceiling']:.2f}",
        }
        for entry in section["summary"]
    ]
    return f"{protocol}\n\n{report.table(lines)}"


def draw_routes(space: RouteSpace, count: int) -> list[Route]:
    """Distinct routes, always the same."""
    rng = np.random.default_rng(0)
    routes: dict[Route, None] = {}
    while len(routes) < count:
        routes[space.random_route(rng)] = None
    return list(routes)


def predicted_scores(
    space: RouteSpace, routes: Sequence[Route], known: Array
) -> Array:
    """Scores that `Surrogate`, fitted to other folds, expects of each route.

    Less the mean of those scores, which is low where the fold's own are high.
    """
    predicted = np.empty(len(routes))
    surrogate = Surrogate(space)
    for fold in range(NUM_FOLDS):
        held_out = list(range(fold, len(routes), NUM_FOLDS))
        others = sorted(set(range(len(routes))) - set(held_out))
        expected = surrogate.expected_scores(
            [Trial(routes[i], float(known[i])) for i in others],
            [routes[i] for i in held_out],
        )
        predicted[held_out] = expected - known[others].mean()
    return predicted


def ceiling(true: Array) -> float:
    """Correlation of means over starts with what they are expected to be.

    Args:
        true: `(routes, starts)`, at least two starts.
    """
    of_mean = noise(true) / true.shape[1]
    total = true.mean(axis=1).var(ddof=1)
    return float(np.sqrt(max(0.0, 1.0 - of_mean / total)))


def correlation(
    true: Array, repeats: Sequence[Array]
) -> tuple[float, list[float]]:
    """Mean rank correlation, and its bootstrap interval over routes.

    Args:
        true: `(routes,)`.
        repeats: what a judge made of the routes, once or several times.
    """
    interval = stats.bootstrap(
        (np.arange(len(true)),),
        lambda routes: mean_correlation(
            true[routes], [judged[routes] for judged in repeats]
        ),
        n_resamples=RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return mean_correlation(true, repeats), [
        float(interval.low),
        float(interval.high),
    ]


def mean_correlation(true: Array, repeats: Sequence[Array]) -> float:
    """Mean rank correlation, see `correlation`."""
    found = [stats.spearmanr(true, judged).statistic for judged in repeats]
    return float(np.mean(found))


def _candidate_judges(
    space: RouteSpace, routes: Sequence[Route], candidates: Array
) -> Judges:
    """Judges by 1, 2, ... trainings; every choice of them is a repeat."""
    judges: Judges = {}
    starts = range(candidates.shape[1])
    for size in range(1, len(starts) + 1):
        means = [
            candidates[:, list(chosen)].mean(axis=1)
            for chosen in itertools.combinations(starts, size)
        ]
        name = f"{size} training" + "s" * (size > 1)
        judges[name] = means
        judges[f"surrogate, {name} a route"] = [
            predicted_scores(space, routes, mean) for mean in means
        ]
    return judges


def _supernet_judges(
    config: ExperimentConfig,
    data: MultiTaskData,
    routes: Sequence[Route],
    settings: Settings,
) -> Judges:
    judges: Judges = {}
    for estimator in SUPERNET_ESTIMATORS:
        progress(f"ranking: supernet, {estimator}")
        search = with_section(config, "search", method=estimator)
        judges[f"supernet, {estimator}"] = [
            supernet_scores(
                dataclasses.replace(search, seed=seed), data, routes
            )
            for seed in range(1 if settings.is_smoke else SUPERNETS)
        ]
    return judges


def _summarize(scope: str, true: Array, judges: Judges) -> list[dict[str, Any]]:
    means = true.mean(axis=1)
    entries = []
    for name, repeats in judges.items():
        found, interval = correlation(means, repeats)
        entries.append(
            {
                "space": scope,
                "judge": name,
                "correlation": found,
                "interval": interval,
                "repeats": len(repeats),
                "ceiling": ceiling(true),
            }
        )
    return entries


def _rows(
    scope: str, routes: Sequence[Route], true: Array, judges: Judges
) -> list[dict[str, Any]]:
    return [
        {
            "space": scope,
            "route": str(route),
            "true": true[index].tolist(),
            **{
                name: [float(judged[index]) for judged in repeats]
                for name, repeats in judges.items()
            },
        }
        for index, route in enumerate(routes)
    ]
