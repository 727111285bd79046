"""Builds a route's network from a supernet."""

import warnings
from collections.abc import Iterable
from typing import Any

from mtnas_tf.derive.prune import prune
from mtnas_tf.derive.recalibrate import recalibrate
from mtnas_tf.derive.weight_copies import copy_sub_networks
from mtnas_tf.derive.weight_copies import copy_weights
from mtnas_tf.models import MTNAS
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.routes import Route
from mtnas_tf.search import SearchModel
from mtnas_tf.types import Batch


def new_model(
    supernet: SupernetModel, route: Route, **kwargs: Any
) -> SparseRouteModel:
    """A route's network in the supernet's shape, with fresh weights.

    Args:
        supernet: `MTNAS` or `AutoMTL`. Gives schema, units, and the base net's
            shape.
        route: `Route`.
        **kwargs: Passed to `SparseRouteModel` in place of the supernet's.

    Returns:
        `SparseRouteModel`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame["like"] = frame.click
    >>> data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=16)
    >>> supernet = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> inputs, labels = next(iter(data.train))
    >>> _ = supernet(inputs)
    >>> model = new_model(supernet, supernet.route)
    >>> model.route == supernet.route
    True
    """
    body, stem = supernet.body, supernet.body.stem
    shape = {
        "units": body.units,
        "aggregation": getattr(body, "aggregation", "gate"),
        "embedding_dim": supernet.encoder.embedding_dim,
        "stem_units": stem.stem_units,
        "root_query": stem.root_query,
        "normalization": stem.normalization,
        "gate_normalization": None,
        "dropout_rate": stem.dropout_rate,
        "table_initializer": supernet.encoder.table_initializer,
        "dtype": supernet.dtype_policy,
    }
    return SparseRouteModel(supernet.schema, route, **{**shape, **kwargs})


def build_model(
    search: SearchModel | SupernetModel,
    route: Route,
    batches: Iterable[Batch] | None = None,
) -> SparseRouteModel:
    """A route's network with the weights it had in the supernet.

    It holds what the route reaches and nothing else: no route logits, no gates
    of other routes. Its outputs are those of the supernet pinned to the route,
    until batch statistics are recalibrated.

    Args:
        search: the search, or its supernet.
        route: `Route` of the supernet's space; of `AutoMTL` its present route.
        batches: training batches `(inputs, labels)`, to recalibrate batch
            statistics on (see `recalibrate`); the supernet's are averages over
            all routes drawn. Defaults to `None`: they are inherited, with a
            warning if there are any.

    Returns:
        `SparseRouteModel`.

    Raises:
        ValueError: if the route is none of the supernet's.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame["like"] = frame.click
    >>> data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=16)
    >>> supernet = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> inputs, labels = next(iter(data.train))
    >>> _ = supernet(inputs)
    >>> model = build_model(supernet, supernet.route, data.train)
    >>> sorted(model(inputs))
    ['click', 'like']
    """
    supernet = search
    if isinstance(search, SearchModel):
        search.settle()
        supernet = search.supernet
    if isinstance(supernet, MTNAS):
        model = _inherited(supernet, route)
    else:
        model = _of_present_route(supernet, route)
    if batches is not None:
        recalibrate(model, batches)
    elif model.batch_norms:
        warnings.warn(
            "Batch statistics are inherited from the supernet, where they are "
            "averages over all routes drawn. Pass `batches` to recalibrate.",
            stacklevel=2,
        )
    return model


def _inherited(supernet: MTNAS, route: Route) -> SparseRouteModel:
    consumers = [block.consumer for block in supernet.space.blocks]
    choices = dict(zip(consumers, supernet.space.choices(route), strict=True))
    model = new_model(supernet, route)
    copy_weights(supernet.encoder, model.encoder)
    copy_weights(supernet.towers, model.towers)
    ours, its = supernet.body, model.body
    copy_weights(ours.stem, its.stem)
    for bank, active in zip(its.banks, its.active, strict=True):
        places = [route.place(name) for name in active]
        origins = [(ours.banks[at.layer], at.index) for at in places]
        copy_sub_networks(origins, bank)
    for consumer, gate in its.gates.items():
        gate.kernel.assign(ours.gate(consumer, choices[consumer]).T)
    return model


def _of_present_route(
    supernet: SupernetModel, route: Route
) -> SparseRouteModel:
    """Of a supernet whose route does not say which choices led to it."""
    model = prune(supernet)
    if route != model.route:
        raise ValueError(
            "`route` must be the supernet's present route. "
            f"Received: {route}, where the supernet is at {model.route}"
        )
    return model
