"""An MMoE written in plain Keras: `fit` on arrays in memory, and its files.

One table for all fields, Keras's own initializers and Adam, whose step visits
every row of the table; all experts in one dense layer; biases in gates and
towers. Variants of a step: `"defaults"`, and `"tuned"`: `jit_compile=True`,
Keras's best setting here; its Adam has no sparse one.

Of the files, `keras` has a layer for every expert; `keras_stacked` has all in
one, as someone would write it who has speed in mind.
"""

import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from benchmarks.harness.step_clock import StepClock
from benchmarks.peers.mmoe_shape import MMoEShape
from benchmarks.peers.trial import EVALUATED
from benchmarks.peers.trial import Trial
from benchmarks.peers.trial import seeded_rounds
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("keras", "tensorflow", "numpy")
PREDICTED_ROWS = 4096
OPSET = 18


def step_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment; a round is some more steps."""
    workload = Workload(**config["workload"])
    model = mmoe(workload.shape)
    model.compile(
        keras.optimizers.Adam(workload.learning_rate),
        loss="binary_crossentropy",
        jit_compile=True if config["variant"] == "tuned" else "auto",
    )
    ids = workload.shared_ids
    labels = {
        task: workload.labels[:, index] for index, task in enumerate(TASKS)
    }
    clock = StepClock(
        workload.batch_size, workload.num_examples // workload.batch_size
    )
    on_step = keras.callbacks.LambdaCallback(on_train_batch_end=clock.tick)

    def train(steps: int) -> None:
        model.fit(
            ids,
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
    """Writes an ONNX file of each."""
    keras.utils.set_random_seed(0)
    for name, experts in (
        ("keras", _separate_experts),
        ("keras_stacked", _stacked_experts),
    ):
        (directory / name).mkdir(parents=True)
        _convert(
            _served_mmoe(workload, experts), directory / name / "model.onnx"
        )
    return {}


def mmoe(shape: MMoEShape) -> keras.Model:
    """The untrained model."""
    ids = keras.Input((len(shape.tables),), dtype="int32")
    embedding = layers.Embedding(
        sum(shape.tables.values()), shape.embedding_dim
    )
    features = layers.Flatten()(embedding(ids))
    experts = _stacked_experts(shape, features)
    outputs = {}
    for task in shape.tasks:
        gate = layers.Dense(shape.num_experts, activation="softmax")
        mix = layers.Dot(axes=(1, 1))([gate(features), experts])
        tower = layers.Dense(1, activation="sigmoid", name=task)
        outputs[task] = tower(mix)
    return keras.Model(ids, outputs)


def _train(trial: Trial, seed: int) -> int:
    keras.utils.set_random_seed(seed)
    data = trial.data
    ids = data.separate_ids
    labels = dict(zip(data.tasks, data.labels["train"].T, strict=True))
    model = mmoe(data.shape)
    model.compile(
        keras.optimizers.Adam(trial.learning_rate), loss="binary_crossentropy"
    )
    for epoch in range(trial.epochs):
        model.fit(ids["train"], labels, batch_size=trial.batch_size, verbose=0)
        predictions = {}
        for split in EVALUATED:
            by_task = model.predict(ids[split], PREDICTED_ROWS, verbose=0)
            columns = [by_task[task] for task in data.tasks]
            predictions[split] = np.concatenate(columns, axis=1)
        trial.write(seed, epoch, predictions)
    return model.count_params() - data.shape.num_table_weights


def _convert(model: keras.Model, path: pathlib.Path) -> None:
    # Not at the top: training does without them, and their memory.
    import onnx
    import tensorflow as tf
    import tf2onnx

    signature = tf.TensorSpec(
        (None, *model.inputs[0].shape[1:]), tf.int64, "ids"
    )

    @tf.function(input_signature=[signature])
    def serve(ids: Any) -> Any:
        return {task: tf.identity(y) for task, y in model(ids).items()}

    proto, _ = tf2onnx.convert.from_function(
        serve, serve.input_signature, opset=OPSET
    )
    onnx.save(proto, str(path))


def _served_mmoe(workload: Workload, experts_of: Any) -> keras.Model:
    ids = keras.Input((workload.num_fields,), dtype="int64", name="ids")
    embedding = layers.Embedding(workload.num_rows, workload.embedding_dim)
    features = layers.Flatten()(embedding(ids))
    experts = experts_of(workload.shape, features)  # (batch, experts, units)
    outputs = {}
    for task in TASKS:
        gate = layers.Dense(
            workload.num_experts, activation="softmax", use_bias=False
        )
        mix = keras.ops.sum(gate(features)[..., None] * experts, axis=1)
        outputs[task] = layers.Dense(1, activation="sigmoid", name=task)(mix)
    return keras.Model(ids, outputs)


def _separate_experts(shape: MMoEShape, features: Any) -> Any:
    return keras.ops.stack(
        [
            layers.Dense(shape.units, activation="relu")(features)
            for _ in range(shape.num_experts)
        ],
        axis=1,
    )


def _stacked_experts(shape: MMoEShape, features: Any) -> Any:
    units = shape.num_experts * shape.units
    hidden = layers.Dense(units, activation="relu")(features)
    return layers.Reshape((shape.num_experts, shape.units))(hidden)
