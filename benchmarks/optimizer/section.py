"""Exact sparse Adam: its cost in time and its gain in loss.

`exact` is `SparseAdam()`, `lazy` is `SparseAdam(semantics="lazy")`, `dense` is
Keras's Adam, whose step visits every row of the table. Losses are those of MMoE
on Book-Crossing by `configs/book_crossing.py`, the same initial weights and
order of rows within a seed; all three decay the rows that a step touches.
"""

import dataclasses
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import ratio
from benchmarks.harness.comparison import row
from benchmarks.harness.measurement import Measurement
from benchmarks.optimizer import loss as optimizer_loss
from benchmarks.optimizer.loss import OPTIMIZERS
from benchmarks.optimizer.loss import loss_difference
from benchmarks.settings import Settings
from benchmarks.workload import Workload

STEP = "step_ms"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the comparison.

    Args:
        vocabularies: label -> rows of the table.
        batch_size: examples of a step.
        num_examples: examples in memory.
    """

    vocabularies: dict[str, int]
    batch_size: int = 512
    num_examples: int = 2**17

    def workload(self, label: str) -> Workload:
        """The workload of a vocabulary."""
        return Workload(
            vocabulary=self.vocabularies[label],
            batch_size=self.batch_size,
            num_examples=self.num_examples,
        )


FULL = Plan(vocabularies={"300k": 300_000, "4M": 4_000_000})
SMOKE = Plan(vocabularies={"1k": 1_200}, batch_size=64, num_examples=2**10)


def run(settings: Settings) -> dict[str, Any]:
    """Measures steps of MMoE, then losses.

    Returns:
        `exact_step_over_lazy` and `exact_step_over_dense`: rows of the table ->
        `ratio` (median over the rounds) and `spread` of step times; below 1,
        exact is faster. `exact_minus_dense_loss` and `lazy_minus_dense_loss`:
        split of Book-Crossing -> `mean`, `standard_error` and `seeds` of the
        paired differences of the summed log loss; below 0, better than dense.
        See `benchmarks.optimizer.loss`; without the data, the `reason`.
        `rows`: all figures.
    """
    plan = SMOKE if settings.is_smoke else FULL
    rows: list[dict[str, Any]] = []
    over_lazy: dict[str, Any] = {}
    over_dense: dict[str, Any] = {}
    for label in plan.vocabularies:
        processes.progress(f"optimizer: {label} rows")
        exact, lazy, dense = _measure(plan.workload(label), settings)
        over_lazy[label] = ratio(exact, lazy, STEP)
        over_dense[label] = ratio(exact, dense, STEP)
        rows += [
            {"measured": f"step, {label} rows", **row(m)}
            for m in (exact, lazy, dense)
        ]
    results = {
        "exact_step_over_lazy": over_lazy,
        "exact_step_over_dense": over_dense,
    }
    if not settings.is_smoke:
        processes.progress("optimizer: losses on Book-Crossing")
        exact, lazy, dense = losses = optimizer_loss.measure(settings)
        results |= {
            "exact_minus_dense_loss": loss_difference(exact, dense),
            "lazy_minus_dense_loss": loss_difference(lazy, dense),
        }
        rows += [{"measured": "Book-Crossing", **row(m)} for m in losses]
    return {**results, "rows": rows}


def _measure(workload: Workload, settings: Settings) -> list[Measurement]:
    subjects = [
        processes.Subject(
            name=name,
            module="benchmarks.optimizer.step_subject",
            config={
                "optimizer": name,
                "workload": dataclasses.asdict(workload),
            },
        )
        for name in OPTIMIZERS
    ]
    return processes.measure(
        subjects,
        settings.rounds,
        settings.log_dir / f"optimizer-step-{workload.vocabulary}",
    )
