"""The network of the route that a model's body chose."""

from collections.abc import Mapping

import keras

from mtnas_tf.derive.weight_copies import copy_sub_networks
from mtnas_tf.derive.weight_copies import copy_weights
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.layers import Experts
from mtnas_tf.layers import RouteNetwork
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SparseRouteModel

# Of each sub-network of a route, the bank that has it, and its index there.
Origins = Mapping[str, tuple[SubNetworkBank, int]]


def prune(model: MultiTaskModel) -> SparseRouteModel:
    """A network of what the tasks of a trained model depend on, and no more.

    For bodies that choose what tasks share while they train, and are evaluated
    at their most probable choices: `LearningToBranch`, `GumbelAllocation`,
    `RoutingNetworks`, and `AutoMTL` after its search. Their route's network
    predicts as they do, without logits and experts that nobody chose, and is
    exported as any route's. An expert that several inputs go through is copied
    for each, see `mtnas_tf.routes.UnrolledRoute`. `MLMMoE` is a route too.

    Args:
        model: `MultiTaskModel` whose body has a `route`, and layers of experts
            with one hidden layer each.

    Returns:
        `SparseRouteModel`, with the model's weights.

    Raises:
        ValueError: if the body has no route, or deeper experts.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.LearningToBranch(data.schema, num_experts=4)
    >>> pruned = prune(model)  # one expert a layer: all tasks chose the first
    >>> len(pruned.route.reached())
    2
    >>> model.body.count_params() > 4 * pruned.body.count_params()
    True
    """
    body = model.body
    origins = _origins(body)
    stem, shape = body.stem, next(iter(origins.values()))[0]
    network = RouteNetwork(
        body.route,
        units=shape.units,
        aggregation=getattr(body, "aggregation", "gate"),
        stem_units=stem.stem_units,
        root_query=stem.root_query,
        normalization=shape.normalization,
        gate_normalization=getattr(body, "gate_normalization", None),
        dropout_rate=shape.dropout_rate,
        dtype=body.dtype_policy,
        name="body",
    )
    config = {
        **model.get_config(),
        "name": "sparse_route_model",
        "body": serialized_layer(network),
    }
    pruned: SparseRouteModel = SparseRouteModel.from_config(config)
    model.settle()
    copy_weights(model.encoder, pruned.encoder)
    copy_weights(model.towers, pruned.towers)
    _copy_body(body, origins, pruned.body)
    return pruned


def _origins(body: keras.layers.Layer) -> Origins:
    if not hasattr(body, "route"):
        raise ValueError(
            "`model.body` must have a `route`. Received: a "
            f"`{type(body).__name__}`"
        )
    if hasattr(body, "origins"):
        origins: Origins = body.origins()
        return origins
    route, banks = body.route, _banks(body)
    sources = getattr(body, "sources", None)
    places = {name: route.place(name) for name in route.reached()}
    return {
        name: (
            banks[place.layer],
            place.index if sources is None else sources[name],
        )
        for name, place in places.items()
    }


def _banks(body: keras.layers.Layer) -> list[SubNetworkBank]:
    """The bank of each layer of experts."""
    layers = getattr(body, "experts", None)
    layers = layers if isinstance(layers, list) else []
    is_flat = all(
        isinstance(layer, Experts) and len(layer.banks) == 1 for layer in layers
    )
    if not layers or not is_flat:
        raise ValueError(
            "`model.body` must have layers of experts with one hidden layer "
            f"each, `hidden_units=(64,)`. Received: a `{type(body).__name__}`"
        )
    return [layer.banks[0] for layer in layers]


def _copy_body(
    body: keras.layers.Layer, origins: Origins, network: RouteNetwork
) -> None:
    copy_weights(body.stem, network.stem)
    for bank, names in zip(network.banks, network.active, strict=True):
        copy_sub_networks([origins[name] for name in names], bank)
    for consumer, gate in network.gates.items():
        copy_weights(body.gates[consumer], gate)
