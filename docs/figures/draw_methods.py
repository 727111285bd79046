"""Draws what two tasks share, for the page of every method.

python docs/figures/draw_methods.py
"""

from pathlib import Path

import expert_sketches
import network_sketches
from sketch import TASKS

from mtnas_tf.plots import draw_route
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

FOLDER = Path(__file__).parent / "methods"
SKETCHES = expert_sketches.SKETCHES | network_sketches.SKETCHES


def main() -> None:
    """Writes all drawings."""
    FOLDER.mkdir(exist_ok=True)
    _draw_routes()
    for name, draw in SKETCHES.items():
        draw(FOLDER / f"{name}.svg")


def _draw_routes() -> None:
    """Methods that are a route, or choose one among many."""
    layer, layers = (RouteSpace([*TASKS], depth, 3) for depth in (1, 2))
    searched = {
        "s4": BlockRoute(("s1", "s2"), "s1"),
        "s5": BlockRoute(("s2",)),
        "s6": BlockRoute(("s2", "s3"), "s3"),
        "click": BlockRoute(("s4", "s5"), "s5"),
        "buy": BlockRoute(("s5", "s6"), "s6"),
    }
    allocated = {
        "click": BlockRoute(("s1", "s2")),
        "buy": BlockRoute(("s2", "s3")),
    }
    routes = {
        "mmoe": layer.full_route(),
        "ml_mmoe": layers.full_route(),
        "cgc": layer.hand_made.ple(1),
        "mtnas": Route(2, 3, searched),
        "gumbel_allocation": Route(1, 3, allocated),
    }
    for name, route in routes.items():
        draw_route(route, FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
