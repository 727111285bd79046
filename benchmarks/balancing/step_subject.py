"""Steps of MMoE by `fit`, with one of the ways to balance tasks."""

from collections.abc import Callable
from typing import Any

from benchmarks.harness.fit_rounds import fit_rounds
from benchmarks.harness.step_clock import StepClock
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment.

    Args:
        config: `workload`, and `balancing`: key of
            `mtnas_tf.balancing.BALANCINGS`, or None.
    """
    workload = Workload(**config["workload"])
    data = new_data(workload)
    model = new_model("mmoe", workload)
    model.compile(balancing=config["balancing"])
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    return fit_rounds(model, data.train, clock)
