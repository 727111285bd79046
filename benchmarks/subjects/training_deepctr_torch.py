"""Training of DeepCTR-Torch's MMoE.

A table per field, no bias in the towers and gates; ids travel as floats.
Regularization is off, as everywhere. Variants: `"defaults"`: its `fit` on
arrays in memory, with Adam, whose step visits every row of the tables;
`"tuned"`: `sparse_rounds`.
"""

from collections.abc import Callable
from typing import Any

import torch
from deepctr_torch.inputs import SparseFeat
from deepctr_torch.models import MMOE

from benchmarks.mmoe_shape import MMoEShape
from benchmarks.step_clock import StepClock
from benchmarks.subjects.sparse_torch import sparse_rounds
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("deepctr-torch", "torch", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    model = mmoe(workload.shape, l2_reg_embedding=0, l2_reg_linear=0)
    if config["variant"] == "tuned":
        inputs = torch.from_numpy(workload.ids).float()
        batches = inputs.split(workload.batch_size)
        return sparse_rounds(model, model, batches, workload)
    return _fit_rounds(model, workload)


def _fit_rounds(
    model: Any, workload: Workload
) -> Callable[[], dict[str, float]]:
    model.compile(
        torch.optim.Adam(model.parameters(), lr=workload.learning_rate),
        loss=["binary_crossentropy"] * len(TASKS),
    )
    batch_size = workload.batch_size
    clock = StepClock(batch_size, workload.num_examples // batch_size)
    model.optim.register_step_post_hook(clock.tick)

    def train(steps: int) -> None:
        rows = slice(steps * batch_size)
        columns = zip(workload.field_names, workload.ids[rows].T, strict=True)
        model.fit(
            dict(columns),
            workload.labels[rows],
            batch_size=batch_size,
            verbose=0,
        )

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def mmoe(shape: MMoEShape, **options: Any) -> Any:
    """The untrained model; `options` are passed to the library's."""
    columns = [
        SparseFeat(name, rows, shape.embedding_dim)
        for name, rows in shape.tables.items()
    ]
    return MMOE(
        columns,
        num_experts=shape.num_experts,
        expert_dnn_hidden_units=(shape.units,),
        gate_dnn_hidden_units=(),
        tower_dnn_hidden_units=(),
        task_types=["binary"] * len(shape.tasks),
        task_names=shape.tasks,
        **options,
    )
