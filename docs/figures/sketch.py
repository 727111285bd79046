"""A small drawing of what two tasks share, in the style of drawn routes."""

from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.patches import Patch
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve

from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import DARK_GREY
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import INK
from mtnas_tf.plots.palette import PALE_GREY
from mtnas_tf.plots.palette import VERMILION
from mtnas_tf.plots.palette import ink_on
from mtnas_tf.plots.route_layout import BOX_HEIGHT
from mtnas_tf.plots.route_layout import BOX_WIDTH
from mtnas_tf.plots.route_layout import GATE_HEIGHT
from mtnas_tf.plots.route_layout import GATE_WIDTH
from mtnas_tf.plots.route_layout import NAME_SIZE
from mtnas_tf.plots.route_layout import SMALL_SIZE
from mtnas_tf.plots.route_layout import spread

# Inches, which are the units of the axes.
WIDTH, ROW_HEIGHT, ROOT_GAP = 4.05, 1.25, 0.85
CLICK, BUY, SHARED, UNUSED = BLUE, VERMILION, DARK_GREY, PALE_GREY
TASKS = {"click": CLICK, "buy": BUY}
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "mtnas_tf"}
Point = tuple[float, float]


class Sketch:
    """Boxes in rows, from the root feature at the bottom to the tasks on top.

    Args:
        *labels: what the rows are, from the bottom up; of the first one empty,
            if it is the root feature.
    """

    def __init__(self, *labels: str) -> None:
        self.labels = labels
        self.boxes: dict[str, tuple[Point, float]] = {}
        self.colors: dict[str, str] = {}
        self.gates: set[str] = set()
        self.lines: list[tuple[str, str, str, str, float]] = []
        height = self.bottom(len(labels) - 1) + BOX_HEIGHT
        self.figure = Figure(figsize=(WIDTH, height + 0.1))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, WIDTH)
        self.axes.set_ylim(-0.05, height + 0.05)
        self.axes.set_axis_off()
        for row, label in enumerate(labels):
            y = self.bottom(row) + BOX_HEIGHT / 2
            self.text(-0.15, y, label, GREY, ha="right", size=SMALL_SIZE)
        if not labels[0]:
            self.row(0, {"root feature": UNUSED}, width=WIDTH - 0.43)

    def bottom(self, row: int) -> float:
        """The y of the bottom of a row's boxes; the first is closer."""
        gap = ROOT_GAP if self.labels[0] == "" else ROW_HEIGHT
        return gap + ROW_HEIGHT * (row - 1) if row else 0.0

    def row(
        self,
        row: int,
        boxes: dict[str, str],
        names: Iterable[str] | None = None,
        width: float = BOX_WIDTH,
    ) -> None:
        """Adds boxes side by side: text -> colour.

        Args:
            row: their row.
            boxes: dict text -> colour.
            names: what lines call them. Defaults to the texts.
            width: of a box.
        """
        keys = boxes if names is None else names
        for index, (name, text) in enumerate(zip(keys, boxes, strict=True)):
            x = WIDTH * (index + 0.5) / len(boxes)
            self.box(name, x, row, boxes[text], width, text)

    def tasks(self) -> None:
        """Adds the two tasks as the last row."""
        self.row(len(self.labels) - 1, TASKS)

    def box(
        self,
        name: str,
        x: float,
        row: int,
        color: str,
        width: float = BOX_WIDTH,
        text: str | None = None,
    ) -> None:
        """Adds one box."""
        y = self.bottom(row)
        self.boxes[name], self.colors[name] = ((x, y), width), color
        self._rounded((x - width / 2, y), width, BOX_HEIGHT, color, color, 3)
        ink, weight = ink_on(color), "bold"
        if color == UNUSED:
            weight = "normal"
        label = name if text is None else text
        self.text(x, y + BOX_HEIGHT / 2, label, ink, weight=weight)

    def gate(self, name: str, text: str = "gate") -> None:
        """Adds a tag under a box, where it mixes what it reads."""
        (x, y), _ = self.boxes[name]
        self.gates.add(name)
        corner = (x - GATE_WIDTH / 2, y - GATE_HEIGHT)
        color = self.colors[name]
        self._rounded(corner, GATE_WIDTH, GATE_HEIGHT + 0.12, "white", color, 2)
        self.text(x, y - 0.48 * GATE_HEIGHT, text, INK, size=8.5)

    def read(
        self,
        reader: str,
        *sources: str,
        color: str | None = None,
        kind: str = "-",
        width: float = 1.6,
    ) -> None:
        """Adds lines from sources to their reader, in the reader's colour."""
        for source in sources:
            chosen = color or self.colors[reader]
            self.lines.append((source, reader, chosen, kind, width))

    def text(
        self, x: float, y: float, text: str, color: str, **kwargs: object
    ) -> None:
        """Adds a text."""
        place = {"ha": "center", "va": "center_baseline", "size": NAME_SIZE}
        self.axes.text(x, y, text, color=color, zorder=4, **(place | kwargs))

    def curve(
        self,
        points: Sequence[Point],
        color: str,
        kind: str = "-",
        width: float = 1.6,
    ) -> None:
        """Adds a Bezier curve of 4, 7, ... points."""
        codes = [Curve.MOVETO] + [Curve.CURVE4] * (len(points) - 1)
        line = PathPatch(
            Curve(points, codes),
            facecolor="none",
            edgecolor=color,
            linewidth=width,
            linestyle=kind,
            zorder=1,
        )
        self.axes.add_patch(line)

    def save(
        self,
        path: Path,
        note: str = "",
        is_owned: bool = False,
        owners: Sequence[str] = tuple(TASKS),
    ) -> None:
        """Writes the drawing, with its legend and a note below.

        Args:
            path: the file.
            note: a line below the legend. Defaults to `""`.
            is_owned: whether colours tell whose a part is, not who uses it.
                Defaults to `False`.
            owners: what the two colours stand for. Defaults to the tasks.
        """
        self._draw_lines()
        colors = [*self.colors.values(), *(line[2] for line in self.lines)]
        own = "of" if is_owned else "only"
        names = [*(f"{own} {owner}" for owner in owners), "shared"]
        legend = dict(zip(names, (CLICK, BUY, SHARED), strict=True))
        handles = [
            Patch(color=color, label=label)
            for label, color in legend.items()
            if color in colors
        ]
        self.axes.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(WIDTH / 2, -0.1),
            bbox_transform=self.axes.transData,
            ncols=len(handles),
            frameon=False,
            fontsize=SMALL_SIZE,
            labelcolor=INK,
            handlelength=1.2,
            handleheight=0.9,
        )
        self.text(WIDTH / 2, -0.6, note, INK, size=SMALL_SIZE)
        with style.context(["default", STYLE]):
            self.figure.savefig(
                path,
                bbox_inches="tight",
                pad_inches=0.15,
                metadata={"Date": None},
            )

    def _draw_lines(self) -> None:
        """Curves whose ends lie apart, sorted by where the others are."""
        for source, reader, color, kind, width in self.lines:
            (_, low), _ = self.boxes[source]
            (_, high), _ = self.boxes[reader]
            x = self._end(source, reader, 0)
            start = (x, low + BOX_HEIGHT)
            x = self._end(reader, source, 1)
            end = (x, high - GATE_HEIGHT * (reader in self.gates))
            middle = (start[1] + end[1]) / 2
            points = [start, (start[0], middle), (end[0], middle), end]
            self.curve(points, color, kind, width)

    def _end(self, name: str, other: str, side: int) -> float:
        """Where a line between two boxes meets the first of them."""
        others = [line[1 - side] for line in self.lines if line[side] == name]
        others = sorted(
            dict.fromkeys(others), key=lambda o: self.boxes[o][0][0]
        )
        (x, _), width = self.boxes[name]
        if width > 2 * BOX_WIDTH:  # the root feature
            return self.boxes[other][0][0]
        if name in self.gates and side:
            width = GATE_WIDTH
        return x + spread(others.index(other), len(others), width)

    def _rounded(
        self,
        corner: Point,
        width: float,
        height: float,
        color: str,
        edge: str,
        zorder: int,
    ) -> None:
        box = FancyBboxPatch(
            corner,
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor=color,
            edgecolor=edge,
            linewidth=1.2,
            zorder=zorder,
        )
        self.axes.add_patch(box)
