"""STAR: each domain's network is a shared one times its own."""

from collections.abc import Sequence

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import DomainEncoder
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class STAR(MultiTaskModel):
    """A network that domains share, times one of each domain's own.

    See `mtnas_tf.layers.STAR`. Tasks share the network and differ in their
    towers.

    Args:
        schema: `DatasetSchema`, whose field `domain` has a vocabulary that
            lists the domains.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers of the star, beside a stem. Defaults to `(64,)`.
        auxiliary_units: sequence of int > 0, at least one. Widths of the hidden
            layers of the auxiliary network. Defaults to `(32,)`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers,
            which domains share; the paper has none. Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that domains
            share. Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"star"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Raises:
        ValueError: if the schema lists no domains.

    Example:
    >>> tab = mt.data.FieldSpec(name="tab", vocabulary=("home", "search"))
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=(mt.data.FieldSpec(name="user"), tab),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ...     num_buckets=7,
    ...     domain="tab",
    ... )
    >>> model = mt.models.STAR(schema, hidden_units=(8, 4))
    >>> model({"ids": np.array([[4, 0], [6, 1]])})["click"].shape
    TensorShape([2, 1])

    Reference:
    - [Sheng et al., 2021](https://arxiv.org/abs/2101.11427).
    """

    needs_domain = True

    def __init__(
        self,
        schema: DatasetSchema,
        hidden_units: Sequence[int] = (64,),
        auxiliary_units: Sequence[int] = (32,),
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "star",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        body = layers.STAR(
            schema.task_names,
            hidden_units=hidden_units,
            auxiliary_units=auxiliary_units,
            stem_units=stem_units,
            normalization=normalization,
            dropout_rate=dropout_rate,
            dtype=dtype,
            name="body",
        )
        parts = standard_parts(
            schema,
            embedding_dim,
            table_initializer,
            tower_units,
            normalization,
            dropout_rate,
            dtype,
            encoder=DomainEncoder,
        )
        super().__init__(schema, body, **parts, name=name, dtype=dtype)
