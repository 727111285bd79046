"""A traced function without what its outputs do not depend on."""

from typing import Any

import tensorflow as tf

from .reached import reached_variables


def pruned_function(concrete: Any) -> tuple[Any, list[Any]]:
    """Copies a traced function, less what its outputs do not depend on.

    TensorFlow traces all that a model computes, also for tasks that are not
    returned, and a SavedModel would keep it. Assertions are left out too.

    Args:
        concrete: traced function of tensors that have names, which returns a
            dict of tensors.

    Returns:
        `(function, variables)`: the same as a traced function, and the
        variables that it reads.
    """
    graph = concrete.graph
    specs = tf.nest.flatten(concrete.structured_input_signature)
    arguments = concrete.inputs[: len(specs)]
    variables = reached_variables(concrete)
    insides = {id(outside): inside for outside, inside in graph.captures}
    captured = {insides[id(v.handle)].name: v.handle for v in variables}
    names = sorted(concrete.structured_outputs)  # as TensorFlow flattens them
    definition = _definition(
        graph,
        [tensor.op.name for tensor in concrete.outputs],
        {tensor.op.name for tensor in arguments},
    )
    read = {source for node in definition.node for source in node.input}

    def serve(*tensors: Any) -> dict[str, Any]:
        given = {
            argument.name: tensor
            for argument, tensor in zip(arguments, tensors, strict=True)
            if argument.op.name in read
        }
        capture = tf.compat.v1.get_default_graph().capture
        handles = {name: capture(x) for name, x in captured.items()}
        outputs = tf.graph_util.import_graph_def(
            definition,
            input_map={**given, **handles},
            return_elements=[tensor.name for tensor in concrete.outputs],
            name="",
        )
        return dict(zip(names, outputs, strict=True))

    function = tf.function(serve, input_signature=specs, autograph=False)
    return function.get_concrete_function(), variables


def _definition(graph: Any, outputs: list[str], arguments: set[str]) -> Any:
    """The nodes that the outputs depend on, without what is passed in."""
    whole = graph.as_graph_def()
    for node in whole.node:  # see `reached_operations`
        read = [source for source in node.input if source[0] != "^"]
        node.input[:] = read
    definition = tf.compat.v1.graph_util.extract_sub_graph(whole, outputs)
    passed_in = arguments | {inside.op.name for _, inside in graph.captures}
    kept = [node for node in definition.node if node.name not in passed_in]
    del definition.node[:]
    for node in kept:
        node.attr.pop("_class", None)  # beside a node that is passed in
        definition.node.append(node)
    return definition
