"""The report of a search: a table and its conclusions."""

import dataclasses
import math
from collections.abc import Sequence

from mtnas_tf.data import TaskSpec
from mtnas_tf.search.candidates.report_row import ReportRow
from mtnas_tf.tasks import TASK_KINDS

BEST = (
    "On the {num_rows:,} test rows the best searched network scores {random} "
    "than the best random route and {hand_made} than the best {name}; each was "
    "picked on the validation rows."
)
MEANS = (
    "From fresh starts the searched route scores {random} than random routes "
    "and {hand_made} than {name}, on average; errors are those of starts alone."
)
COSTS = (
    "{name} has sub-networks of the same width, and other multiply-adds: "
    "`mtnas compare` also trains one that costs as much."
)
CAUTION = (
    "All this is one split of the data. Another may say otherwise: "
    "`mtnas compare --splits 5` asks several."
)

# Relative difference in multiply-adds up to which two networks cost the same.
COST_TOLERANCE = 0.05


@dataclasses.dataclass(frozen=True)
class SearchReport:
    """A search, compared with random routes and with restarts of MMoE.

    Printed, it is a table and its conclusions. All numbers are of the test
    rows; larger scores are better.

    Args:
        tasks: the schema's `TaskSpec`s.
        num_rows: int. Test rows.
        rows: `ReportRow`s of the search, of random routes and of MMoE: of each
            the best network, then the mean.

    Example:
    >>> metrics = {"click": {"auc": 0.75}}
    >>> rows = [
    ...     ReportRow(networks, is_best, 8, 1e4, metrics, 0.75, 0.01)
    ...     for networks in ("searched", "random routes", "MMoE")
    ...     for is_best in (True, False)
    ... ]
    >>> report = SearchReport([TaskSpec(name="click")], 100, rows)
    >>> print(report.table())
                              multiply-adds  click auc  score
    searched, best of 8              10,000     0.7500  0.7500
    searched, mean of 8              10,000     0.7500  0.7500 ± 0.0100
    random routes, best of 8         10,000     0.7500  0.7500
    random routes, mean of 8         10,000     0.7500  0.7500 ± 0.0100
    MMoE, best of 8                  10,000     0.7500  0.7500
    MMoE, mean of 8                  10,000     0.7500  0.7500 ± 0.0100
    """

    tasks: Sequence[TaskSpec]
    num_rows: int
    rows: Sequence[ReportRow]

    def __str__(self) -> str:
        return f"\n{self.table()}\n\n{self.conclusion()}"

    def table(self) -> str:
        """A line for each row."""
        metrics = [f"{task} {metric}" for task, metric in self._metrics]
        header = ("", "multiply-adds", *metrics, "score")
        cells = [header, *(self._cells(row) for row in self.rows)]
        first, *numbers, last = zip(*cells, strict=True)
        width = max(map(len, first))
        columns = [
            [name.ljust(width) for name in first],
            *(_right(column) for column in numbers),
            last,
        ]
        lines = zip(*columns, strict=True)
        return "\n".join("  ".join(line) for line in lines)

    def conclusion(self) -> str:
        """Sentences on the rows, as far as one split can tell."""
        lines = []
        for template, is_best in ((BEST, True), (MEANS, False)):
            found, random, hand_made = (
                row for row in self.rows if row.is_best == is_best
            )
            line = template.format(
                num_rows=self.num_rows,
                random=_difference(found, random),
                hand_made=_difference(found, hand_made),
                name=hand_made.networks,
            )
            lines.append(line)
        ratio = found.multiply_adds / hand_made.multiply_adds
        if abs(ratio - 1) > COST_TOLERANCE:
            lines.append(COSTS.format(name=hand_made.networks))
        return "\n".join([*lines, CAUTION])

    @property
    def _metrics(self) -> list[tuple[str, str]]:
        """The name of each task, and of the metric that scores it."""
        return [
            (task.name, TASK_KINDS[task.kind].score_metric)
            for task in self.tasks
        ]

    def _cells(self, row: ReportRow) -> tuple[str, ...]:
        values = [f"{row.metrics[task][m]:.4f}" for task, m in self._metrics]
        score = f"{row.score:.4f}"
        if not row.is_best:
            score += f" ± {row.std_error:.4f}"
        return (row.name, f"{row.multiply_adds:,.0f}", *values, score)


def _right(column: Sequence[str]) -> list[str]:
    width = max(map(len, column))
    return [cell.rjust(width) for cell in column]


def _difference(found: ReportRow, other: ReportRow) -> str:
    difference = found.score - other.score
    error = ""
    if not found.is_best:
        sum_of_both = math.hypot(found.std_error, other.std_error)
        error = f" ± {sum_of_both:.4f}"
    word = "less" if difference < 0 else "more"
    return f"{abs(difference):.4f}{error} {word}"
