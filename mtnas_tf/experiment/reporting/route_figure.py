"""A route as a figure that tells what feeds what."""

from collections.abc import Collection
from collections.abc import Mapping

from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.plots import draw_route
from mtnas_tf.plots.route_layout import RouteLayout
from mtnas_tf.routes import Route

Edges = Collection[tuple[str, str]]  # source, consumer
# What is said above a figure.
HOW = (
    "Point at a box: what feeds it and what it feeds is lit. A line is a value "
    "that is read; the tag under a box says what its gate looks at."
)


def route_figure(route: Route, caption: str) -> PageFigure:
    """The drawn route; what feeds a box, and what it feeds, is lit with it.

    Args:
        route: `Route`.
        caption: string.

    Example:
    >>> block = mt.routes.BlockRoute(("s1", "s2"), "root")
    >>> route = mt.routes.Route(1, 2, {"click": block})
    >>> figure = route_figure(route, "The route.")
    >>> "<title>click: reads s1+s2 by root.</title>" in figure.svg
    True
    """
    layout = RouteLayout(route)
    edges = [(source, consumer) for source, consumer, *_ in layout.edges()]
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    gated = [name for name in names if layout.is_gated(name)]
    for name in gated:
        # What a gate looks at feeds its consumer, too.
        edges.append((str(route.blocks[name].query), name))
    tips, lights = {}, {}
    for name in names:
        tips[f"box-{name}"] = _tip(route, layout, name)
        lights[f"box-{name}"] = _lit(edges, [name], [name])
    for source, consumer in edges:
        key = f"edge-{source}-{consumer}"
        tips[key] = f"{source} feeds {consumer}."
        lights[key] = [*_lit(edges, [source], [consumer]), key]
    for name in gated:
        query = route.blocks[name].query
        tips[f"gate-{name}"] = f"The gate of {name} looks at {query}."
        lights[f"gate-{name}"] = lights[f"box-{name}"]
    lines = "; ".join(str(route).splitlines())
    return PageFigure.drawn(
        lambda path: draw_route(route, path),
        f"The sharing route, what each block reads: {lines}.",
        caption,
        tips,
        lights,
    )


def _tip(route: Route, layout: RouteLayout, name: str) -> str:
    """What a box reads and whom it serves."""
    if name not in layout.positions:
        return f"{name}: the encoded row, which layer 1 reads."
    users = ", ".join(layout.users[name])
    if name in route.tasks:
        return f"{name}: reads {route.blocks[name]}."
    layer = route.layer_of(name) + 1
    read = route.blocks.get(name) or route.roots.get(name, "root")
    return f"{name}, in layer {layer}: reads {read}. Serves {users}."


def _lit(edges: Edges, above: list[str], below: list[str]) -> list[str]:
    """Ids of the boxes and lines that lead to `above`, and on from `below`."""
    feeding = _reached(above, _neighbours(edges, 1))
    fed = _reached(below, _neighbours(edges, 0))
    names = sorted(feeding | fed)  # A page must not depend on a hash seed.
    lit = [f"{mark}-{name}" for mark in ("box", "gate") for name in names]
    for source, consumer in edges:
        if {source, consumer} <= feeding or {source, consumer} <= fed:
            lit.append(f"edge-{source}-{consumer}")
    return list(dict.fromkeys(lit))


def _neighbours(edges: Edges, end: int) -> dict[str, list[str]]:
    """Name -> names at the other ends of the edges that `end` there."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge[end], []).append(edge[1 - end])
    return found


def _reached(first: list[str], neighbours: Mapping[str, list[str]]) -> set[str]:
    found, to_do = set(first), list(first)
    while to_do:
        for name in neighbours.get(to_do.pop(), ()):
            if name not in found:
                found.add(name)
                to_do.append(name)
    return found
