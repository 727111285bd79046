"""Steps of a search, or of a network it is compared with, by `fit`."""

from collections.abc import Callable
from typing import Any

import mtnas_tf as mt
from benchmarks.harness.fit_rounds import fit_rounds
from benchmarks.harness.step_clock import StepClock
from benchmarks.workload import Workload
from benchmarks.workload_models import matched_units
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model
from benchmarks.workload_models import new_search
from benchmarks.workload_models import num_dense_parameters

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment.

    Args:
        config: `workload`; and `num_routes` of a search, or `model`, a name of
            the zoo, and `is_matched`: whether it is as large as the supernet.
    """
    workload = Workload(**config["workload"])
    data = new_data(workload)
    if "num_routes" in config:
        model: Any = new_search(workload, config["num_routes"])
        batches = data.search
    else:
        model = _network(workload, config["model"], config["is_matched"])
        batches = data.train
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    measure = fit_rounds(model, batches, clock)
    size = {"dense_parameters": num_dense_parameters(model)}
    return lambda: {**measure(), **size}


def _network(workload: Workload, name: str, is_matched: bool) -> Any:
    units = matched_units(name, workload) if is_matched else None
    model = new_model(name, workload, units)
    model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
    return model
