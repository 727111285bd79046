"""SNR-Aver: sub-networks that read weighted sums, by links that may close."""

from collections.abc import Sequence

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SNRAver(MultiTaskModel):
    """Experts and tasks read the previous layer's experts by learned links.

    See `mtnas_tf.layers.SNRAver`.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer, the paper's sub-networks.
            Defaults to `4`.
        beta: float > 0. Temperature of a link's noise. Defaults to `0.9`.
        gamma: float < 0. What a link of 0 is stretched to. Defaults to `-0.1`.
        zeta: float > 1. What a link of 1 is stretched to. Defaults to `1.1`.
        l0_weight: float >= 0. Weight of the expected number of open links in
            the loss. Defaults to `1e-4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all experts
            share. Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"snr_aver"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.SNRAver(data.schema, num_layers=2)
    >>> model.count_params()
    43678

    Reference:
    - [Ma et al., 2019](https://doi.org/10.1609/aaai.v33i01.3301216).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_experts: int = 4,
        beta: float = 0.9,
        gamma: float = -0.1,
        zeta: float = 1.1,
        l0_weight: float = 1e-4,
        hidden_units: Sequence[int] = (64,),
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "snr_aver",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.SNRAver(
                schema.task_names,
                num_layers=num_layers,
                num_experts=num_experts,
                beta=beta,
                gamma=gamma,
                zeta=zeta,
                l0_weight=l0_weight,
                hidden_units=hidden_units,
                stem_units=stem_units,
                normalization=normalization,
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
            ),
            name=name,
            dtype=dtype,
        )
