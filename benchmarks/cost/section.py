"""Time of a training step and of a search step, beside lower bounds.

One size changes at a time around a common centre. The lower bounds are the
arithmetic and the memory traffic of a step (see `benchmarks.cost.counts`) at
the best rates that this machine reaches (see `benchmarks.cost.roofline`).
"""

import dataclasses
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from benchmarks.cost.counts import StepCounts
from benchmarks.cost.counts import search_counts
from benchmarks.cost.counts import training_counts
from benchmarks.cost.point import CostPoint
from benchmarks.cost.roofline import Roofline
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings

READY_SECONDS = 900  # all models of a kind of step get compiled
CENTRE = "centre"
SMALLEST_NAME = "smallest"
# As small as a model can be: what a step costs whatever its size.
SMALLEST = CostPoint(
    num_fields=1,
    batch_size=2,
    vocabulary=12,
    num_subnetworks=1,
    num_routes=1,
    num_tasks=1,
    reward_batch_size=2,
    units=1,
    embedding_dim=1,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sweep:
    """Sizes of one kind of step.

    Args:
        step: `"training"` or `"search"`.
        count: what a step of given sizes has to do.
        centre: the sizes that stay while one changes.
        factors: field of `CostPoint` -> its values.
    """

    step: str
    count: Callable[[CostPoint], StepCounts]
    centre: CostPoint
    factors: dict[str, tuple[int, ...]]

    @property
    def points(self) -> dict[str, CostPoint]:
        """Every distinct point, and the smallest, under a name."""
        found = {SMALLEST_NAME: SMALLEST}
        return found | {name: point for name, point, *_ in self.walk()}

    def walk(self) -> Iterator[tuple[str, CostPoint, str, int]]:
        """A point's name, the point, its factor and the factor's value."""
        for factor, values in self.factors.items():
            for value in values:
                changed: dict[str, Any] = {factor: value}
                point = dataclasses.replace(self.centre, **changed)
                names = {SMALLEST: SMALLEST_NAME, self.centre: CENTRE}
                name = names.get(point, f"{factor} {value}")
                yield name, point, factor, value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the measurements.

    Args:
        sweeps: one for each kind of step.
        copy_bytes: sizes of the copies that bandwidth comes from.
        shapes: `(m, k, n)` of the matrix products that the peak comes from.
        num_examples: examples in memory.
        num_lookups: rows of a table read or written at once.
        step_seconds: about how long a round of one point takes.
        probe_seconds: the same of one limit of the machine.
    """

    sweeps: tuple[Sweep, ...]
    copy_bytes: tuple[int, ...]
    shapes: tuple[tuple[int, int, int], ...]
    num_examples: int
    num_lookups: int
    step_seconds: float
    probe_seconds: float

    @property
    def vocabularies(self) -> list[int]:
        """Measurements of all points."""
        return sorted(
            {
                point.vocabulary
                for sweep in self.sweeps
                for _, point, *_ in sweep.walk()
            }
        )


FACTORS = {
    "num_fields": (4, 12, 40),
    "batch_size": (128, 512, 2048, 8192),
    "vocabulary": (10_000, 100_000, 1_000_000, 4_000_000),
    "num_subnetworks": (2, 4, 8),
    "num_layers": (1, 2, 3),
    "num_tasks": (1, 2, 4, 8),
}
FULL = Plan(
    sweeps=(
        Sweep(
            step="training",
            count=training_counts,
            centre=CostPoint(),
            factors=FACTORS,
        ),
        Sweep(
            step="search",
            count=search_counts,
            centre=CostPoint(num_layers=2),
            factors={**FACTORS, "num_routes": (1, 2, 4, 8, 16)},
        ),
    ),
    copy_bytes=tuple(2**power for power in (18, 20, 22, 24, 26, 29)),
    # A large one, then those of the centre's two layers.
    shapes=((1024, 1024, 1024), (512, 120, 256), (512, 64, 64)),
    num_examples=2**16,
    num_lookups=2**17,
    step_seconds=0.2,
    probe_seconds=0.05,
)
SMOKE = Plan(
    sweeps=(
        Sweep(
            step="training",
            count=training_counts,
            centre=SMALLEST,
            factors={"batch_size": (2, 4)},
        ),
        Sweep(
            step="search",
            count=search_counts,
            centre=SMALLEST,
            factors={"num_routes": (1, 2)},
        ),
    ),
    copy_bytes=(2**16, 2**18),
    shapes=((8, 8, 8),),
    num_examples=2**10,
    num_lookups=2**10,
    step_seconds=0.01,
    probe_seconds=0.001,
)


def run(settings: Settings) -> dict[str, Any]:
    """Measures all points and the machine's limits in turn.

    Returns:
        `cost_centre`: kind of step -> sizes that stay while one changes.
        `cost_fixed_ms`: kind of step -> time of a step of the smallest model.
        `cost_limits`: what the bounds come from, see
        `benchmarks.cost.limits_subject`. `rows`: for each value of each
        factor the measured `step_ms`, the counts, the lower bounds
        `arithmetic_ms` and `memory_ms` (with the table's part `table_ms`), and
        `largest`: which of the bounds and the fixed cost is.
    """
    plan = SMOKE if settings.is_smoke else FULL
    *steps, limits = processes.measure(
        [*(_subject(plan, sweep) for sweep in plan.sweeps), _limits(plan)],
        settings.rounds,
        settings.log_dir / "cost",
        ready_seconds=READY_SECONDS,
    )
    for measurement in (*steps, limits):
        if not measurement.rounds:
            raise RuntimeError(f"{measurement.subject}: {measurement.error}")
    roofline = Roofline.from_measurement(limits)
    return {
        "cost_centre": {
            sweep.step: dataclasses.asdict(sweep.centre)
            for sweep in plan.sweeps
        },
        "cost_fixed_ms": {
            sweep.step: measurement.summary(SMALLEST_NAME)
            for sweep, measurement in zip(plan.sweeps, steps, strict=True)
        },
        "cost_limits": {
            name: limits.summary(name) for name in limits.rounds[0]
        },
        "rows": [
            row
            for sweep, measurement in zip(plan.sweeps, steps, strict=True)
            for row in _rows(sweep, measurement, roofline)
        ],
    }


def _subject(plan: Plan, sweep: Sweep) -> processes.Subject:
    return processes.Subject(
        name=sweep.step,
        module="benchmarks.cost.steps_subject",
        config={
            "step": sweep.step,
            "points": {
                name: dataclasses.asdict(point)
                for name, point in sweep.points.items()
            },
            "num_examples": plan.num_examples,
            "seconds": plan.step_seconds,
        },
    )


def _limits(plan: Plan) -> processes.Subject:
    return processes.Subject(
        name="limits",
        module="benchmarks.cost.limits_subject",
        config={
            "copy_bytes": plan.copy_bytes,
            "shapes": plan.shapes,
            "vocabularies": plan.vocabularies,
            "num_lookups": plan.num_lookups,
            "seconds": plan.probe_seconds,
        },
    )


def _rows(
    sweep: Sweep, measurement: Measurement, roofline: Roofline
) -> Iterator[dict[str, Any]]:
    fixed = measurement.summary(SMALLEST_NAME)
    for name, point, factor, value in sweep.walk():
        counts = sweep.count(point)
        arithmetic_ms = roofline.arithmetic_ms(counts)
        table_ms = roofline.table_ms(counts, point.vocabulary)
        memory_ms = roofline.stream_ms(counts) + table_ms
        terms = {
            "arithmetic": arithmetic_ms,
            "memory": memory_ms,
            "fixed": fixed["median"] if fixed else 0.0,
        }
        yield {
            "step": sweep.step,
            "factor": factor,
            "value": value,
            "step_ms": measurement.summary(name),
            "gflop": counts.flops / 1e9,
            "streamed_mb": sum(counts.streams) / 1e6,
            "table_rows": counts.gathered_rows + counts.scattered_rows,
            "arithmetic_ms": arithmetic_ms,
            "memory_ms": memory_ms,
            "table_ms": table_ms,
            "largest": max(terms, key=lambda term: terms[term]),
        }
