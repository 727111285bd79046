"""Whole searches on Book-Crossing beside one training of MMoE.

All run `configs/book_crossing.py` by the code behind `mtnas search`, with
either method, and `mtnas train --model mmoe`: MMoE has the config's own width.
The data must have been prepared; the variable TFDS_DATA_DIR tells where, if not
in TFDS's own place.
"""

import pathlib
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import ratio
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings

SEARCHES = ("candidates", "supernet")
MMOE = "mmoe"
SUBJECTS = (*SEARCHES, MMOE)
ROUNDS = 3
ROUND_SECONDS = 600.0


def measure(settings: Settings) -> list[Measurement]:
    """Measures rounds of all, each in a process of its own.

    Returns:
        A measurement of each subject. There are no more rounds after one in
        which something failed.
    """
    found = {name: Measurement(name) for name in SUBJECTS}
    for index in range(ROUNDS):
        log_dir = settings.log_dir / f"search-total-{index}"
        for measurement in _measure_round(index, log_dir):
            _add(found[measurement.subject], measurement)
        if any(m.error for m in found.values()):
            break
    return list(found.values())


def total_ratios(measurements: list[Measurement]) -> dict[str, Any]:
    """Of each search: `ratio` (median over the rounds) and `spread`.

    `ratio` is None, with the `reason`, if the search or MMoE failed.
    """
    found = {m.subject: m for m in measurements}
    ratios: dict[str, Any] = {}
    for name in SEARCHES:
        reason = found[name].error or found[MMOE].error
        ratios[name] = (
            {"ratio": None, "reason": reason}
            if reason
            else ratio(found[name], found[MMOE], "total_seconds")
        )
    return ratios


def _measure_round(index: int, log_dir: pathlib.Path) -> list[Measurement]:
    """One run of each subject; every other round in the opposite order."""
    subjects = [
        processes.Subject(
            name=name,
            module="benchmarks.search.total_subject",
            config={"run": name},
        )
        for name in processes.in_turn(SUBJECTS, index)
    ]
    return processes.measure(
        subjects, rounds=1, log_dir=log_dir, round_seconds=ROUND_SECONDS
    )


def _add(found: Measurement, measurement: Measurement) -> None:
    found.rounds += measurement.rounds
    found.error = measurement.error
    found.import_mb = measurement.import_mb
    found.peak_mb = max(found.peak_mb or 0, measurement.peak_mb or 0) or None
