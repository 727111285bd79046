"""Files of an MMoE in plain Keras, converted by tf2onnx.

`keras` has a layer for every expert; `keras_stacked` computes all experts in
one, as someone would write it who has speed in mind.
"""

import pathlib
from typing import Any

import keras
import onnx
import tensorflow as tf
import tf2onnx
from keras import layers

from benchmarks.workload import TASKS
from benchmarks.workload import Workload

OPSET = 18


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes an ONNX file of each."""
    keras.utils.set_random_seed(0)
    for name, experts in (
        ("keras", _separate_experts),
        ("keras_stacked", _stacked_experts),
    ):
        (directory / name).mkdir(parents=True)
        _convert(_mmoe(workload, experts), directory / name / "model.onnx")
    return {}


def _convert(model: keras.Model, path: pathlib.Path) -> None:
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


def _mmoe(workload: Workload, experts_of: Any) -> keras.Model:
    ids = keras.Input((workload.num_fields,), dtype="int64", name="ids")
    embedding = layers.Embedding(workload.num_rows, workload.embedding_dim)
    features = layers.Flatten()(embedding(ids))
    experts = experts_of(workload, features)  # (batch, experts, units)
    outputs = {}
    for task in TASKS:
        gate = layers.Dense(
            workload.num_experts, activation="softmax", use_bias=False
        )
        mix = keras.ops.sum(gate(features)[..., None] * experts, axis=1)
        outputs[task] = layers.Dense(1, activation="sigmoid", name=task)(mix)
    return keras.Model(ids, outputs)


def _separate_experts(workload: Workload, features: Any) -> Any:
    return keras.ops.stack(
        [
            layers.Dense(workload.units, activation="relu")(features)
            for _ in range(workload.num_experts)
        ],
        axis=1,
    )


def _stacked_experts(workload: Workload, features: Any) -> Any:
    shape = (workload.num_experts, workload.units)
    hidden = layers.Dense(shape[0] * shape[1], activation="relu")(features)
    return layers.Reshape(shape)(hidden)
