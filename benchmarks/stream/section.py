"""Speed and memory of streaming data larger than memory.

Rows have nine ids and two labels. There are as many as in the largest data set,
eight tenths of them for training, in batches of 512. Nothing is trained: an
epoch of batches is drawn and dropped inside `tf.data`. `tfds` is `tfds.load`
and `batch`, which decode row by row, on a prefix of the rows.
"""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import ratio
from benchmarks.harness.comparison import row
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.stream import rows as stream_rows

BATCH_SIZE = 512
NAMES = ("streamed", "streamed_search", "in_memory", "tfds")
ROUND_SECONDS = 600


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the streams.

    Args:
        num_rows: rows of all splits together.
        num_prefix_rows: rows that TFDS reads.
        shuffle_window: rows of a stream that are shuffled together.
    """

    num_rows: int
    num_prefix_rows: int
    shuffle_window: int


FULL = Plan(num_rows=19_622_340, num_prefix_rows=20_000, shuffle_window=2**20)
SMOKE = Plan(num_rows=100_000, num_prefix_rows=1_024, shuffle_window=2**15)


def run(settings: Settings) -> dict[str, Any]:
    """Writes the rows, then draws epochs in turn.

    Returns:
        `stream_examples_per_second`: name -> median over the rounds, and
        `spread`; of `streamed_search` its training rows, which come with twice
        as many for the reward. `stream_over_in_memory` and `stream_over_tfds`:
        ratios of examples a second. `stream_peak_mb`: name -> peak resident
        memory of the process, the libraries' included. `rows`: all figures.
    """
    return measure(SMOKE if settings.is_smoke else FULL, settings)


def measure(plan: Plan, settings: Settings) -> dict[str, Any]:
    """`run` of a plan."""
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.log_dir) as directory:
        stream_rows.write(Path(directory), plan.num_rows, plan.num_prefix_rows)
        measurements = processes.measure(
            [_subject(name, plan, directory) for name in NAMES],
            settings.rounds,
            settings.log_dir / "stream",
            round_seconds=ROUND_SECONDS,
        )
    streamed, _, in_memory, tfds = measurements
    figure = "examples_per_second"
    return {
        f"stream_{figure}": {m.subject: _speed(m) for m in measurements},
        "stream_over_in_memory": ratio(streamed, in_memory, figure),
        "stream_over_tfds": ratio(streamed, tfds, figure),
        "stream_peak_mb": {m.subject: m.peak_mb for m in measurements},
        "rows": [row(m) for m in measurements],
    }


def _subject(name: str, plan: Plan, directory: str) -> processes.Subject:
    return processes.Subject(
        name=name,
        module="benchmarks.stream.read_subject",
        config={
            "kind": name,
            "directory": str(Path(directory).resolve()),
            "batch_size": BATCH_SIZE,
            "shuffle_window": plan.shuffle_window,
        },
    )


def _speed(measurement: Measurement) -> dict[str, Any] | None:
    summary = measurement.summary("examples_per_second")
    if summary is None:
        return None
    return {"speed": summary["median"], "spread": summary["spread"]}
