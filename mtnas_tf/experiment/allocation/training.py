"""Builds and trains one network of components, as a config says."""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import ImageTaskData
from mtnas_tf.experiment.allocation.allocation_history import AllocationHistory
from mtnas_tf.experiment.best_epoch import BestEpoch
from mtnas_tf.experiment.kept_epochs import KeptEpochs
from mtnas_tf.models import AllocationNet
from mtnas_tf.models import FitProgress
from mtnas_tf.optimizers import RowAdam
from mtnas_tf.types import TaskMetrics

BEST = "best_epoch.npz"
# Method -> how its tasks share, see `AllocationNet`.
SHARINGS = {
    "learned": "learned",
    "retrained": "given",
    "random": "random",
    "shared_bottom": "sum",
    "separate": "separate",
}


@dataclasses.dataclass(frozen=True)
class Training:
    """A trained network.

    Args:
        model: `AllocationNet`, with the weights of its best epoch.
        history: dict name -> values after each epoch.
        seconds: float. Wall clock, compilation and validation included.
    """

    model: Any
    history: dict[str, list[float]]
    seconds: float

    @property
    def best_epoch(self) -> int:
        """The epoch of the weights, counted from 1."""
        return 1 + int(np.argmax(self.history["val_accuracy"]))


def new_model(
    method: str,
    config: ExperimentConfig,
    schema: DatasetSchema,
    seed: int,
    learned: Any = None,
) -> AllocationNet:
    """The network of a method, not trained.

    Args:
        method: one of `SHARINGS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema` of images.
        seed: of weights and draws: methods of one seed start alike.
        learned: 0 and 1, `(tasks, layers, components)`, of the learned
            allocation that `"retrained"` takes, and `"random"` the number of.
            Defaults to `None`.
    """
    keras.utils.set_random_seed(seed)
    section = config.allocation
    is_given = method == "retrained"
    budget = section.budget if method == "learned" else 1.0
    if method == "random":
        budget = float(np.mean(learned))
    return AllocationNet(
        schema.num_outputs,
        schema.image_shape or (),
        components=[x.split("|") for x in section.components],
        strides=section.strides,
        num_filters=section.num_filters,
        num_groups=section.num_groups,
        dropout_rate=section.dropout_rate,
        l2=section.l2,
        sharing=SHARINGS[method],
        allocated=learned if is_given else None,
        budget=budget,
        budget_penalty=section.budget_penalty,
        entropy_penalty=section.entropy_penalty,
        entropy_steps=section.num_rounds * len(schema.tasks),
        initial_probability=section.initial_probability,
        initial_temperature=section.initial_temperature,
        final_temperature=section.final_temperature,
        learning_rate_factor=section.learning_rate_factor,
        seed=seed,
    )


def train(
    model: AllocationNet,
    config: ExperimentConfig,
    data: ImageTaskData,
    folder: Path | None = None,
) -> Training:
    """Trains a network; keeps the weights of its most accurate epoch.

    Args:
        model: see `new_model`.
        config: `ExperimentConfig`.
        data: `ImageTaskData`.
        folder: for the state while the training lasts: one that was killed goes
            on after its last epoch, with the same result. Defaults to `None`.
    """
    section = config.allocation
    model.compile(
        RowAdam(config.optim.learning_rate),
        # XLA makes convolutions slower on a CPU: "auto" leaves it to GPUs.
        jit_compile=config.optim.jit_compile and "auto",
        steps_per_execution=data.num_tasks,
    )
    kept = KeptEpochs(folder)
    first = kept.restore(model)
    best = None if folder is None else folder / BEST
    model.fit(
        data.rounds(first * section.rounds_per_epoch),
        steps_per_epoch=section.rounds_per_epoch * data.num_tasks,
        initial_epoch=first,
        epochs=section.num_epochs,
        validation_data=data.valid,
        shuffle=False,  # the data shuffle themselves
        callbacks=[
            AllocationHistory(),
            BestEpoch(sys.maxsize, best, "val_accuracy", "max"),
            kept,
            FitProgress(verbose=0, work=1.0),
        ],
        verbose=0,
    )
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "entropy", "share")
    history = {name: [logs[name] for logs in kept.logs] for name in names}
    return Training(model, history, kept.seconds)


def accuracies(model: AllocationNet, data: ImageTaskData, split: str) -> Any:
    """Accuracy of every task on a split.

    Args:
        model: `AllocationNet`, trained.
        data: `ImageTaskData`.
        split: `"train"`, `"valid"` or `"test"`.

    Returns:
        dict task name -> `{"accuracy": float}`.
    """
    results = model.evaluate(data.in_order(split), verbose=0, return_dict=True)
    metrics: TaskMetrics = {
        task: {"accuracy": float(results[f"{task}_accuracy"])}
        for task in data.schema.task_names
    }
    return metrics
