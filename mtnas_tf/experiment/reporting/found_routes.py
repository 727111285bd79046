"""The routes that a comparison's searches found."""

from collections import Counter
from typing import Any

from mtnas_tf.experiment.comparison.captions import counted
from mtnas_tf.experiment.comparison.methods import PICKED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.methods import route_of
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.route_figure import HOW
from mtnas_tf.experiment.reporting.route_figure import route_figure
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.routes import Route

MAX_DRAWN = 4


def routes_section(result: dict[str, Any]) -> Section:
    """The section of routes that the first search picked.

    Args:
        result: what `compare` returns.
    """
    methods = Methods(result["rows"])
    method = _first_picked(methods)
    routes = _routes(methods, method) if method else []
    if method is None or not routes:
        return Section("The route", [])
    (first, hits), *others = routes
    total = sum(count for _, count in routes)
    said = (
        f"{name_of(method)} found {counted(len(routes), 'route')} in "
        f"{counted(total, 'pair')} of a split and a seed. {HOW}"
    )
    parts: list[Any] = [
        said,
        route_figure(
            first, f"The route that was found most, in {hits} of {total} pairs."
        ),
        str(first).splitlines(),
    ]
    drawn = [
        route_figure(
            route, f"Route {number}, found in {count} of {total} pairs."
        )
        for number, (route, count) in enumerate(others[: MAX_DRAWN - 1], 2)
    ]
    if drawn:
        few = "" if len(drawn) == len(others) else f"the first {len(drawn)} of "
        title = f"Other routes: {few}{len(others)}"
        parts.append(Folded(title, drawn))
    return Section("The route", parts)


def _first_picked(methods: Methods) -> Method | None:
    """The picked networks of the first search, or what else it found."""
    searched = [m for m in methods if m[0] == SEARCHED]
    picked = [m for m in searched if kind_of(m) == PICKED]
    return next(iter([*picked, *searched]), None)


def _routes(methods: Methods, method: Method) -> list[tuple[Route, int]]:
    """Each route and in how many pairs it was found, the most frequent first.

    Routes that differ in names of sub-networks alone may compute the same and
    still count as two.
    """
    routes = [route_of(row) for row in methods.pairs(method).values()]
    return Counter(route for route in routes if route).most_common()
