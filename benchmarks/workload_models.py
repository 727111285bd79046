"""Data and models of `mtnas_tf` for a workload."""

import bisect
import dataclasses
from typing import Any

import mtnas_tf as mt
from benchmarks.workload import TASKS
from benchmarks.workload import Workload
from mtnas_tf.experiment.building import count_parameters

MAX_UNITS = 4096
TOLERANCE = 0.01  # of the supernet's dense parameters


def new_schema(workload: Workload) -> mt.data.DatasetSchema:
    """The workload's fields and tasks."""
    return mt.data.DatasetSchema(
        name="random",
        fields=tuple(
            mt.data.FieldSpec(name=name) for name in workload.field_names
        ),
        tasks=tuple(mt.data.TaskSpec(name=task) for task in TASKS),
        num_buckets=workload.num_rows,
    )


def new_data(workload: Workload) -> mt.data.MultiTaskData:
    """The workload's examples, the same in all three splits."""
    split = mt.data.Split(
        {"ids": workload.shared_ids},
        {
            task: workload.labels[:, index : index + 1]
            for index, task in enumerate(TASKS)
        },
    )
    return mt.data.MultiTaskData(
        new_schema(workload),
        split,
        split,
        split,
        batch_size=workload.batch_size,
    )


def new_model(
    name: str, workload: Workload, units: int | None = None, **kwargs: Any
) -> Any:
    """A model of the zoo with experts, not compiled.

    Args:
        name: `"mmoe"` or `"ml_mmoe"`.
        workload: the workload.
        units: width of an expert. Defaults to the workload's.
        **kwargs: passed to the model.
    """
    return mt.models.MODELS[name](
        new_schema(workload),
        num_experts=workload.num_experts,
        hidden_units=(units or workload.units,),
        embedding_dim=workload.embedding_dim,
        **kwargs,
    )


def new_search(workload: Workload, num_routes: int) -> mt.search.SearchModel:
    """A search over two layers, compiled.

    Args:
        workload: the workload.
        num_routes: routes of a step. One is the paper's setting and goes with
            its moving average; several are one another's baseline.
    """
    search = mt.search.SearchModel(_new_supernet(workload))
    search.compile(
        mt.optimizers.SparseAdam(workload.learning_rate),
        estimator="paper"
        if num_routes == 1
        else mt.search.estimators.Reinforce(num_routes),
    )
    return search


def matched_units(name: str, workload: Workload) -> int:
    """The width at which a model is as large as the supernet.

    Args:
        name: as for `new_model`.
        workload: the workload.

    Raises:
        ValueError: if the dense parameters differ by more than 1 %.
    """
    # The table is no part of the match: one row a field.
    workload = dataclasses.replace(workload, vocabulary=workload.num_fields)
    target = num_dense_parameters(_new_supernet(workload))

    def count(units: int) -> int:
        return num_dense_parameters(new_model(name, workload, units))

    above = 1 + bisect.bisect_left(range(1, MAX_UNITS), target, key=count)
    closest = min(
        (max(above - 1, 1), above), key=lambda units: abs(count(units) - target)
    )
    if abs(count(closest) - target) > TOLERANCE * target:
        raise ValueError(
            f"`name` must have a width with {target} dense parameters. "
            f"Received: name={name!r}, which has {count(closest)} at {closest}"
        )
    return closest


def num_dense_parameters(model: Any) -> int:
    """Trainable weights outside the embedding table."""
    return count_parameters(model)["dense"]


def _new_supernet(workload: Workload) -> mt.models.MTNAS:
    return mt.models.MTNAS(
        new_schema(workload),
        num_subnetworks=workload.num_experts,
        units=workload.units,
        embedding_dim=workload.embedding_dim,
    )
