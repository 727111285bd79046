"""The quickstart's table: which tasks share, quality and cost."""

import math
from collections.abc import Sequence
from typing import Any

from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.quickstart.contenders import Contender
from mtnas_tf.experiment.signed import signed
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.mean_and_error import mean_and_error
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import best_of
from mtnas_tf.search.candidates.validation_score import validation_score

Row = dict[str, Any]

CAPTION = """\
Mean AUC of the {num_tasks} tasks on {num_rows:,} test rows. Best: the network
that did best on the validation rows, of {often} trained by each method. Mean:
from fresh starts ({again} of the searched route), ± its standard error; behind
it the searched route minus that method, paired by start."""
# Standard errors by which a mean difference must differ from 0 to be told.
CLEAR = 2


def rows_of(
    tasks: Sequence[TaskSpec],
    contenders: Sequence[Contender],
    picked: Outcome,
) -> list[Row]:
    """The comparison, a dict for each contender.

    Args:
        tasks: `TaskSpec`s.
        contenders: the searched route first.
        picked: `Outcome` of the network that the search has picked.
    """
    first = _scores(tasks, contenders[0].outcomes)
    rows = []
    for contender in contenders:
        best = picked
        if contender is not contenders[0]:
            best = best_of(tasks, contender.outcomes)
        scores = _scores(tasks, contender.outcomes)
        pairs = zip(first, scores, strict=False)  # of the starts in common
        gap, gap_error = mean_and_error([ours - its for ours, its in pairs])
        mean, error = mean_and_error(scores)
        rows.append(
            {
                "network": contender.title,
                "shares": sharing(tasks, contender.route),
                **contender.sizes,
                "num_trainings": best.num_trainings,
                "best": _mean_score(tasks, best),
                "best_test": best.test,
                "mean": mean,
                "std_error": error,
                "num_starts": len(scores),
                "searched_minus": gap,
                "searched_minus_std_error": gap_error,
            }
        )
    return rows


def sharing(tasks: Sequence[TaskSpec], route: Route | None) -> str:
    """Which tasks have sub-networks in common, directly or through others."""
    groups: list[tuple[set[str], list[str]]] = []
    for task in tasks:
        reached = set() if route is None else set(route.reached(task.name))
        apart = [group for group in groups if not group[0] & reached]
        joined = [group for group in groups if group[0] & reached]
        names = [name for _, members in joined for name in members]
        both = set.union(reached, *(each for each, _ in joined))
        groups = [*apart, (both, [*names, task.name])]
    if len(groups) == 1:
        return f"all {len(tasks)}"
    shared = [" + ".join(names) for _, names in groups if len(names) > 1]
    return ", ".join(shared) or "none"


def text(result: dict[str, Any]) -> str:
    """The table, what its columns are, and a sentence on each rival."""
    header, *lines = cells(result)
    table = aligned(header, lines, right=("multiply-adds", "best"))
    return "\n".join([table, "", caption(result), "", *verdicts(result)])


def cells(result: dict[str, Any]) -> list[list[str]]:
    """The header of the table, then a line for each network.

    Args:
        result: content of `comparison.json`.
    """
    header = ["", "tasks that share", "multiply-adds", "best", "mean", "gap"]
    return [header, *(_cells(row) for row in result["rows"])]


def caption(result: dict[str, Any]) -> str:
    """What the columns are.

    Args:
        result: content of `comparison.json`.
    """
    first = result["rows"][0]
    return CAPTION.format(
        num_tasks=result["num_tasks"],
        num_rows=result["num_rows"],
        often=first["num_trainings"],
        again=first["num_starts"],
    )


def verdicts(result: dict[str, Any]) -> list[str]:
    """A sentence on each rival of the searched route.

    Args:
        result: content of `comparison.json`.
    """
    return [_verdict(row) for row in result["rows"][1:]]


def _cells(row: Row) -> list[str]:
    gap, error = row["searched_minus"], row["searched_minus_std_error"]
    return [
        row["network"],
        row["shares"],
        f"{row['multiply_adds']:,}",
        f"{row['best']:.4f}",
        f"{row['mean']:.4f} ± {row['std_error']:.4f}",
        signed(gap, error) if gap else "",
    ]


def _verdict(row: Row) -> str:
    gap, error = row["searched_minus"], row["searched_minus_std_error"]
    errors = gap / error if error else math.inf
    word = "is not told apart from"
    if abs(errors) >= CLEAR:
        word = "beats" if gap > 0 else "loses to"
    return (
        f"On average the searched route {word} {row['network']} "
        f"({signed(gap)}, {abs(errors):.1f} standard errors)."
    )


def _scores(
    tasks: Sequence[TaskSpec], outcomes: Sequence[Outcome]
) -> list[float]:
    return [_mean_score(tasks, outcome) for outcome in outcomes]


def _mean_score(tasks: Sequence[TaskSpec], outcome: Outcome) -> float:
    return validation_score(tasks, outcome.test) / len(tasks)
