"""The measurements of one subject."""

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass
class Measurement:
    """Figures of a subject, a dict per round.

    Args:
        subject: string. The subject's name.
        rounds: figures of the rounds it finished.
        import_mb: resident memory once its libraries were imported.
        peak_mb: peak resident memory of the process.
        versions: distribution -> version.
        error: what ended it before its last round, or `None`.
    """

    subject: str
    rounds: list[dict[str, float]] = dataclasses.field(default_factory=list)
    import_mb: float | None = None
    peak_mb: float | None = None
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    error: str | None = None

    def values(self, figure: str) -> list[float]:
        """A figure's values, round by round."""
        return [figures[figure] for figures in self.rounds]

    def summary(self, figure: str) -> dict[str, Any] | None:
        """`median` and `spread` (min, max) of a figure; None if no round."""
        return summarise(self.values(figure))

    def ratio_to(
        self, reference: "Measurement", figure: str
    ) -> dict[str, Any] | None:
        """The same of this subject's figure over the reference's, by round.

        Both numbers of a ratio come from the same round: what slows the
        machine down for a while hits both.
        """
        pairs = zip(self.values(figure), reference.values(figure), strict=False)
        return summarise([ours / theirs for ours, theirs in pairs])


def summarise(values: Sequence[float]) -> dict[str, Any] | None:
    """`median` and `spread` (min, max) of numbers; None if there is none."""
    if not values:
        return None
    return {
        "median": statistics.median(values),
        "spread": [min(values), max(values)],
    }
