"""Resident memory of a training and of a search with a large table.

Memory is measured from the import of the libraries, which is left out, to the
end of `fit`, for MMoE and a search that draws eight routes a step, with exact
sparse Adam.
"""

import dataclasses
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import row
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.workload import Workload

NAMES = ("train", "search")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the trainings.

    Args:
        label: of the table's rows, in the keys of results.
        workload: ids and sizes.
        num_routes: routes of a search step.
        steps: steps of `fit`.
    """

    label: str
    workload: Workload
    num_routes: int
    steps: int


FULL = Plan(
    label="4M",
    workload=Workload(vocabulary=4_000_000, batch_size=512),
    num_routes=8,
    steps=50,
)
SMOKE = Plan(
    label="12k",
    workload=Workload(
        vocabulary=12_000, batch_size=64, num_examples=2**10, num_experts=2
    ),
    num_routes=1,
    steps=3,
)


def run(settings: Settings) -> dict[str, Any]:
    """Trains MMoE and searches, once each, in processes of their own.

    Returns:
        `memory_<rows>_above_import_mb`: peak resident memory from the start to
        the end of `fit`, less what the libraries take once imported, for
        `train` and `search`. `memory_<rows>_end_of_fit_mb`: by how much the end
        of `fit`, where the optimizer brings the whole table up to date, exceeds
        the memory in use at the last step. `rows`: all figures, above the
        libraries' too; `variables_mb` is what weights and the optimizer's state
        take by themselves.
    """
    plan = SMOKE if settings.is_smoke else FULL
    subjects = [
        processes.Subject(
            name=name,
            module="benchmarks.memory.fit_subject",
            config={
                "is_search": name == "search",
                "num_routes": plan.num_routes,
                "steps": plan.steps,
                "workload": dataclasses.asdict(plan.workload),
            },
        )
        for name in NAMES
    ]
    measurements = [
        processes.measure([subject], 1, settings.log_dir / "memory")[0]
        for subject in subjects
    ]
    return {
        f"memory_{plan.label}_above_import_mb": _by_name(
            measurements, "fit_peak_mb"
        ),
        f"memory_{plan.label}_end_of_fit_mb": _by_name(
            measurements, "end_of_fit_mb"
        ),
        "rows": [row(m) for m in measurements],
    }


def _by_name(
    measurements: list[Measurement], figure: str
) -> dict[str, float | None]:
    return {
        m.subject: m.rounds[0][figure] if m.rounds else None
        for m in measurements
    }
