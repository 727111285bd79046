"""The cost of a search, compared with a plain training.

Steps are compared on random data. The supernet has two layers of four
sub-networks; MMoE has as many dense parameters in one layer, ML-MMoE in two.
All of them train by `fit` with exact sparse Adam and layer normalization. S1
draws one route a step, as the paper does, S8 eight, which are one another's
baseline.

Whole searches of `configs/book_crossing.py`, among candidates (its 32
trainings, the default) or in a supernet, are timed from compilation to the
route. They are divided by one training of MMoE, of the config's width and to
its early stop. Each runs in a fresh process; reading the data is left out.
"""

import dataclasses
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import ratio
from benchmarks.harness.comparison import row
from benchmarks.harness.measurement import Measurement
from benchmarks.search import total as search_total
from benchmarks.settings import Settings
from benchmarks.workload import Workload

STEP = "step_ms"
SEARCHES = {f"S{routes}": {"num_routes": routes} for routes in (1, 8)}
MMOE = "MMoE, equal count"
SMALL_MMOE = "MMoE"
ML_MMOE = "ML-MMoE, equal count"
NETWORKS = {
    MMOE: {"model": "mmoe", "is_matched": True},
    SMALL_MMOE: {"model": "mmoe", "is_matched": False},
    ML_MMOE: {"model": "ml_mmoe", "is_matched": True},
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the comparison.

    Args:
        workload: ids and sizes.
        subjects: name -> config of `benchmarks.search.step_subject`.
    """

    workload: Workload
    subjects: dict[str, dict[str, Any]]


FULL = Plan(
    workload=Workload(vocabulary=300_000, batch_size=512),
    subjects={**SEARCHES, **NETWORKS},
)
SMOKE = Plan(
    workload=Workload(
        vocabulary=1_200, batch_size=64, num_examples=2**10, num_experts=2
    ),
    subjects={"S1": SEARCHES["S1"], MMOE: NETWORKS[MMOE]},
)


def run(settings: Settings) -> dict[str, Any]:
    """Measures steps, then whole trainings.

    Returns:
        `search_step_over_mmoe`: routes of a step -> `ratio` (median over the
        rounds) and `spread` of a search step over a training step of MMoE with
        as many dense parameters; below 1, the search step is faster.
        `search_step_over_small_mmoe` and `search_step_over_ml_mmoe`: the same
        over MMoE with experts as wide as the sub-networks, and over ML-MMoE
        with as many parameters. `search_total_over_mmoe_training`: the same of
        the wall time of whole searches on Book-Crossing, see
        `benchmarks.search.total`; `ratio` is None, with the `reason`, without
        the data. `rows`: all figures.
    """
    plan = SMOKE if settings.is_smoke else FULL
    processes.progress("search: steps")
    steps = _measure(plan, settings)
    results: dict[str, Any] = {
        "search_step_over_mmoe": _ratios(steps, MMOE),
        "search_step_over_small_mmoe": _ratios(steps, SMALL_MMOE),
        "search_step_over_ml_mmoe": _ratios(steps, ML_MMOE),
    }
    rows = [{"measured": "step", **row(m)} for m in steps.values()]
    if not settings.is_smoke:
        processes.progress("search: whole runs on Book-Crossing")
        totals = search_total.measure(settings)
        results["search_total_over_mmoe_training"] = search_total.total_ratios(
            totals
        )
        rows += [{"measured": "Book-Crossing", **row(m)} for m in totals]
    return {**results, "rows": rows}


def _measure(plan: Plan, settings: Settings) -> dict[str, Measurement]:
    subjects = [
        processes.Subject(
            name=name,
            module="benchmarks.search.step_subject",
            config={**config, "workload": dataclasses.asdict(plan.workload)},
        )
        for name, config in plan.subjects.items()
    ]
    measurements = processes.measure(
        subjects, settings.rounds, settings.log_dir / "search-step"
    )
    return {m.subject: m for m in measurements}


def _ratios(steps: dict[str, Measurement], network: str) -> dict[str, Any]:
    if network not in steps:
        return {}
    return {
        name: ratio(steps[name], steps[network], STEP)
        for name in SEARCHES
        if name in steps
    }
