"""A section of a report."""

import dataclasses
import re
from collections.abc import Sequence

from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable

# A paragraph, the lines of a list, or more than text.
Part = str | list[str] | PageTable | PageFigure | Folded


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading and what stands below it.

    Args:
        title: string.
        parts: paragraphs, lists of lines, tables, figures and folded parts.

    Example:
    >>> Section("What this does not show", ["Nothing."]).slug
    'what-this-does-not-show'
    """

    title: str
    parts: Sequence[Part]

    @property
    def slug(self) -> str:
        """The section's place in the page."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")
