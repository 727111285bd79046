"""torch-rechub's MMoE, trained by its `MTLTrainer`, and its ONNX file.

A table per field; batch normalization in experts and gates, which cannot be
turned off; linear towers; the loss is the mean over tasks. Where steps are
timed weight decay is off; whole trainings pass their options to Adam: the
trainer's own default is a decay of 1e-5, on all rows of the tables too.
Variants of a step: `"defaults"`: an epoch of the trainer on the library's data
loader, with Adam, whose step visits every row of the tables; `"tuned"`:
`sparse_rounds`.
"""

import itertools
import pathlib
from collections.abc import Callable
from typing import Any

import torch
from torch_rechub.basic.features import SparseFeature
from torch_rechub.models.multi_task import MMOE
from torch_rechub.trainers import MTLTrainer
from torch_rechub.utils.data import DataGenerator

from benchmarks.harness.step_clock import StepClock
from benchmarks.peers.mmoe_shape import MMoEShape
from benchmarks.peers.sparse_torch import sparse_rounds
from benchmarks.peers.torch_epochs import predict_tensors
from benchmarks.peers.torch_epochs import train_epochs
from benchmarks.peers.trial import EVALUATED
from benchmarks.peers.trial import Trial
from benchmarks.peers.trial import seeded_rounds
from benchmarks.workload import Workload

PACKAGES = ("torch-rechub", "torch", "numpy")


def step_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment; a round is some more steps."""
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
        _task_types(workload.shape),
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


def training_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes the ONNX file, by the library's own exporter."""
    # Not at the top: training does without it, and its memory.
    from torch_rechub.utils.onnx_export import ONNXExporter

    torch.manual_seed(0)
    target = directory / "torch_rechub"
    target.mkdir(parents=True)
    ONNXExporter(mmoe(workload.shape)).export(str(target / "model.onnx"))
    return {}


def mmoe(shape: MMoEShape) -> Any:
    """The untrained model."""
    features = [
        SparseFeature(name, rows, shape.embedding_dim)
        for name, rows in shape.tables.items()
    ]
    return MMOE(
        features,
        _task_types(shape),
        n_expert=shape.num_experts,
        expert_params={"dims": [shape.units]},
        tower_params_list=[{"dims": []} for _ in shape.tasks],
    )


def _task_types(shape: MMoEShape) -> list[str]:
    """The kind of every task, in the library's words."""
    return ["classification"] * len(shape.tasks)


def _train(trial: Trial, seed: int) -> int:
    torch.manual_seed(seed)
    data = trial.data
    model = mmoe(data.shape)
    trainer = MTLTrainer(
        model,
        _task_types(data.shape),
        optimizer_params={"lr": trial.learning_rate, **trial.options},
    )
    rows = [(data.columns(s), data.labels[s]) for s in ("train", *EVALUATED)]
    train, valid, test = rows
    loader, _, _ = DataGenerator(*train).generate_dataloader(
        *valid, *test, batch_size=trial.batch_size
    )
    return train_epochs(
        trial,
        seed,
        model,
        lambda: trainer.train_one_epoch(loader),
        predict_tensors(model, model),
    )
