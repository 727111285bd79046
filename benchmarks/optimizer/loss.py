"""Losses of MMoE on Book-Crossing by optimizer of the table.

Trains as `configs/book_crossing.py` says, its coupled weight decay and its
choice of an epoch included; all optimizers decay the rows that a step touches.
Within a seed they share initial weights and the order of rows. The data must
have been prepared, see `benchmarks.search.total`.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings

OPTIMIZERS = ("exact", "lazy", "dense")
SEEDS = 5
SPLITS = ("valid", "test")
ROUND_SECONDS = 300.0


def measure(settings: Settings) -> list[Measurement]:
    """Trains every optimizer in turn, a round per seed."""
    subjects = [
        processes.Subject(
            name=name,
            module="benchmarks.optimizer.loss_subject",
            config={"optimizer": name},
        )
        for name in OPTIMIZERS
    ]
    return processes.measure(
        subjects,
        SEEDS,
        settings.log_dir / "optimizer-loss",
        round_seconds=ROUND_SECONDS,
    )


def loss_difference(ours: Measurement, dense: Measurement) -> dict[str, Any]:
    """Split -> `mean`, `standard_error` and number of `seeds`.

    Splits hold None, with the `reason` beside them, if one of the two failed.
    """
    reason = ours.error or dense.error
    if reason is not None:
        return {**dict.fromkeys(SPLITS), "reason": reason}
    differences = {}
    for split in SPLITS:
        figure = f"{split}_loss"
        pairs = zip(ours.values(figure), dense.values(figure), strict=True)
        differences[split] = _mean_and_error([x - y for x, y in pairs])
    return differences


def _mean_and_error(values: Sequence[float]) -> dict[str, Any]:
    error = statistics.stdev(values) / math.sqrt(len(values))
    return {
        "mean": statistics.fmean(values),
        "standard_error": error,
        "seeds": len(values),
    }
