"""A layer of unlike components, of which each task weighs some."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.layers.component import Component
from mtnas_tf.layers.component import check_components
from mtnas_tf.layers.component import check_groups
from mtnas_tf.layers.component import group_normalization
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RoutedLayer(keras.layers.Layer):
    """A weighted sum of components, normalized.

        y = relu(group_norm(sum_c share_c component_c(x)))

    All components are computed, those of share 0 as well: the gradient of a
    share needs the output of its component. `read` computes the chosen ones
    alone.

    Args:
        components: sequence of operations, see `Component`, one a component.
        num_filters: int > 0. Channels. Defaults to `48`.
        stride: int > 0. Of every component. Defaults to `1`.
        num_groups: int > 0. See `Component`. Defaults to `4`.
        active: sequence of int. Indices of the components that exist. Defaults
            to `None`, all.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, height, width, num_filters)`.
        shares: `(components,)`.

    Output shape:
        See `Component`.

    Example:
    >>> layer = RoutedLayer([["conv3x3"], ["identity"]], num_filters=8)
    >>> layer(np.ones((2, 5, 5, 8)), np.array([0.5, 0.5])).shape
    TensorShape([2, 5, 5, 8])

    Reference:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915), and their code.
    """

    def __init__(
        self,
        components: Sequence[Sequence[str]],
        num_filters: int = 48,
        stride: int = 1,
        num_groups: int = 4,
        active: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_components(components)
        check_groups(num_groups, num_filters)
        if active is None:
            active = range(len(components))
        _check_active(active, len(components))
        self.components = tuple(map(tuple, components))
        self.num_filters = num_filters
        self.stride = stride
        self.num_groups = num_groups
        self.active = sorted(map(int, active))
        self.parts = [
            Component(
                components[index],
                num_filters,
                stride,
                num_groups,
                dtype=self.dtype_policy,
                name=f"component_{index}",
            )
            for index in self.active
        ]
        self.normalization = group_normalization(num_groups, self.dtype_policy)

    def build(
        self, images_shape: Shape, shares_shape: Shape | None = None
    ) -> None:
        for part in self.parts:
            part.build(images_shape)
        self.normalization.build(self.compute_output_shape(images_shape))

    def call(self, images: Tensor, shares: Tensor) -> Tensor:
        outputs = [part(images) for part in self.parts]
        weights = ops.unstack(
            ops.cast(shares, outputs[0].dtype), len(self.components)
        )
        return self.finish(
            sum(
                weights[index] * output
                for index, output in zip(self.active, outputs, strict=True)
            )
        )

    def component(self, index: int) -> Component:
        """The component at an index of `components`.

        Args:
            index: int, one of `active`.
        """
        part: Component = self.parts[self.active.index(index)]
        return part

    def finish(self, total: Tensor) -> Tensor:
        """Normalizes what the components add up to.

        Args:
            total: `(batch, height, width, num_filters)`.
        """
        return ops.relu(self.normalization(total))

    def compute_output_shape(
        self, images_shape: Shape, shares_shape: Shape | None = None
    ) -> Shape:
        batch, height, width, _ = images_shape
        size = (-(-side // self.stride) for side in (height, width))
        return (batch, *size, self.num_filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "components": [list(x) for x in self.components],
            "num_filters": self.num_filters,
            "stride": self.stride,
            "num_groups": self.num_groups,
            "active": list(self.active),
        }


def _check_active(active: Sequence[int], num_components: int) -> None:
    places = range(num_components)
    is_sequence = isinstance(active, list | tuple | range)
    if not is_sequence or not all(x in places for x in active):
        raise ValueError(
            f"`active` must hold indices of the {num_components} components. "
            f"Received: active={active!r}"
        )
