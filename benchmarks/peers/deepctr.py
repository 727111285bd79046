"""DeepCTR's MMoE (legacy Keras): `fit` on arrays in memory, and its files.

A table per field, no bias in the towers and gates. All experts start with the
same values. Where steps are timed regularization is off; whole trainings pass
their options to the model, which regularizes tables by 1e-5 unless told
otherwise. Variants of a step:

- `"defaults"`: Adam. DeepCTR regularizes its tables even with strength 0, so
  their gradients are dense.
- `"tuned"`: DeepCTR documents no sparse setting, and legacy Keras has no sparse
  Adam. This is what comes closest: no regularizer and the legacy Adagrad,
  another algorithm, whose step visits the batch's rows only.
"""

import math
import pathlib
from collections.abc import Callable
from typing import Any

import deepctr.inputs
import numpy as np
import tensorflow as tf
from deepctr.feature_column import SparseFeat
from deepctr.models import MMOE

from benchmarks.harness.step_clock import StepClock
from benchmarks.peers.mmoe_shape import MMoEShape
from benchmarks.peers.trial import EVALUATED
from benchmarks.peers.trial import Trial
from benchmarks.peers.trial import seeded_rounds
from benchmarks.workload import Workload

PACKAGES = ("deepctr", "tensorflow-cpu", "keras", "numpy")
PREDICTED_ROWS = 4096


def step_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment; a round is some more steps."""
    workload = Workload(**config["workload"])
    optimizer = tf.keras.optimizers.Adam(workload.learning_rate)
    if config["variant"] == "tuned":
        deepctr.inputs.l2 = lambda strength: None
        optimizer = tf.keras.optimizers.legacy.Adagrad(workload.learning_rate)
    model = mmoe(workload.shape, l2_reg_embedding=0)
    model.compile(optimizer, loss="binary_crossentropy")
    inputs = dict(zip(workload.field_names, workload.ids.T, strict=True))
    labels = list(workload.labels.T)
    clock = StepClock(
        workload.batch_size, workload.num_examples // workload.batch_size
    )
    on_step = tf.keras.callbacks.LambdaCallback(on_batch_end=clock.tick)

    def train(steps: int) -> None:
        model.fit(
            inputs,
            labels,
            batch_size=workload.batch_size,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=[on_step],
        )

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def training_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes a SavedModel, which tf2onnx converts.

    Weights are random: tables that start with the same values would be stored
    once.
    """
    model = mmoe(workload.shape, l2_reg_embedding=0)
    rng = np.random.default_rng(0)
    model.set_weights(
        [0.05 * rng.normal(size=w.shape) for w in model.get_weights()]
    )
    model.save(directory / "deepctr" / "saved_model", save_format="tf")
    return {}


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
        tower_dnn_hidden_units=(),
        task_types=["binary"] * len(shape.tasks),
        task_names=shape.tasks,
        **options,
    )


def _train(trial: Trial, seed: int) -> int:
    tf.keras.utils.set_random_seed(seed)
    data = trial.data
    model = mmoe(data.shape, seed=seed, **trial.options)
    model.compile(
        tf.keras.optimizers.Adam(trial.learning_rate),
        loss="binary_crossentropy",
    )
    for epoch in range(trial.epochs):
        model.fit(
            data.columns("train"),
            list(data.labels["train"].T),
            batch_size=trial.batch_size,
            verbose=0,
        )
        predictions = {
            split: np.concatenate(
                model.predict(data.columns(split), PREDICTED_ROWS, verbose=0),
                axis=1,
            )
            for split in EVALUATED
        }
        trial.write(seed, epoch, predictions)
    num_weights = sum(math.prod(w.shape) for w in model.trainable_weights)
    return num_weights - data.shape.num_table_weights
