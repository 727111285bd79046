"""The share of the time of `fit` in which steps wait for their batch.

The wait is timed where a step asks for its batch, over whole epochs with their
shuffling. `ready_share` is the wait for batches that lie ready in memory: no
input could be faster.
"""

import dataclasses
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import row
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.workload import Workload


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the measurements.

    Args:
        batch_sizes: label -> examples of a step. A label that starts with
            `search` is that of a search, others train MMoE.
        vocabulary: rows of the table.
        num_examples: examples in memory: an epoch.
    """

    batch_sizes: dict[str, int]
    vocabulary: int = 300_000
    num_examples: int = 2**17

    def workload(self, label: str) -> Workload:
        """The workload of a batch size."""
        return Workload(
            vocabulary=self.vocabulary,
            batch_size=self.batch_sizes[label],
            num_examples=self.num_examples,
        )


FULL = Plan(batch_sizes={"mmoe_512": 512, "mmoe_4096": 4096, "search_512": 512})
SMOKE = Plan(batch_sizes={"mmoe_64": 64}, vocabulary=1_200, num_examples=2**10)


def run(settings: Settings) -> dict[str, Any]:
    """Measures epochs in turn.

    Returns:
        `input_wait_share`: label -> `share` (median over the rounds) of an
        epoch's time that its steps wait for their batch, and `spread`. The
        search draws one route a step, which is when it is fastest, and scores
        it on 1024 rows. `rows`: all figures.
    """
    plan = SMOKE if settings.is_smoke else FULL
    subjects = [
        processes.Subject(
            name=label,
            module="benchmarks.input.wait_subject",
            config={
                "is_search": label.startswith("search"),
                "workload": dataclasses.asdict(plan.workload(label)),
            },
        )
        for label in plan.batch_sizes
    ]
    measurements = processes.measure(
        subjects, settings.rounds, settings.log_dir / "input"
    )
    return {
        "input_wait_share": {m.subject: _share(m) for m in measurements},
        "rows": [row(m) for m in measurements],
    }


def _share(measurement: Measurement) -> dict[str, Any] | None:
    summary = measurement.summary("share")
    if summary is None:
        return None
    return {"share": summary["median"], "spread": summary["spread"]}
