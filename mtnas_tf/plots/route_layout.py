"""The layout of a drawn route."""

import itertools
import textwrap
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route

Point = tuple[float, float]

# Lengths are inches, and so are the units of the axes; fonts are in points.
_PITCH = 1.35
BOX_WIDTH = 0.92
BOX_HEIGHT = 0.48
GATE_WIDTH = 0.7
GATE_HEIGHT = 0.22
_LINE_HEIGHT = 0.18
_ROOT_GAP = 0.4
NAME_SIZE = 11
SMALL_SIZE = 9
_POINTS_PER_INCH = 72


class RouteLayout:
    """Positions of boxes and lines, and the tasks that use each sub-network.

    Args:
        route: `Route`.

    Attributes:
        users: dict sub-network -> the tasks that depend on it, if there are
        any.
        rows: dict 0-based layer -> its sub-networks that feed a task, of layers
            that have some, from left to right.
        labels: dict task -> its name, broken over lines.
        width: float. Width of the whole.
        task_width: float. Width of a task's box.
        task_height: float. Height of a task's box.
        positions: dict name -> x of the centre, y of the bottom of its box.
        roots: dict root feature -> x of the centre, width of its box.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self.users = _users(route)
        self.rows = _rows(route, self.users)
        self.labels = {task: _wrap(task) for task in route.tasks}
        self.task_width, self.task_height = _label_size([*self.labels.values()])
        self.width = max(
            _PITCH * max(len(names) for names in self.rows.values()),
            (self.task_width + 0.3) * len(route.tasks),
        )
        self.positions = self._positions()
        self.roots = self._roots()

    @property
    def height(self) -> float:
        """Height of the whole."""
        return self.positions[self.route.tasks[0]][1] + self.task_height

    def _roots(self) -> dict[str, tuple[float, float]]:
        """The centre and the width of each root feature's box."""
        first = {
            root: [n for n in self.rows[0] if self._root_of(n) == root]
            for root in self.route.used_roots
        }
        ordered = sorted(
            first,
            key=lambda root: sum(map(self._x, first[root])) / len(first[root]),
        )
        margin = _PITCH - BOX_WIDTH
        pitch = self.width / len(ordered)
        return {
            root: (pitch * (index + 0.5), pitch - margin)
            for index, root in enumerate(ordered)
        }

    def _root_of(self, name: str) -> str:
        return self.route.roots.get(name, ROOT)

    def edges(self) -> Iterator[tuple[str, str, Point, Point]]:
        """Source, consumer, start and end of every line."""
        for name in self.rows[0]:
            x, y = self.positions[name]
            root = self._root_of(name)
            center, width = self.roots[root]
            reach = 0.5 * width - 0.1
            outlet = min(max(x, center - reach), center + reach)
            yield root, name, (outlet, BOX_HEIGHT), (x, y)
        used = {
            consumer: sorted(block.combination, key=self._x)
            for consumer, block in self.route.blocks.items()
            if consumer in self.users
        }
        for consumer, sources in used.items():
            for source in sources:
                readers = [name for name in used if source in used[name]]
                start = self._outlet(source, consumer, readers)
                yield (
                    source,
                    consumer,
                    start,
                    self._inlet(consumer, source, sources),
                )

    def is_gated(self, name: str) -> bool:
        """Whether a consumer has a gate with a query."""
        block = self.route.blocks.get(name)  # none in layer 1
        return block is not None and block.query is not None

    def _positions(self) -> dict[str, tuple[float, float]]:
        """The x of the centre and the y of the bottom of each box."""
        rows = [*self.rows.values(), self.route.tasks]
        first_row = BOX_HEIGHT + _ROOT_GAP
        row_height = 1.2 + 0.09 * self.width  # flatter lines are hard to follow
        return {
            name: (
                self.width * (index + 0.5) / len(names),
                first_row + row_height * row,
            )
            for row, names in enumerate(rows)
            for index, name in enumerate(names)
        }

    def _outlet(
        self, source: str, consumer: str, consumers: Sequence[str]
    ) -> Point:
        """Point at which the line to a consumer leaves its source's box."""
        x, y = self.positions[source]
        index = sorted(consumers, key=self._x).index(consumer)
        return x + spread(index, len(consumers), BOX_WIDTH), y + BOX_HEIGHT

    def _inlet(
        self, consumer: str, source: str, sources: Sequence[str]
    ) -> Point:
        """Point at which the line from a source meets the gate or the box."""
        x, y = self.positions[consumer]
        x += spread(sources.index(source), len(sources), GATE_WIDTH)
        return x, y - GATE_HEIGHT * self.is_gated(consumer)

    def _x(self, name: str) -> float:
        return self.positions[name][0]


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text."""
    font = FontProperties(weight=weight)
    outline = TextPath((0, 0), text, size=size, prop=font)
    return float(outline.get_extents().width / _POINTS_PER_INCH)


def spread(index: int, count: int, width: float) -> float:
    """Offset from the centre of the index-th of several items side by side."""
    return (index - (count - 1) / 2) * min(0.14, 0.8 * width / count)


def _users(route: Route) -> dict[str, tuple[str, ...]]:
    """The tasks that depend on each sub-network, and each task itself."""
    reached = {task: {task, *route.reached(task)} for task in route.tasks}
    return {
        name: tuple(task for task in route.tasks if name in reached[task])
        for name in (*route.reached(), *route.tasks)
    }


def _rows(
    route: Route, users: Mapping[str, Sequence[str]]
) -> dict[int, tuple[str, ...]]:
    """The sub-networks of each layer that have users, each below its own."""

    def place(name: str) -> float:
        indices = [route.tasks.index(task) for task in users[name]]
        return sum(indices) / len(indices)

    layers = {
        layer: tuple(
            sorted(
                (n for n in route.sub_networks([layer]) if n in users),
                key=place,
            )
        )
        for layer in range(route.num_layers)
    }
    return {layer: names for layer, names in layers.items() if names}


def _wrap(name: str) -> str:
    """Breaks a long name over several lines, after an underscore if it can."""
    lines = textwrap.wrap(name.replace("_", "_ "), 16)
    return "\n".join(line.replace("_ ", "_") for line in lines)


def _label_size(labels: Sequence[str]) -> tuple[float, float]:
    """Width and height of a box that holds any of the labels."""
    lines = [label.split("\n") for label in labels]
    widest = max(
        text_width(line, NAME_SIZE, "bold") for line in itertools.chain(*lines)
    )
    height = BOX_HEIGHT + _LINE_HEIGHT * (max(map(len, lines)) - 1)
    return max(BOX_WIDTH, widest + 0.26), height
