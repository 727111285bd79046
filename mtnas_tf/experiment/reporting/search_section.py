"""How a search went."""

import csv
import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.quality_section import cost_figure
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.reporting.training_section import curves_figures
from mtnas_tf.experiment.route_search import COST
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.search_plot import draw_search
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.strategies import Surrogate
from mtnas_tf.search.candidates.strategies import Trial

WORDS = (
    "Every candidate is a network that was trained once, so that a score also "
    "tells how lucky its start was. Shaded: every other round, whose "
    "candidates were trained side by side."
)
EXPECTED = (
    "On the right, what a surrogate that is fitted to all earlier candidates "
    "expects of a round, over what came; on the dashed line it is right."
)
ENTROPY = (
    "Entropy of each block's choice: 0 once it is made, and largest while all "
    "choices are alike."
)
Line = dict[str, str]


def search_section(run: Path, config: ExperimentConfig) -> Section:
    """The section of a search; without parts if the run made none.

    Args:
        run: the directory.
        config: of the run.
    """
    parts: list[Any] = []
    path = run / "candidates.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            parts += _of_candidates(list(csv.DictReader(file)), config)
    path = run / "route_history.jsonl"
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        parts += _of_policy([json.loads(line) for line in lines])
    return Section("How the search went", parts)


def _of_candidates(lines: list[Line], config: ExperimentConfig) -> list[Any]:
    routes = [Route.from_json(line["route"]) for line in lines]
    scores = [float(line["score"]) for line in lines]
    places = config.search.candidates.num_places
    expected: Sequence[float] = ()
    if config.search.candidates.strategy == "surrogate":
        expected = expected_scores(routes, scores, config)
    tips = {}
    for index, (line, score) in enumerate(zip(lines, scores, strict=True)):
        tips[f"candidate-{index}"] = _tip(index, line, score)
        tips[f"expected-{index}"] = _tip(index, line, score)
    best = int(np.nanargmax(scores)) + 1
    figure = PageFigure.drawn(
        lambda path: draw_search(scores, path, "", places, expected),
        f"Scores of {len(scores)} candidates. The best is number {best}, "
        f"{np.nanmax(scores):.4f}.",
        "Scores of the candidates in the order of their training.",
        tips,
    )
    has_expected = bool(np.isfinite(expected).any())
    parts: list[Any] = [f"{WORDS} {EXPECTED}" if has_expected else WORDS]
    parts += [figure, *_costs(lines, routes, scores)]
    return [*parts, Folded(f"All {len(lines)} candidates", [_table(lines)])]


def expected_scores(
    routes: Sequence[Route], scores: Sequence[float], config: ExperimentConfig
) -> list[float]:
    """What a surrogate expects of each round, fitted to those before it.

    Args:
        routes: of the candidates, oldest first.
        scores: theirs.
        config: `ExperimentConfig` of the search.

    Returns:
        as many scores, NaN before the surrogate knows enough.
    """
    places = config.search.candidates.num_places
    strategy = Surrogate(route_space(config, routes[0].tasks))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a search that is too short
        strategy.plan(config.search.candidates.num_rounds * places, places)
    found = [math.nan] * len(routes)
    for start in range(0, len(routes), places):
        trials = [
            Trial(route, score)
            for route, score in zip(routes[:start], scores, strict=False)
            if not math.isnan(score)
        ]
        if len(trials) >= max(strategy.least_trials, 2):
            some = routes[start : start + places]
            known = strategy.expected_scores(trials, some)
            found[start : start + places] = known.tolist()
    return found


def _tip(index: int, line: Line, score: float) -> str:
    route = Route.from_json(line["route"])
    return f"candidate {index + 1}: score {score:.4f}\n{route}"


def _costs(
    lines: list[Line], routes: Sequence[Route], scores: Sequence[float]
) -> list[PageFigure]:
    """Each route's mean score over its cost, of runs that kept it."""
    if COST not in lines[0]:
        return []
    known: dict[Route, list[float]] = {}
    costs: dict[Route, float] = {}
    for line, route, score in zip(lines, routes, scores, strict=True):
        known.setdefault(route, []).append(score)
        costs[route] = float(line[COST])
    points = [
        Point("", costs[route], float(np.mean(values)))
        for route, values in known.items()
    ]
    caption = f"Mean validation score of {len(points)} routes by their cost."
    return [cost_figure(points, caption)]


def _table(lines: list[Line]) -> PageTable:
    names = [name for name in lines[0] if name not in ("route", "seed")]
    rows = [
        [
            str(number),
            "; ".join(str(Route.from_json(line["route"])).splitlines()),
            *(_shortened(line[name]) for name in names),
        ]
        for number, line in enumerate(lines, 1)
    ]
    header = ["candidate", "route", *(n.replace("_", " ") for n in names)]
    return PageTable(
        "Every candidate, in the order of training.", header, rows, num_texts=2
    )


def _shortened(text: str) -> str:
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def _of_policy(records: list[dict[str, Any]]) -> list[Any]:
    """Entropies and top probabilities of a supernet's blocks."""
    if len(records) < 2:
        return []
    parts: list[Any] = [ENTROPY]
    for prefix, caption, label in (
        ("entropy/", "Entropy of each block's choice.", "entropy, nats"),
        ("top_prob/", "Probability of each block's top choice.", "probability"),
    ):
        curves = {
            key.removeprefix(prefix): [record[key] for record in records]
            for key in records[0]
            if key.startswith(prefix)
        }
        parts += curves_figures(curves, caption, label)
    return parts
