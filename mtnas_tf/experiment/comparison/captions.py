"""Captions of a comparison's tables."""

import math
from typing import Any


def caption(result: dict[str, Any]) -> str:
    """The caption of the table."""
    protocol = result["protocol"]
    return (
        f"{test_rows(protocol)}, {pairs(protocol)}, "
        f"{protocol['date']}. ±: {errors(protocol)}. "
        f"{order(protocol)}, from the best test score down; nothing was "
        "chosen by it. Score: sum of "
        "the AUCs (a multi-class task counts its accuracy, a regression minus "
        "its squared error). Mtl loss: sum of the tasks' losses. Differences "
        f"are paired by split and seed{_differences(protocol)} Budget: a "
        "method's seconds, as a multiple of what one training of mmoe takes, "
        "compilation included."
    )


def order(protocol: dict[str, Any]) -> str:
    """The groups that a comparison's methods stand in, from the top."""
    if is_methods_only(protocol):
        return "Methods"
    return "Means and single trainings first, then the best of many"


def _differences(protocol: dict[str, Any]) -> str:
    """What is compared with what, behind `paired by split and seed`."""
    if is_methods_only(protocol):
        return (
            ". Every method is trained once a pair; multiply-adds are those of "
            "a row behind the embeddings, before anything is pruned."
        )
    return (
        ": picked and restarted networks, each the best on validation of its "
        "trainings, against mmoe (restarted), all others against mmoe (mean) "
        "or its one training."
    )


def is_methods_only(protocol: dict[str, Any]) -> bool:
    """Whether a comparison is one of methods, without a search."""
    search = protocol["config"].get("search", {"compared": None})
    return search["compared"] in ([], ())


def test_rows(protocol: dict[str, Any]) -> str:
    """The rows that a comparison's numbers come from."""
    count = protocol["rows"]["test"]
    if protocol["config"]["data"].get("reads_holdout", False):
        return f"Hold-out ({count:,} rows that no split deals)"
    return f"Test split ({count:,} rows)"


def pairs(protocol: dict[str, Any]) -> str:
    """The seeds and splits of a comparison."""
    seeds = counted(protocol["num_seeds"], "seed")
    if protocol["num_splits"] == 1:
        return f"{seeds} on one split"
    return f"{seeds} on each of {protocol['num_splits']} splits"


def errors(protocol: dict[str, Any]) -> str:
    """A description of a comparison's errors."""
    if protocol["num_splits"] == 1:
        return (
            "standard error over the seeds of one split, no evidence about "
            "other splits"
        )
    return "standard error over splits, each the mean of its seeds"


def with_error(entry: dict[str, Any]) -> str:
    """A mean of a summary with its standard error, if it has one."""
    if math.isnan(entry["std_error"]):
        return f"{entry['mean']:z.4f}"
    return f"{entry['mean']:z.4f} ± {entry['std_error']:.4f}"


def counted(count: int, noun: str) -> str:
    """A number of things, as in `1 pair`, `2 pairs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
