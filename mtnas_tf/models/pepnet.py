"""PEPNet: gates of the domain on embeddings, of user and item on networks."""

from collections.abc import Sequence

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import PEPNetEncoder
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class PEPNet(MultiTaskModel):
    """Shared embeddings and a network for each task, personalized by gates.

        x' = GateNU([e_domain, stop_gradient(x)]) * x            EPNet
        h_t^l = g_t^l * relu(h_t^{l-1} W_t^l + b_t^l)            PPNet
        g^l = GateNU^l([e_user, e_item, e_author, stop_gradient(x')])

    See `mtnas_tf.features.EPNet` and `mtnas_tf.layers.PPNet`.

    The schema tells the fields: `domain`, without which there is no EPNet, and
    `entities`, user, item and author, without which the gates of PPNet look at
    the embeddings alone.

    Args:
        schema: `DatasetSchema`, with a `domain` and `entities`.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers of each task, beside a stem. Defaults to `(64,)`.
        gate_units: sequence of int > 0. Widths of the hidden layers of a gate,
            see `GateNU`. Defaults to `(64,)`.
        tower_units: sequence of int > 0. Widths of further hidden layers,
            without gates. Defaults to `()`, none.
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
        name: string. Defaults to `"pepnet"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> fields = [mt.data.FieldSpec(name=name) for name in ("user", "tab")]
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=tuple(fields),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ...     num_buckets=7,
    ...     domain="tab",
    ...     entities=("user",),
    ... )
    >>> model = mt.models.PEPNet(schema, hidden_units=(8, 4))
    >>> model({"ids": np.array([[0, 5], [3, 6]])})["click"].shape
    TensorShape([2, 1])

    Reference:
    - [Chang et al., 2023](https://arxiv.org/abs/2302.01115), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        hidden_units: Sequence[int] = (64,),
        gate_units: Sequence[int] = (64,),
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "pepnet",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        body = layers.PPNet(
            schema.task_names,
            hidden_units=hidden_units,
            gate_units=gate_units,
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
            encoder=PEPNetEncoder,
            gate_units=gate_units,
        )
        super().__init__(schema, body, **parts, name=name, dtype=dtype)
