"""What a run does not show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.reporting.comparison_limits import OFFLINE
from mtnas_tf.experiment.reporting.comparison_limits import TITLE
from mtnas_tf.experiment.reporting.section import Section

CHOSEN = (
    "The validation rows chose the epoch, and the route if one was searched, "
    "so that numbers on them are too good."
)
ONE = (
    "This is one split of the rows and one start. Another start gives other "
    "numbers; `mtnas compare` tells by how much, and whether another method "
    "would have done as well."
)
UNTESTED = "No test rows were read yet: `mtnas evaluate RUN` reads them."
TESTED = (
    "The test rows were read. What is changed because of them has to be tested "
    "on others."
)
BEST_OF_MANY = (
    "The best of many candidates is also the luckiest: its validation score is "
    "not what its route scores on average."
)


def run_limits(run: Path, metrics: Mapping[str, Any]) -> Section:
    """The section of what a run does not show.

    Args:
        run: the directory.
        metrics: content of `metrics.json`.
    """
    is_tested = "test" in metrics.get("evaluated", {})
    lines = [CHOSEN, ONE, TESTED if is_tested else UNTESTED]
    if (run / "candidates.csv").is_file():
        lines.append(BEST_OF_MANY)
    return Section(TITLE, [[*lines, OFFLINE]])
