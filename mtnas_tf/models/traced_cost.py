"""The cost of serving a row by any model, counted in its graph."""

import math

import keras
import tensorflow as tf

from mtnas_tf.models.settled_model import input_specs
from mtnas_tf.types import Tensor

MATRIX_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2")


def traced_multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of a row behind the embeddings, as the model computes them.

    Counted are products of matrices, stitches and links among them, and mixes:
    products element by element that are summed. As in
    `mtnas_tf.routes.multiply_adds`, normalization and activations are not, and
    neither is what does not depend on the row, such as a kernel made of
    factors. A model that masks what it does not use computes it all the same.

    Args:
        model: `MultiTaskModel`.

    Returns:
        int.
    """
    return _of_a_row(model, model) - _of_a_row(model.encoder, model)


def _of_a_row(function: keras.layers.Layer, model: keras.Model) -> int:
    """What a row more costs."""
    few, more = (_of_batch(function, model, size) for size in (2, 3))
    return more - few


def _of_batch(
    function: keras.layers.Layer, model: keras.Model, size: int
) -> int:
    specs = {
        name: tf.TensorSpec((size, *spec.shape[1:]), spec.dtype, name)
        for name, spec in input_specs(model.schema).items()
    }
    traced = tf.function(lambda inputs: function(inputs))
    graph = traced.get_concrete_function(specs).graph
    return sum(map(_of_operation, graph.get_operations()))


def _of_operation(operation: tf.Operation) -> int:
    if operation.type in MATRIX_PRODUCTS:
        is_plain = operation.type == "MatMul"
        flag = "transpose_a" if is_plain else "adj_x"
        inner = -2 if operation.get_attr(flag) else -1
        shape = operation.inputs[0].shape
        return _size(operation.outputs[0]) * int(shape[inner])
    if operation.type == "Einsum":
        return _of_einsum(operation)
    if operation.type == "Mul":
        (product,) = operation.outputs
        is_mix = any(each.type == "Sum" for each in product.consumers())
        return _size(product) if is_mix else 0
    return 0


def _of_einsum(operation: tf.Operation) -> int:
    terms = operation.get_attr("equation").decode().partition("->")[0]
    sizes: dict[str, int] = {}
    for letters, tensor in zip(terms.split(","), operation.inputs, strict=True):
        sizes.update(zip(letters, tensor.shape, strict=True))
    return math.prod(sizes.values())


def _size(tensor: Tensor) -> int:
    return math.prod(tensor.shape)
