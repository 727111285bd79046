"""A figure of a report."""

import dataclasses
import re
import tempfile
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from typing import Self

from matplotlib import rc_context

from mtnas_tf.experiment.reporting.inline_svg import inline_svg

Tips = Mapping[str, str]  # id of a mark -> what it says
Lights = Mapping[str, Sequence[str]]  # id of a mark -> ids lit together with it


@dataclasses.dataclass(frozen=True)
class PageFigure:
    """An SVG picture with a caption.

    Args:
        svg: string. The element `svg`, safe to stand in a page.
        caption: string.

    Example:
    >>> from mtnas_tf.plots import Point, draw_pareto
    >>> figure = PageFigure.drawn(
    ...     lambda path: draw_pareto([Point("a", 1, 2)], path, "Cost"),
    ...     alt="One network.",
    ...     caption="Quality against cost.",
    ...     tips={"point-0": "a: score 2"},
    ... )
    >>> "<title>a: score 2</title>" in figure.svg
    True
    """

    kind: ClassVar[str] = "figure"

    svg: str
    caption: str

    @classmethod
    def drawn(
        cls,
        draw: Callable[[Path], None],
        alt: str,
        caption: str,
        tips: Tips | None = None,
        lights: Lights | None = None,
    ) -> Self:
        """A figure of a plot.

        Args:
            draw: a function of `mtnas_tf.plots` that is given the path of the
                file to write.
            alt: string. What it shows, for those who do not see it.
            caption: string.
            tips: id of a mark -> what is shown when it is pointed at. Defaults
                to `None`, nothing.
            lights: id of a mark -> ids of the marks that are lit with it.
                Defaults to `None`, none.
        """
        with (
            # Text stays text, which is small and can be read aloud.
            rc_context({"svg.fonttype": "none", "svg.hashsalt": "mtnas_tf"}),
            tempfile.TemporaryDirectory() as folder,
        ):
            path = Path(folder) / "figure.svg"
            draw(path)
            text = path.read_text(encoding="utf-8")
        name = _name(caption)
        return cls(inline_svg(text, name, alt, tips, lights), caption)

    @classmethod
    def read(cls, path: Path, caption: str) -> Self:
        """A figure that was drawn before.

        Args:
            path: the SVG file.
            caption: string, which also tells what is shown to those who do not
                see it.
        """
        text = path.read_text(encoding="utf-8")
        return cls(inline_svg(text, path.stem, caption), caption)


def _name(caption: str) -> str:
    """A name of the figure, for the ids within it."""
    return re.sub(r"\W+", "-", caption.lower())[:40].strip("-")
