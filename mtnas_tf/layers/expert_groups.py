"""Groups of experts, each with an input of its own."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ExpertGroups(keras.layers.Layer):
    """Experts in groups, such as those of each task, all computed at once.

    The experts of a group read the same input; the groups' inputs are as wide
    as one another.

    Args:
        group_sizes: sequence of int > 0, at least one. Experts of each group.
        hidden_units: see `Experts`. Defaults to `(64,)`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        activation: see `Experts`. Defaults to `"relu"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`, read by all groups, or `(batch,
            num_groups, input_dim)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, sum of group_sizes, hidden_units[-1])`, group by group.

    Example:
    >>> experts = ExpertGroups(group_sizes=(2, 1), hidden_units=(5,))
    >>> experts(np.ones((4, 2, 3))).shape
    TensorShape([4, 3, 5])
    """

    def __init__(
        self,
        group_sizes: Sequence[int],
        hidden_units: Sequence[int] = (64,),
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, group_sizes=group_sizes)
        self.group_sizes = tuple(map(int, group_sizes))
        self.experts = Experts(
            sum(self.group_sizes),
            hidden_units,
            normalization,
            dropout_rate,
            activation,
            dtype=self.dtype_policy,
            name="experts",
        )

    @property
    def num_groups(self) -> int:
        """Groups, and inputs."""
        return len(self.group_sizes)

    @property
    def num_experts(self) -> int:
        """Experts of all groups."""
        return self.experts.num_experts

    @property
    def banks(self) -> list[SubNetworkBank]:
        """The hidden layers of all experts, see `Experts`."""
        return self.experts.banks

    @property
    def units(self) -> int:
        """Width of the output."""
        return self.experts.units

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) == 3:
            input_shape = (input_shape[0], self.num_experts, input_shape[-1])
        self.experts.build(input_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if len(inputs.shape) == 3:
            groups = np.repeat(range(self.num_groups), self.group_sizes)
            inputs = ops.take(inputs, groups, axis=1)
        return self.experts(inputs, training=training)

    def names(self, owners: Sequence[str]) -> list[list[str]]:
        """Names of the experts of each group: its owner's, and a number.

        Args:
            owners: sequence of names, one a group.
        """
        return [
            [f"{owner} e{i + 1}" for i in range(size)]
            for owner, size in zip(owners, self.group_sizes, strict=True)
        ]

    def of_group(self, outputs: Tensor, group: int) -> Tensor:
        """The outputs of one group's experts.

        Args:
            outputs: what the layer returns.
            group: int. Index of the group.
        """
        start = sum(self.group_sizes[:group])
        return outputs[:, start : start + self.group_sizes[group]]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.num_experts, self.units)

    def get_config(self) -> Config:
        config = self.experts.get_config()
        return {
            **super().get_config(),
            "group_sizes": list(self.group_sizes),
            "hidden_units": config["hidden_units"],
            "normalization": config["normalization"],
            "dropout_rate": config["dropout_rate"],
            "activation": config["activation"],
        }
