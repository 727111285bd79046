"""Steps of a sharing method by `fit`, as large as MMoE."""

from collections.abc import Callable
from typing import Any

import mtnas_tf as mt
from benchmarks.harness.fit_rounds import fit_rounds
from benchmarks.harness.step_clock import StepClock
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_schema
from benchmarks.workload_models import num_dense_parameters
from mtnas_tf.config import BaseConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.experiment import building
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")
MMOE = "mmoe"
TOLERANCE = 0.05  # of its dense parameters


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment.

    Args:
        config: `workload`, and `model`: key of `mtnas_tf.models.MODELS`.
    """
    workload = Workload(**config["workload"])
    data = new_data(workload)
    model, units = new_matched_model(config["model"], workload)
    model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    measure = fit_rounds(model, data.train, clock)
    sizes = {"dense_parameters": num_dense_parameters(model), "units": units}
    return lambda: {**measure(), **sizes}


def new_matched_model(name: str, workload: Workload) -> tuple[Any, int]:
    """A model as large as the workload's MMoE, in the shape of `compare`.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        workload: the workload.

    Returns:
        `(model, units)`: the width at which its dense parameters come closest.

    Raises:
        ValueError: if they differ by more than 5 %.
    """
    config = ExperimentConfig(
        base=BaseConfig(embedding_dim=workload.embedding_dim),
        model=ModelConfig(
            num_subnetworks=workload.num_experts, units=workload.units
        ),
    )
    schema = new_schema(workload)
    mmoe = building.build_model(MMOE, config, schema)
    if name == MMOE:
        return mmoe, workload.units
    target = num_dense_parameters(mmoe)
    units = ZooBaseline(name, config, schema, target).units
    model = building.build_model(name, config, schema, units=units)
    count = num_dense_parameters(model)
    if abs(count - target) > TOLERANCE * target:
        raise ValueError(
            f"`name` must have a width with {target} dense parameters. "
            f"Received: name={name!r}, which has {count} at {units}"
        )
    return model, units
