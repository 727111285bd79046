"""Steps that balance two tasks, against plain ones.

MMoE of four experts, a table of four million rows, `SparseAdam`. Weights of
losses take one backward pass, FAMO one more forward pass; combinations of
gradients take a backward pass a task.
"""

import dataclasses
from typing import Any

from benchmarks.harness import processes
from benchmarks.harness.comparison import ratio
from benchmarks.harness.comparison import row
from benchmarks.settings import Settings
from benchmarks.workload import Workload
from mtnas_tf.balancing import BALANCINGS

PLAIN = "plain"
STEP = "step_ms"
FULL = Workload(vocabulary=4_000_000, batch_size=512)
SMOKE = Workload(vocabulary=1_200, batch_size=64, num_examples=2**10)


def run(settings: Settings) -> dict[str, Any]:
    """Measures steps of MMoE.

    Returns:
        `balanced_step_over_plain`: name of the balancing -> `ratio` (median
        over the rounds) and `spread` of step times. `rows`: all figures.
    """
    workload = SMOKE if settings.is_smoke else FULL
    subjects = [
        processes.Subject(
            name=name or PLAIN,
            module="benchmarks.balancing.step_subject",
            config={
                "balancing": name,
                "workload": dataclasses.asdict(workload),
            },
        )
        for name in (None, *BALANCINGS)
    ]
    plain, *others = processes.measure(
        subjects, settings.rounds, settings.log_dir / "balancing"
    )
    return {
        "balanced_step_over_plain": {
            each.subject: ratio(each, plain, STEP) for each in others
        },
        "rows": [row(each) for each in (plain, *others)],
    }
