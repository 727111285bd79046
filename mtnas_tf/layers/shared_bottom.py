"""Shared bottom: one network for all tasks."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.SharedBottom"
)
class SharedBottom(keras.layers.Layer):
    """Every task reads the output of one network.

        h = relu(.. relu(x W_1 + b_1) .. W_L + b_L)

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers, beside a stem. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.SharedBottom(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Caruana, 1997](https://doi.org/10.1023/A:1007379606734).
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
        self.route: Route = RouteSpace(tasks, len(hidden_units), 1).full_route()
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.bottom = Experts(1, hidden_units, name="bottom", **base)

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        self.bottom.build(self.stem.compute_output_shape(root_shape)[0])

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        hidden = self.bottom(hidden, training=training)[:, 0, :]
        return dict.fromkeys(self.route.tasks, hidden)

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.bottom.units)
        return dict.fromkeys(self.route.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.route.tasks),
            "hidden_units": list(self.bottom.hidden_units),
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
