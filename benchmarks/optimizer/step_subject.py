"""Steps of MMoE by `fit`, with one of the optimizers."""

from collections.abc import Callable
from typing import Any

import keras

import mtnas_tf as mt
from benchmarks.harness.fit_rounds import fit_rounds
from benchmarks.harness.step_clock import StepClock
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment.

    Args:
        config: `workload`, and `optimizer`: `"exact"`, `"lazy"` or `"dense"`.
    """
    workload = Workload(**config["workload"])
    data = new_data(workload)
    model = new_model("mmoe", workload)
    model.compile(_optimizer(config["optimizer"], workload.learning_rate))
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    return fit_rounds(model, data.train, clock)


def _optimizer(name: str, learning_rate: float) -> keras.optimizers.Optimizer:
    if name == "dense":
        return keras.optimizers.Adam(learning_rate)
    return mt.optimizers.SparseAdam(learning_rate, semantics=name)
