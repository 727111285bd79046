"""Memory of some steps of `fit`, a training of MMoE or a search."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import mtnas_tf as mt
from benchmarks.harness.subject import memory_mb
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model
from benchmarks.workload_models import new_search

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, not yet trained; there is one round.

    Args:
        config: `workload`, `steps`, `is_search` and its `num_routes`.
    """
    import_mb = _memory_mb("VmRSS")
    workload = Workload(**config["workload"])
    data = new_data(workload)
    if config["is_search"]:
        model: Any = new_search(workload, config["num_routes"])
        batches = data.search
    else:
        model = new_model("mmoe", workload)
        model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
        batches = data.train
    built_mb = _memory_mb("VmHWM")

    def measure() -> dict[str, float]:
        last_step = _MemoryOfSteps()
        model.fit(
            batches,
            steps_per_epoch=config["steps"],
            verbose=0,
            callbacks=[last_step],
        )
        peak_mb = _memory_mb("VmHWM")
        return {
            "variables_mb": _variables_mb(model),
            "build_peak_mb": built_mb - import_mb,
            "step_mb": last_step.resident_mb - import_mb,
            "step_peak_mb": last_step.peak_mb - import_mb,
            "fit_peak_mb": peak_mb - import_mb,
            "end_of_fit_mb": peak_mb - last_step.resident_mb,
        }

    return measure


class _MemoryOfSteps(keras.callbacks.Callback):
    """Memory resident at the end of the last step, and its peak until then."""

    def __init__(self) -> None:
        super().__init__()
        self.resident_mb = 0.0
        self.peak_mb = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.resident_mb = _memory_mb("VmRSS")
        self.peak_mb = _memory_mb("VmHWM")


def _memory_mb(kind: str) -> float:
    found = memory_mb(kind)
    if found is None:
        raise RuntimeError("There is no /proc/self/status to read memory from")
    return found


def _variables_mb(model: Any) -> float:
    """Bytes of the weights and their optimizer state."""
    variables = {id(v): v for v in model.variables + model.optimizer.variables}
    sizes = [
        math.prod(v.shape) * np.dtype(v.dtype).itemsize
        for v in variables.values()
    ]
    return sum(sizes) / 2**20
