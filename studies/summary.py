"""Means over trainings, and differences within splits and seeds."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from benchmarks.harness.estimate import estimate
from studies.method import Method

Row = Mapping[str, Any]
Pair = tuple[int, int]  # split seed, seed


def summarize(rows: Iterable[Row], ours: Method) -> list[dict[str, Any]]:
    """A method's test metrics over its trainings, by ascending loss.

    Args:
        rows: trainings, see `studies.trainings`, with their
            `split_seed`. Those that failed are left out.
        ours: the method that the others are compared with.

    Returns:
        a dict per method: `library`, `variant`, `pairs` (how many trainings),
        `test`: metric -> `mean`, `std_error`, and `ours_minus_it`: metric ->
        the same of the differences within a split and a seed, `None` if no
        pair is in both. The error of a single number is `None`.
    """
    methods: dict[tuple[str, str], dict[Pair, Row]] = {}
    for row in rows:
        if not row.get("error"):
            method = methods.setdefault((row["library"], row["variant"]), {})
            method[row["split_seed"], row["seed"]] = row["test"]
    reference = methods.get((ours.library, ours.variant), {})
    entries = [
        {
            "library": library,
            "variant": variant,
            "pairs": len(tests),
            "test": {
                metric: estimate(test[metric] for test in tests.values())
                for metric in next(iter(tests.values()))
            },
            "ours_minus_it": _differences(reference, tests),
        }
        for (library, variant), tests in methods.items()
    ]
    return sorted(entries, key=lambda entry: entry["test"]["mtl_loss"]["mean"])


def _differences(
    ours: Mapping[Pair, Row], theirs: Mapping[Pair, Row]
) -> dict[str, Any] | None:
    pairs = [pair for pair in theirs if pair in ours]
    if not pairs:
        return None
    return {
        metric: estimate(
            ours[pair][metric] - theirs[pair][metric] for pair in pairs
        )
        for metric in theirs[pairs[0]]
    }
