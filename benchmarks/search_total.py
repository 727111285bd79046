"""A whole search on Book-Crossing beside one training of MMoE.

Both run `configs/book_crossing.py` by the code behind `mtnas search` and
`mtnas train --model mmoe`: MMoE has the config's own width. The data must have
been prepared; the variable TFDS_DATA_DIR tells where, if not in TFDS's own
place.
"""

import pathlib
from typing import Any

from benchmarks import harness
from benchmarks.comparison import ratio
from benchmarks.measurement import Measurement
from benchmarks.settings import Settings

SUBJECTS = ("search", "MMoE training")
PAIRS = 3
ROUND_SECONDS = 600.0


def measure(settings: Settings) -> list[Measurement]:
    """Measures pairs, every run in a process of its own, compilation included.

    Returns:
        A measurement of the search and one of the training, a round per pair.
        There are no more pairs after one of which something failed.
    """
    found = {name: Measurement(name) for name in SUBJECTS}
    for pair in range(PAIRS):
        log_dir = settings.log_dir / f"search-total-{pair}"
        for measurement in _measure_pair(pair, log_dir):
            _add(found[measurement.subject], measurement)
        if any(m.error for m in found.values()):
            break
    return list(found.values())


def total_ratio(
    search: Measurement, training: Measurement
) -> dict[str, Any] | None:
    """`ratio` (median over the pairs) and `spread` of wall seconds.

    `ratio` is None, with the `reason`, if one of the two failed.
    """
    reason = search.error or training.error
    if reason is not None:
        return {"ratio": None, "reason": reason}
    return ratio(search, training, "total_seconds")


def _measure_pair(pair: int, log_dir: pathlib.Path) -> list[Measurement]:
    """One run of each, the other first in every other pair."""
    order = SUBJECTS if pair % 2 == 0 else SUBJECTS[::-1]
    subjects = [
        harness.Subject(
            name=name,
            module="benchmarks.subjects.search_total",
            config={"is_search": name == SUBJECTS[0]},
        )
        for name in order
    ]
    return harness.measure(
        subjects, rounds=1, log_dir=log_dir, round_seconds=ROUND_SECONDS
    )


def _add(found: Measurement, measurement: Measurement) -> None:
    found.rounds += measurement.rounds
    found.error = measurement.error
    found.import_mb = measurement.import_mb
    found.peak_mb = max(found.peak_mb or 0, measurement.peak_mb or 0) or None
