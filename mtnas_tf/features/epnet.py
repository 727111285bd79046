"""A gate of the domain on embeddings."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_positive
from mtnas_tf.arguments import check_widths
from mtnas_tf.features.column_range import check_ranges
from mtnas_tf.features.gate_nu import GateNU
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class EPNet(keras.layers.Layer):
    """Scales each feature by what it is worth in the domain of the row.

        g = GateNU([e_domain, stop_gradient(x)])
        x' = g * x

    with `x` the root feature and `e_domain` the domain's embedding in it. The
    gate sees the features, and trains the domain's embedding alone.

    Args:
        domain_columns: `(start, stop)`, the columns of the domain's embedding.
        gate_units: see `GateNU`. Defaults to `(64,)`.
        gamma: see `GateNU`. Defaults to `2.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        features: `(batch, root_units)`.

    Output shape:
        `(batch, root_units)`.

    Example:
    >>> EPNet(domain_columns=(4, 6))(np.ones((3, 7))).shape
    TensorShape([3, 7])

    Reference:
    - [Chang et al., 2023](https://arxiv.org/abs/2302.01115), section 3.2.2.
    """

    def __init__(
        self,
        domain_columns: Sequence[int],
        gate_units: Sequence[int] = (64,),
        gamma: float = 2.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ranges(domain_columns=[domain_columns])
        self.domain_columns = tuple(domain_columns)
        check_widths(gate_units=gate_units)
        check_positive(gamma=gamma)
        self.gate_units = tuple(map(int, gate_units))
        self.gamma = gamma
        self.gate: Any = None

    def build(self, features_shape: Shape) -> None:
        root_units = features_shape[-1]
        check_ranges(root_units, domain_columns=[self.domain_columns])
        self.gate = GateNU(
            root_units,
            self.gate_units,
            self.gamma,
            dtype=self.dtype_policy,
            name="gate",
        )
        start, stop = self.domain_columns
        self.gate.build((None, root_units + stop - start))

    def call(self, features: Tensor) -> Tensor:
        start, stop = self.domain_columns
        known = [features[:, start:stop], ops.stop_gradient(features)]
        return self.gate(ops.concatenate(known, axis=1)) * features

    def compute_output_shape(self, features_shape: Shape) -> Shape:
        return features_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "domain_columns": list(self.domain_columns),
            "gate_units": list(self.gate_units),
            "gamma": self.gamma,
        }
