"""DeepCTR-Torch's MMoE, trained by its `fit` on arrays in memory.

A table per field, no bias in the towers and gates; ids travel as floats; the
loss is the sum over the rows of a batch. Where steps are timed regularization
is off; whole trainings pass their options to the model, which regularizes
tables by 1e-5 unless told otherwise. Variants of a step: `"defaults"`: Adam,
whose step visits every row of the tables; `"tuned"`: `sparse_rounds`.
"""

from collections.abc import Callable
from typing import Any

import torch
from deepctr_torch.inputs import SparseFeat
from deepctr_torch.models import MMOE

from benchmarks.harness.step_clock import StepClock
from benchmarks.peers.mmoe_shape import MMoEShape
from benchmarks.peers.sparse_torch import sparse_rounds
from benchmarks.peers.torch_epochs import train_epochs
from benchmarks.peers.trial import Trial
from benchmarks.peers.trial import seeded_rounds
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("deepctr-torch", "torch", "numpy")
PREDICTED_ROWS = 4096


def step_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment; a round is some more steps."""
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


def training_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


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


def _train(trial: Trial, seed: int) -> int:
    data = trial.data
    model = mmoe(data.shape, seed=seed, **trial.options)
    model.compile(
        torch.optim.Adam(model.parameters(), lr=trial.learning_rate),
        loss=["binary_crossentropy"] * len(data.tasks),
    )
    return train_epochs(
        trial,
        seed,
        model,
        lambda: model.fit(
            data.columns("train"),
            data.labels["train"],
            batch_size=trial.batch_size,
            verbose=0,
        ),
        lambda columns: model.predict(columns, PREDICTED_ROWS),
    )
