"""The function that is served, made from a model."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mtnas_tf.models.id_checked_model import rows_of_table
from mtnas_tf.optimizers import settled

from .spec import ExportSpec


def freeze(
    model: keras.Model,
    spec: ExportSpec,
    weights: Sequence[keras.Variable] = (),
) -> Any:
    """The prediction of `model` as a function of the served inputs.

    An id outside `[0, num_buckets)` that is not padding is mapped to the row
    after the table's last, so that the lookup fails. Otherwise a negative id
    would count from the table's end, and a large one would wrap around.

    Args:
        model: built `keras.Model`.
        spec: `ExportSpec`.
        weights: sequence of the model's variables that are passed in, under
            the names of `weight_name`, instead of being read. Defaults to
            `()`.

    Returns:
        `tf.function` with the inputs of `spec`, then `weights`, as positional
        arguments; it returns a dict of task name -> float32 `(batch, 1)`, or
        `(batch, classes)`.

    Raises:
        ValueError: if the model is not built, computes in another precision
            than float32, or does not return a dict of its tasks.
    """
    check_model(model)
    names = [tensor.name for tensor in spec.inputs]

    def serve(*tensors: Any) -> dict[str, Any]:
        inputs = dict(zip(names, tensors, strict=False))
        num_rows = tf.shape(tensors[0])[0]
        for tensor in spec.unread_inputs:  # the model takes them all the same
            shape = (num_rows, *tensor.shape[1:])
            inputs[tensor.name] = tf.zeros(shape, tensor.dtype)
        if "ids" in inputs:
            inputs["ids"] = rows_of_table(
                inputs["ids"], spec.num_buckets, np.array(spec.may_pad, bool)
            )
        state = list(zip(weights, tensors[len(names) :], strict=True))
        with (
            settled(model.weights),  # no optimizer state in the graph
            keras.StatelessScope(state_mapping=state),
        ):
            predictions = model(inputs, training=False)
        _check_tasks(predictions, spec)
        return {
            tensor.name: tf.identity(
                tf.cast(predictions[tensor.name], tensor.dtype)
            )
            for tensor in spec.outputs
        }

    signature = [
        tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name)
        for tensor in spec.inputs
    ] + [
        tf.TensorSpec(weight.shape, weight.dtype, weight_name(i))
        for i, weight in enumerate(weights)
    ]
    return tf.function(serve, input_signature=signature)


def weight_name(index: int) -> str:
    """Name of the input that takes the weight at `index`."""
    return f"weight_{index}"


def check_model(model: keras.Model) -> None:
    """Refuses a model that is not built or not of float32."""
    if not model.built:
        raise ValueError(
            "`model` must be built, and should be trained. "
            f"Received: model={model.name!r}, built=False"
        )
    if model.compute_dtype != "float32":
        raise ValueError(
            "`model` must compute in float32; build it under that policy and "
            "copy the weights. "
            f"Received: compute_dtype={model.compute_dtype!r}"
        )


def _check_tasks(predictions: Any, spec: ExportSpec) -> None:
    tasks = [*(tensor.name for tensor in spec.outputs), *spec.other_tasks]
    if not isinstance(predictions, dict) or set(predictions) != set(tasks):
        received = (
            list(predictions)
            if isinstance(predictions, dict)
            else type(predictions).__name__
        )
        raise ValueError(
            f"`model` must return a dict with the tasks {tasks}. "
            f"Received: {received}"
        )
