"""The supernet of AutoMTL: tasks share, own or skip every layer."""

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class AutoMTL(SupernetModel):
    """In every layer a task runs a shared sub-network, its own, or none.

    See `mtnas_tf.layers.AutoMTL` for the choices, and `SupernetModel` for how
    it runs. `mtnas_tf.search.SearchModel` learns the choices, best with the
    estimator `"progressive"`.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Defaults to `2`.
        units: int > 0. Width of every layer. Defaults to `64`.
        sharing_weight: float >= 0. Weight of a penalty on what tasks do not
            share, for estimators that follow gradients of the loss. Defaults to
            `5e-4`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all tasks
            share. Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"auto_mtl"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.AutoMTL(data.schema)
    >>> model.space.size
    36

    Reference:
    - [Zhang et al., 2022](https://arxiv.org/abs/2110.13076).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        units: int = 64,
        sharing_weight: float = 5e-4,
        seed: int = 0,
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "auto_mtl",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.AutoMTL(
                schema.task_names,
                num_layers=num_layers,
                units=units,
                sharing_weight=sharing_weight,
                seed=seed,
                stem_units=stem_units,
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

    def route_penalty(self, probs: Tensor) -> Tensor:
        return self.body.sharing_weight * self.body.sharing_penalty(probs)
