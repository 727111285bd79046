"""The network of one sharing route."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import RootEncoders
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.routes import Route
from mtnas_tf.routes.sub_network_units import Units
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SparseRouteModel(MultiTaskModel):
    """The network of one route, pruned.

    See `mtnas_tf.layers.RouteNetwork`. It has an embedding table for each root
    feature of the route.

    Args:
        schema: `DatasetSchema`.
        route: `Route` whose tasks are the schema's.
        units: int > 0, width of a sub-network; or a sequence, the width of each
            one of a layer. Defaults to `64`.
        aggregation: `"gate"` or `"mean"`. Defaults to `"gate"`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all
            sub-networks share. Defaults to `None`, none.
        root_query: `"features"` (the encoder's output) or `"stem"`: what a gate
            with query `"root"` looks at. Defaults to `"features"`.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        gate_normalization: `None` (as in the papers) or `"batch"`, of the
            scores of gates, see `Gate`. Defaults to `"batch"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"sparse_route_model"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> space = mt.routes.RouteSpace(data.schema.task_names, 1, 4)
    >>> route = space.hand_made.disjoint()
    >>> model = mt.models.SparseRouteModel(data.schema, route)
    >>> model.route.reached("task_0")
    ('s1', 's2')

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        route: Route,
        units: Units = 64,
        aggregation: str = "gate",
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "layer",
        gate_normalization: str | None = "batch",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "sparse_route_model",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        check_instances(Route, route=route)
        if set(route.tasks) != set(schema.task_names):
            raise ValueError(
                f"`route` must have the schema's tasks {schema.task_names}. "
                f"Received: {route.tasks}"
            )
        num_roots = len(route.used_roots)
        tables: dict[str, Any] = {}
        if num_roots > 1:
            tables = {"encoder": RootEncoders, "num_roots": num_roots}
        super().__init__(
            schema,
            body=layers.RouteNetwork(
                route,
                units=units,
                aggregation=aggregation,
                stem_units=stem_units,
                root_query=root_query,
                normalization=normalization,
                gate_normalization=gate_normalization,
                dropout_rate=dropout_rate,
                dtype=dtype,
                name="body",
            ),
            **standard_parts(
                schema,
                embedding_dim,
                table_initializer,
                tower_units,
                normalization,
                dropout_rate,
                dtype,
                **tables,
            ),
            name=name,
            dtype=dtype,
        )

    @property
    def route(self) -> Route:
        """The route of the network."""
        route: Route = self.body.route
        return route
