"""Steps of `mtnas_tf` by `fit`, for many sizes in one process.

`training` is MMoE (ML-MMoE where there are several layers), `search` the search
over a supernet, by rewards. A figure is the milliseconds of a step.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import mtnas_tf as mt
from benchmarks.cost.point import CostPoint
from benchmarks.harness.fit_rounds import fit_rounds
from benchmarks.harness.step_clock import StepClock
from benchmarks.workload import Workload

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """A model of every point, trained for a moment."""
    make = {"training": _training, "search": _search}[config["step"]]
    rounds = {}
    for name, sizes in config["points"].items():
        point = CostPoint(**sizes)
        data = _data(point, config["num_examples"])
        clock = StepClock(
            point.batch_size, data.steps_per_epoch, config["seconds"]
        )
        rounds[name] = fit_rounds(*make(point, data), clock)
    names = list(rounds)

    def measure() -> dict[str, float]:
        names.reverse()  # a machine that slows down favours no point
        return {name: rounds[name]()["step_ms"] for name in names}

    return measure


def _training(point: CostPoint, data: mt.data.MultiTaskData) -> tuple[Any, Any]:
    model = mt.models.MLMMoE(
        data.schema,
        num_layers=point.num_layers,
        num_experts=point.num_subnetworks,
        hidden_units=(point.units,),
        embedding_dim=point.embedding_dim,
    )
    model.compile()
    return model, data.train


def _search(point: CostPoint, data: mt.data.MultiTaskData) -> tuple[Any, Any]:
    supernet = mt.models.MTNAS(
        data.schema,
        num_layers=point.num_layers,
        num_subnetworks=point.num_subnetworks,
        units=point.units,
        embedding_dim=point.embedding_dim,
    )
    model = mt.search.SearchModel(supernet)
    model.compile(
        estimator=mt.search.estimators.Reinforce(
            point.num_routes, baseline="moving_average", normalize=False
        )
    )
    return model, data.search


def _data(point: CostPoint, num_examples: int) -> mt.data.MultiTaskData:
    workload = Workload(
        vocabulary=point.vocabulary,
        batch_size=point.batch_size,
        num_examples=num_examples,
        num_fields=point.num_fields,
    )
    tasks = tuple(f"task_{index}" for index in range(point.num_tasks))
    schema = mt.data.DatasetSchema(
        name="random",
        fields=tuple(
            mt.data.FieldSpec(name=name) for name in workload.field_names
        ),
        tasks=tuple(mt.data.TaskSpec(name=task) for task in tasks),
        num_buckets=workload.num_rows,
    )
    rng = np.random.default_rng(0)
    split = mt.data.Split(
        {"ids": workload.shared_ids},
        {
            task: rng.integers(0, 2, (num_examples, 1)).astype(np.float32)
            for task in tasks
        },
    )
    return mt.data.MultiTaskData(
        schema,
        split,
        split,
        split,
        batch_size=point.batch_size,
        reward_batch_size=point.reward_batch_size,
    )
