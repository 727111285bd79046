"""Steps of every sharing method, against MMoE of equal size.

MMoE of four experts of 256, and each other method at the width where it has
about as many dense parameters, in the shape that `mtnas compare` gives it: two
layers where a method has layers, normalized hidden layers and gates. A table of
ten thousand rows, `SparseAdam`; methods with a table for each task have more.
Every few methods are measured beside an MMoE of their own.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import ratio
from benchmarks.harness.comparison import row
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.workload import Workload
from benchmarks.zoo.step_subject import MMOE
from mtnas_tf.config.model_config import SUPERNETS
from mtnas_tf.models import MODELS

STEP = "step_ms"
# Processes beside MMoE at a time: each has most of a gigabyte.
BESIDE = 4
# Some methods take minutes to compile where the machine is busy.
READY_SECONDS = 900
FULL = Workload(vocabulary=10_000, batch_size=512, units=256)
SMOKE = Workload(vocabulary=1_200, batch_size=64, num_examples=2**10, units=256)
OTHERS = tuple(name for name in MODELS if name not in (MMOE, *SUPERNETS))


def run(settings: Settings) -> dict[str, Any]:
    """Measures steps of all methods, but searches; of two in a smoke run.

    Returns:
        `zoo_step_over_mmoe`: name of the method -> `ratio` (median over the
        rounds) and `spread` of step times. `rows`: all figures.
    """
    workload, names_of_all = FULL, OTHERS
    if settings.is_smoke:
        workload, names_of_all = SMOKE, OTHERS[:2]
    ratios: dict[str, Any] = {}
    rows = []
    for start in range(0, len(names_of_all), BESIDE):
        names = names_of_all[start : start + BESIDE]
        mmoe, *others = _measure(names, workload, settings)
        ratios |= {each.subject: ratio(each, mmoe, STEP) for each in others}
        rows += [row(each) for each in (mmoe, *others)]
    return {"zoo_step_over_mmoe": ratios, "rows": rows}


def _measure(
    names: Sequence[str], workload: Workload, settings: Settings
) -> list[Measurement]:
    """MMoE and some others in turn."""
    subjects = [
        processes.Subject(
            name=name,
            module="benchmarks.zoo.step_subject",
            config={"model": name, "workload": dataclasses.asdict(workload)},
        )
        for name in (MMOE, *names)
    ]
    return processes.measure(
        subjects,
        settings.rounds,
        settings.log_dir / "zoo",
        ready_seconds=READY_SECONDS,
    )
