"""Training of `mtnas_tf`'s MMoE: `fit` on `MultiTaskData`.

One table for all fields, exact sparse Adam, XLA. Variants: `"plain"`: no
normalization, as most peers; `"defaults"`: with the layer normalization of
experts and the batch normalization of gates that are the defaults.
"""

from collections.abc import Callable
from typing import Any

import mtnas_tf as mt
from benchmarks.fit_rounds import fit_rounds
from benchmarks.step_clock import StepClock
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    is_plain = config["variant"] == "plain"
    data = new_data(workload)
    model = new_model(
        "mmoe",
        workload,
        normalization=None if is_plain else "layer",
        gate_normalization=None if is_plain else "batch",
    )
    model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    return fit_rounds(model, data.train, clock)
