"""Training of torch-rechub's MMoE.

A table per field; batch normalization in experts and gates, which cannot be
turned off. Weight decay is off, as everywhere. Variants: `"defaults"`: an epoch
of its `MTLTrainer` on its data loader, with Adam, whose step visits every row
of the tables; `"tuned"`: `sparse_rounds`.
"""

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch_rechub.basic.features import SparseFeature
from torch_rechub.models.multi_task import MMOE
from torch_rechub.trainers import MTLTrainer
from torch_rechub.utils.data import DataGenerator

from benchmarks.mmoe_shape import MMoEShape
from benchmarks.step_clock import StepClock
from benchmarks.subjects.sparse_torch import sparse_rounds
from benchmarks.workload import Workload

PACKAGES = ("torch-rechub", "torch", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    model = mmoe(workload.shape)
    if config["variant"] == "tuned":
        columns = torch.from_numpy(workload.ids.T.copy())
        batches = [
            dict(zip(workload.field_names, batch, strict=True))
            for batch in columns.split(workload.batch_size, dim=1)
        ]
        return sparse_rounds(model, model, batches, workload)
    return _trainer_rounds(model, workload)


def _trainer_rounds(
    model: Any, workload: Workload
) -> Callable[[], dict[str, float]]:
    trainer = MTLTrainer(
        model,
        task_types(workload.shape),
        optimizer_params={"lr": workload.learning_rate},
    )
    inputs = dict(zip(workload.field_names, workload.ids.T, strict=True))
    generator = DataGenerator(inputs, workload.labels)
    loader, _, _ = generator.generate_dataloader(
        x_val=inputs,
        y_val=workload.labels,
        x_test=inputs,
        y_test=workload.labels,
        batch_size=workload.batch_size,
    )
    clock = StepClock(workload.batch_size, len(loader))
    trainer.optimizer.register_step_post_hook(clock.tick)

    def train(steps: int) -> None:
        trainer.train_one_epoch(itertools.islice(loader, steps))

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def mmoe(shape: MMoEShape) -> Any:
    """The untrained model."""
    features = [
        SparseFeature(name, rows, shape.embedding_dim)
        for name, rows in shape.tables.items()
    ]
    return MMOE(
        features,
        task_types(shape),
        n_expert=shape.num_experts,
        expert_params={"dims": [shape.units]},
        tower_params_list=[{"dims": []} for _ in shape.tasks],
    )


def task_types(shape: MMoEShape) -> list[str]:
    """The kind of every task, in the library's words."""
    return ["classification"] * len(shape.tasks)
