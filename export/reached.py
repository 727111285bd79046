"""What the outputs of a traced function depend on."""

from typing import Any

import tensorflow as tf


def reached_operations(graph: tf.Graph, outputs: Any) -> set[tf.Operation]:
    """The operations that the values of some tensors of a graph depend on.

    Not those that TensorFlow runs before them for their effects: it makes
    whatever a function returns wait for all reads of variables.

    Args:
        graph: of a traced function.
        outputs: nested tensors.

    Returns:
        set of `tf.Operation`, those of the tensors too.
    """
    frontier = [tensor.op for tensor in tf.nest.flatten(outputs)]
    found = set(frontier)
    while frontier:
        operation = frontier.pop()
        for source in [tensor.op for tensor in operation.inputs]:
            if source not in found:
                found.add(source)
                frontier.append(source)
    return found


def reached_variables(concrete: Any) -> list[Any]:
    """The variables that a traced function reads for its outputs.

    Args:
        concrete: traced function.

    Returns:
        list of `tf.Variable`.
    """
    graph = concrete.graph
    found = reached_operations(graph, concrete.outputs)
    handles = {
        id(outside) for outside, inside in graph.captures if inside.op in found
    }
    return [v for v in graph.variables if id(v.handle) in handles]


def reached_inputs(concrete: Any) -> set[str]:
    """Names of the arguments that a traced function reads for its outputs.

    Args:
        concrete: traced function of tensors that have names.
    """
    found = reached_operations(concrete.graph, concrete.outputs)
    arguments = tf.nest.flatten(concrete.structured_input_signature)
    names = [spec.name for spec in arguments]
    placeholders = concrete.inputs[: len(names)]
    return {
        name
        for name, tensor in zip(names, placeholders, strict=True)
        if tensor.op in found
    }
