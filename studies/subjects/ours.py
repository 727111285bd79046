"""`mtnas_tf`'s MMoE, trained by `mtnas_tf.experiment` as a config says.

The config is that of Book-Crossing, but that all epochs are trained. Options:
`recipe`, the base net's, see `mtnas_tf.experiment.comparison.recipes`;
`is_hashed`: all fields share the hashed rows of one table, as they do by
default, and collide; otherwise each has rows of its own, as with the other
libraries.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import mtnas_tf as mt
from configs.book_crossing import get_config
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.recipes import with_recipe
from studies.exported_data import SPLITS
from studies.exported_data import ExportedData
from studies.trial import EVALUATED
from studies.trial import Trial
from studies.trial import seeded_rounds

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    config = _config(trial, seed)
    data = _data(trial, config)
    model = runner.build_model("mmoe", config, data.schema)
    writer = _PredictionWriter(trial, seed, data)
    runner.train(model, config, data, [writer], verbose=0)
    return runner.count_parameters(model)["dense"]


def _config(trial: Trial, seed: int) -> ExperimentConfig:
    config = with_recipe(get_config(), trial.options["recipe"])
    config = with_section(config, "data", batch_size=trial.batch_size)
    config = with_section(
        config,
        "optim",
        epochs=trial.epochs,
        patience=trial.epochs,
        learning_rate=trial.learning_rate,
    )
    return dataclasses.replace(config, seed=seed)


def _data(trial: Trial, config: ExperimentConfig) -> mt.data.MultiTaskData:
    exported = trial.data
    is_hashed = trial.options.get("is_hashed", False)
    ids = exported.ids if is_hashed else exported.separate_ids
    num_rows = sum(exported.shape.tables.values())
    schema = mt.data.DatasetSchema(
        name=config.data.name,
        fields=tuple(mt.data.FieldSpec(name=n) for n in exported.fields),
        tasks=tuple(mt.data.TaskSpec(name=task) for task in exported.tasks),
        num_buckets=exported.num_buckets if is_hashed else num_rows,
    )
    train, valid, test = (_split(exported, ids[name], name) for name in SPLITS)
    return mt.data.MultiTaskData(
        schema,
        train,
        valid,
        test,
        batch_size=config.data.batch_size,
        seed=config.seed,
    )


def _split(exported: ExportedData, ids: np.ndarray, name: str) -> mt.data.Split:
    labels = exported.labels[name]
    return mt.data.Split(
        {"ids": ids},
        {
            task: labels[:, index : index + 1]
            for index, task in enumerate(exported.tasks)
        },
    )


class _PredictionWriter(keras.callbacks.Callback):
    """Writes predictions at the end of every epoch."""

    def __init__(
        self, trial: Trial, seed: int, data: mt.data.MultiTaskData
    ) -> None:
        super().__init__()
        self.trial = trial
        self.seed = seed
        self.data = data

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        predictions = {
            s: self._predict(getattr(self.data, s)) for s in EVALUATED
        }
        self.trial.write(self.seed, epoch, predictions)

    def _predict(self, rows: Any) -> Any:
        by_task = self.model.predict(rows, verbose=0)
        tasks = self.data.schema.task_names
        return np.concatenate([by_task[task] for task in tasks], axis=1)
