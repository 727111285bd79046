"""One network a task, kept close to the others by an L2 penalty."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_names
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.task_distance import TaskDistance
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.L2Constrained"
)
class L2Constrained(keras.layers.Layer):
    """A network for each task, whose weights are drawn to the others'.

        h_t = relu(.. relu(x W_t^1 + b_t^1) .. W_t^L + b_t^L)
        loss + l2_weight * sum_{s < t} ||theta_s - theta_t||^2

    `theta_t` are all trainable weights of the hidden layers of task t. The
    penalty is a regularizer of these weights, `TaskDistance`: mixed precision
    rounds what layers compute with, and would hide small distances.

    Duong et al. draw a parser to one of another language that has been trained
    before; here all networks are trained at once, as where MMoE's authors
    compare with this method.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers. Defaults to `(64,)`.
        l2_weight: float >= 0. Weight of the penalty. Defaults to `1e-3`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`, read by all networks.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    With a weight of 0 the networks share the root alone.

    Example:
    >>> body = mt.layers.L2Constrained(["click", "like"], hidden_units=(8, 5))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    References:
    - [Duong et al., 2015](https://aclanthology.org/P15-2139/), section 3.
    - [Ma et al., 2018](https://doi.org/10.1145/3219819.3220007), section 5.1.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        l2_weight: float = 1e-3,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_at_least(0, l2_weight=l2_weight)
        self.tasks = tuple(tasks)
        self.l2_weight = l2_weight
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
        if self.l2_weight:
            for weight in self.networks.trainable_weights:  # tasks come first
                weight.regularizer = TaskDistance(self.l2_weight)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        outputs = self.networks(hidden, training=training)
        return {
            task: outputs[:, index] for index, task in enumerate(self.tasks)
        }

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.tasks, (root_shape[0], self.networks.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": list(self.networks.hidden_units),
            "l2_weight": self.l2_weight,
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
