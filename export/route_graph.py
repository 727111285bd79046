"""The ONNX graph of a model whose structure is known, written directly.

A converter would translate what Keras does, operation by operation. Here all
fields are looked up at once, after two nodes that refuse invalid ids; for the
rest see `network_graph`.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf import layers
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import RootEncoders
from mtnas_tf.features import TaskEncoders
from mtnas_tf.models import MultiTaskModel

from .encoder_graph import add_inputs
from .network_graph import NetworkGraph
from .onnx_graph import OnnxGraph
from .onnx_parts import OnnxParts
from .reached_layers import BODIES
from .spec import ExportSpec


def is_known(model: keras.Model) -> bool:
    """Whether `route_graph` can write the graph of `model`.

    Every part must be one of the library's: another, and a subclass, may
    compute something else. Towers must have no hidden layers, and sub-networks
    of a route one width.
    """
    if not isinstance(model, MultiTaskModel):
        return False
    if type(model).call is not MultiTaskModel.call:
        return False
    if type(model.towers) is not layers.Towers or model.towers.tower_units:
        return False
    is_route = type(model.body) is layers.RouteNetwork
    if is_route and not model.body.widths.are_equal:
        return False
    if type(model.body) is layers.SingleTask:
        return _are_known(model.encoder, TaskEncoders)
    encoder = model.encoder
    is_encoder_known = type(encoder) is FeatureEncoder or (
        is_route and _are_known(encoder, RootEncoders)
    )
    return (
        is_encoder_known
        and type(model.body) in BODIES
        and model.body.route is not None
    )


def _are_known(encoder: Any, several: type) -> bool:
    """Whether an encoder is several of the library's."""
    parts = getattr(encoder, "encoders", {}).values()
    return type(encoder) is several and all(
        type(part) is FeatureEncoder for part in parts
    )


def route_graph(model: keras.Model, spec: ExportSpec) -> OnnxParts:
    """The prediction of `model` as an ONNX graph.

    Args:
        model: built `keras.Model` that `is_known`.
        spec: `ExportSpec`.
    """
    graph = OnnxGraph(spec)
    inputs = add_inputs(graph, spec)
    tasks = [tensor.name for tensor in spec.outputs]
    for encoder, body in _networks(model, tasks):
        NetworkGraph(graph, encoder, body, model.towers, tasks).add(inputs)
    return graph.to_parts()


def _networks(model: Any, tasks: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Pairs of an encoder and a body, each a network of some of the tasks."""
    if isinstance(model.body, layers.SingleTask):
        for task in tasks:
            yield model.encoder.encoders[task], model.body.bodies[task]
    else:
        yield model.encoder, model.body
