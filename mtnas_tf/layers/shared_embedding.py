"""Shared embeddings: a network for each task on one root feature."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SharedEmbedding(keras.layers.Layer):
    """Tasks share the encoder, and nothing after it.

        h_t = relu(.. relu(x W_t1 + b_t1) .. W_tL + b_tL)

    Between `SingleTask`, whose tasks have encoders of their own, and
    `SharedBottom`, whose tasks share the network too. ESMM and AITM are made of
    it.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers. Defaults to `(64,)`.
        stem_units: see `Stem`; a stem is shared. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Of one task it is `SharedBottom`.

    Example:
    >>> body = mt.layers.SharedEmbedding(["click", "buy"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["buy"].shape
    TensorShape([2, 5])

    Reference:
    - [Ma et al., 2018](https://doi.org/10.1145/3209978.3210104), section 2.2.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, hidden_units=hidden_units)
        self.tasks: tuple[str, ...] = RouteSpace(tasks, 1, 1).tasks
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.networks = Experts(
            len(self.tasks), hidden_units, name="networks", **base
        )

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        self.networks.build(self.stem.compute_output_shape(root_shape)[0])

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        outputs = self.networks(hidden, training=training)
        parts = ops.unstack(outputs, axis=1)  # (batch, units) each
        return dict(zip(self.tasks, parts, strict=True))

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.networks.units)
        return dict.fromkeys(self.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": list(self.networks.hidden_units),
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
