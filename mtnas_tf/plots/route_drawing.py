"""Draws a sharing route: which task reads which sub-networks."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patches import FancyBboxPatch
from matplotlib.patches import Patch
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve

from mtnas_preprocessing import local_path
from mtnas_tf.arguments import check_instances
from mtnas_tf.plots import palette
from mtnas_tf.plots.route_layout import BOX_HEIGHT
from mtnas_tf.plots.route_layout import BOX_WIDTH
from mtnas_tf.plots.route_layout import GATE_HEIGHT
from mtnas_tf.plots.route_layout import GATE_WIDTH
from mtnas_tf.plots.route_layout import NAME_SIZE
from mtnas_tf.plots.route_layout import SMALL_SIZE
from mtnas_tf.plots.route_layout import RouteLayout
from mtnas_tf.plots.route_layout import spread
from mtnas_tf.plots.route_layout import text_width
from mtnas_tf.routes.route import Route

_STYLE = {
    "svg.fonttype": "none",  # text stays text: small, and can be searched
    "svg.hashsalt": "mtnas_tf",  # same route, same bytes
    "text.parse_math": False,  # a task may have dollars in its name
}
_METADATA: Mapping[str, dict[str, None]] = {
    ".svg": {"Date": None},
    ".png": {"Software": None},
}


def draw_route(route: Route, path: str | Path) -> None:
    """Draws a route: its root features at the bottom, the tasks on top.

    A line is a value that a block combines; `by s5` under a box says that its
    gate looks at s5. A sub-network that serves one task has the colour of the
    task (colours repeat after the sixth). One that serves several is dark grey
    and, among more than two tasks, has a dot for each of them. One that serves
    none is left out. The same route gives the same bytes.

    In an SVG, the boxes, lines, gates and dots have the ids `box-s5`,
    `edge-s1-s5`, `gate-s5` and `user-s5-<task>`.

    Args:
        route: `Route`.
        path: path of the file, which ends in `.svg` or `.png`. An existing
            file is replaced once the new one is complete.

    Raises:
        ValueError: if `route` is none, or `path` ends in anything else.

    Example:
    >>> block = mt.routes.BlockRoute(("s1", "s2"), "root")
    >>> draw_route(mt.routes.Route(1, 2, {"click": block}), "route.svg")

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), figure 3.
    """
    check_instances(Route, route=route)
    path = local_path(path)
    if path.suffix not in _METADATA:
        raise ValueError(
            f"`path` must end in one of {tuple(_METADATA)}. "
            f"Received: path={path}"
        )
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        # A route looks the same whatever style the caller has set.
        with style.context(["default", _STYLE]):
            _Drawing(route).figure.savefig(
                partial,
                dpi=200,
                bbox_inches="tight",
                pad_inches=0.15,
                metadata=_METADATA[path.suffix],
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class _Drawing:
    """The figure of a route, and how its parts are drawn."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.layout = RouteLayout(route)
        self.task_colors = dict(
            zip(route.tasks, itertools.cycle(palette.COLORS), strict=False)
        )
        self.figure = Figure()
        self.axes = self._add_axes()
        self._draw()

    def _add_axes(self) -> Axes:
        margin = 0.05
        width, height = self.layout.width, self.layout.height + 2 * margin
        self.figure.set_size_inches(width, height)
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(-margin, height - margin)
        axes.set_axis_off()
        return axes

    def _draw(self) -> None:
        self._draw_row_labels()
        self._draw_roots()
        for edge in self.layout.edges():
            self._draw_edge(*edge)
        for name in self.route.reached():
            self._draw_sub_network(name)
        for task in self.route.tasks:
            self._draw_task(task)
        self._draw_legend()

    def _draw_row_labels(self) -> None:
        for layer, names in self.layout.rows.items():
            self._draw_row_label(names[0], f"layer {layer + 1}", BOX_HEIGHT)
        self._draw_row_label(
            self.route.tasks[0], "tasks", self.layout.task_height
        )

    def _draw_row_label(self, first: str, text: str, height: float) -> None:
        y = self.layout.positions[first][1] + height / 2
        self._text(-0.15, y, text, palette.GREY, size=SMALL_SIZE, ha="right")

    def _draw_roots(self) -> None:
        roots = self.layout.roots
        for root, (center, width) in roots.items():
            bottom = (center, 0)
            self._box(
                f"box-{root}", bottom, width, BOX_HEIGHT, palette.PALE_GREY
            )
            text = "root feature" if len(roots) == 1 else root
            self._text(center, BOX_HEIGHT / 2, text, palette.INK)

    def _draw_sub_network(self, name: str) -> None:
        x, y = self.layout.positions[name]
        color = self._color(name)
        has_dots = (
            len(self.layout.users[name]) > 1 and len(self.route.tasks) > 2
        )
        self._box(f"box-{name}", (x, y), BOX_WIDTH, BOX_HEIGHT, color)
        self._draw_gate(name)
        self._text(
            x,
            y + BOX_HEIGHT * (0.66 if has_dots else 0.5),
            f"{name} linear" if name in self.route.linear else name,
            palette.ink_on(color),
            weight="bold",
        )
        if has_dots:
            self._draw_users(name, x, y + 0.26 * BOX_HEIGHT)

    def _draw_users(self, name: str, x: float, y: float) -> None:
        users = self.layout.users[name]
        for index, task in enumerate(users):
            dot = Circle(
                (x + spread(index, len(users), BOX_WIDTH), y),
                0.052,
                facecolor=self.task_colors[task],
                edgecolor="white",
                linewidth=0.8,
                zorder=4,
                gid=f"user-{name}-{task}",
            )
            self.axes.add_patch(dot)

    def _draw_task(self, task: str) -> None:
        x, y = self.layout.positions[task]
        color = self.task_colors[task]
        self._box(
            f"box-{task}",
            (x, y),
            self.layout.task_width,
            self.layout.task_height,
            color,
        )
        self._draw_gate(task)
        self._text(
            x,
            y + self.layout.task_height / 2,
            self.layout.labels[task],
            palette.ink_on(color),
            weight="bold",
        )

    def _draw_gate(self, consumer: str) -> None:
        """A tag under the box, where the values come in."""
        if not self.layout.is_gated(consumer):
            return
        x, y = self.layout.positions[consumer]
        # The tag reaches behind the box, so that the two look joined.
        hidden = 0.12
        tag = self._box(
            f"gate-{consumer}",
            (x, y - GATE_HEIGHT),
            GATE_WIDTH,
            GATE_HEIGHT + hidden,
            "white",
        )
        tag.set(edgecolor=self._color(consumer), zorder=2)
        query = self.route.blocks[consumer].query
        self._text(
            x, y - 0.48 * GATE_HEIGHT, f"by {query}", palette.INK, size=8.5
        )

    def _draw_edge(
        self,
        source: str,
        consumer: str,
        start: tuple[float, float],
        end: tuple[float, float],
    ) -> None:
        """A curve that leaves and arrives upright."""
        middle = (start[1] + end[1]) / 2
        curve = Curve(
            [start, (start[0], middle), (end[0], middle), end],
            [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4],
        )
        color = self._color(consumer)
        line = PathPatch(
            curve,
            facecolor="none",
            edgecolor=color,
            linewidth=1.6,
            zorder=1 if color == palette.DARK_GREY else 1.5,
            gid=f"edge-{source}-{consumer}",
        )
        self.axes.add_patch(line)

    def _draw_legend(self) -> None:
        handles = [
            Patch(color=color, label=f"only {task}")
            for task, color in self.task_colors.items()
        ]
        if any(len(users) > 1 for users in self.layout.users.values()):
            handles.append(Patch(color=palette.DARK_GREY, label="shared"))
        widest = max(
            text_width(str(h.get_label()), SMALL_SIZE) for h in handles
        )
        self.axes.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(self.layout.width / 2, -0.1),
            bbox_transform=self.axes.transData,
            ncols=max(1, int(self.layout.width / (widest + 0.5))),
            frameon=False,
            fontsize=SMALL_SIZE,
            labelcolor=palette.INK,
            handlelength=1.2,
            handleheight=0.9,
        )

    def _color(self, name: str) -> str:
        """Colour of a sub-network that at least one task uses."""
        users = self.layout.users[name]
        return (
            self.task_colors[users[0]] if len(users) == 1 else palette.DARK_GREY
        )

    def _box(
        self,
        gid: str,
        bottom: tuple[float, float],
        width: float,
        height: float,
        color: str,
    ) -> FancyBboxPatch:
        box = FancyBboxPatch(
            (bottom[0] - width / 2, bottom[1]),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor=color,
            edgecolor=color,
            linewidth=1.2,
            zorder=3,
            gid=gid,
        )
        self.axes.add_patch(box)
        return box

    def _text(
        self, x: float, y: float, text: str, color: str, **kwargs: Any
    ) -> None:
        place = {"ha": "center", "va": "center_baseline"}
        kwargs = {"size": NAME_SIZE, **place, **kwargs}
        self.axes.text(x, y, text, color=color, zorder=4, **kwargs)
