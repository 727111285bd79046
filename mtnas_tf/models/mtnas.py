"""The supernet: one network that holds every route of a space."""

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MTNAS(SupernetModel):
    """An encoder, `mtnas_tf.layers.Supernet` and a dense layer for each task.

    See `SupernetModel` for how it runs. The gates of a supernet are never
    normalized: each of them is drawn too rarely for statistics.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of sub-networks. Defaults to `2`.
        num_subnetworks: int > 0, per layer. Defaults to `4`.
        units: int > 0. Width of a sub-network. Defaults to `64`.
        query_scope: `"prev"`, `"all_prev"` or `"root"`, see `RouteSpace`.
            `"root"` is the ablation without query search. Defaults to
            `"prev"`.
        aggregation: `"gate"`, or `"mean"` for the mean-pooling ablation.
            Defaults to `"gate"`.
        dedup_singletons: bool, see `RouteSpace`. Defaults to `False`.
        value_scope: `"prev"` or `"all_prev"`, see `RouteSpace`. Defaults to
            `"prev"`.
        merge_singletons: bool, see `Supernet`. The paper takes the plain
            argmax. Defaults to `True`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all
            sub-networks share. Defaults to `None`, none.
        root_query: `"features"` (the encoder's output) or `"stem"`: what a gate
            with query `"root"` looks at. Defaults to `"features"`.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"mtnas"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Pinned to the full route with root queries it is `MLMMoE` without normalized
    gates; with all consumers on one sub-network, `SharedBottom`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> model.space.size
    6561

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.1. The
      paper sets a stem of 64, two layers of four sub-networks, 64 units, no
      normalization.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_subnetworks: int = 4,
        units: int = 64,
        query_scope: str = "prev",
        aggregation: str = "gate",
        dedup_singletons: bool = False,
        value_scope: str = "prev",
        merge_singletons: bool = True,
        seed: int = 0,
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "mtnas",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.Supernet(
                schema.task_names,
                num_layers=num_layers,
                num_subnetworks=num_subnetworks,
                units=units,
                query_scope=query_scope,
                aggregation=aggregation,
                dedup_singletons=dedup_singletons,
                value_scope=value_scope,
                merge_singletons=merge_singletons,
                seed=seed,
                stem_units=stem_units,
                root_query=root_query,
                normalization=normalization,
                dropout_rate=dropout_rate,
                dtype=dtype,
                name="body",
            ),
            encoder=FeatureEncoder.from_schema(
                schema,
                embedding_dim,
                table_initializer,
                dtype=dtype,
                name="encoder",
            ),
            name=name,
            dtype=dtype,
        )

    @property
    def space(self) -> RouteSpace:
        """The routes to choose from."""
        space: RouteSpace = self.body.space
        return space
