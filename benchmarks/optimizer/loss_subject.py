"""Losses of MMoE on Book-Crossing with one of the optimizers.

Every round is a training of the next seed.
"""

import dataclasses
import itertools
import time
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from benchmarks import book_crossing
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment.epoch_order import EpochOrder
from mtnas_tf.optimizers import SparseAdam

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")
SPLITS = ("valid", "test")


class DenseAdam(keras.optimizers.Adam):
    """Keras's Adam on the dense gradient, with `SparseAdam`'s decay.

    Keras's own would take the repeated rows of a sparse gradient one by one.

    Args:
        learning_rate: float.
        coupled_decay: float. Of the table's rows in the batch, and of other
            elements whose gradient is not 0.
    """

    def __init__(self, learning_rate: float, coupled_decay: float) -> None:
        super().__init__(learning_rate)
        self.coupled_decay = coupled_decay

    def update_step(
        self, gradient: Any, variable: Any, learning_rate: Any
    ) -> None:
        is_of_rows = isinstance(gradient, tf.IndexedSlices)
        gradient = tf.convert_to_tensor(gradient)  # sums repeated rows
        weights = tf.convert_to_tensor(variable)
        touched = gradient != 0
        if is_of_rows:
            touched = tf.reduce_any(touched, axis=1, keepdims=True)
        gradient += tf.where(touched, self.coupled_decay * weights, 0.0)
        super().update_step(gradient, variable, learning_rate)


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The data, read.

    Args:
        config: `optimizer`: `"exact"`, `"lazy"` or `"dense"`.
    """
    experiment, data = book_crossing.load()
    seeds = itertools.count(experiment.seed)

    def measure() -> dict[str, float]:
        seeded = dataclasses.replace(experiment, seed=next(seeds))
        return _train(config["optimizer"], seeded, data)

    return measure


def _train(
    name: str, experiment: ExperimentConfig, data: MultiTaskData
) -> dict[str, float]:
    """As `runner.train`, with an optimizer by name."""
    start = time.perf_counter()
    optim = experiment.optim
    data.seed = experiment.seed
    model = building.build_model("mmoe", experiment, data.schema)
    model.compile(_optimizer(name, optim), jit_compile=optim.jit_compile)
    best = keras.callbacks.EarlyStopping(
        "val_loss",
        mode="min",
        patience=optim.patience,
        restore_best_weights=True,
    )
    history = model.fit(
        data.train,
        validation_data=data.valid,
        epochs=optim.epochs,
        callbacks=[EpochOrder(data), best],
        shuffle=False,
        verbose=0,
    )
    losses = {
        f"{split}_loss": model.evaluate(getattr(data, split), return_dict=True)[
            "loss"
        ]
        for split in SPLITS
    }
    return {
        **losses,
        "epochs": len(history.epoch),
        "seconds": time.perf_counter() - start,
    }


def _optimizer(name: str, optim: OptimConfig) -> keras.optimizers.Optimizer:
    if name == "dense":
        return DenseAdam(optim.learning_rate, optim.weight_decay)
    return SparseAdam(
        optim.learning_rate, weight_decay=optim.weight_decay, semantics=name
    )
