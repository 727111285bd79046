"""Routed layers one after the other, behind a first convolution."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.component import check_components
from mtnas_tf.layers.component import check_groups
from mtnas_tf.layers.component import group_normalization
from mtnas_tf.layers.routed_layer import RoutedLayer
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

COMPONENTS = (
    ("conv3x3", "conv3x3"),
    ("conv5x5", "conv5x5"),
    ("conv7x7", "conv7x7"),
    ("conv1x7", "conv7x1"),
    ("maxpool3x3",),
    ("avgpool3x3",),
    ("identity",),
)
STRIDES = (2, 2, 1, 2, 2, 1, 2, 1)


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ComponentStack(keras.layers.Layer):
    """Images through routed layers, to one vector each.

        x_0 = relu(group_norm(conv_1x1(image)))
        x_l = routed_layer_l(x_(l-1), shares_l),  l = 1 .. L
        h   = flatten(x_L)

    Args:
        components: sequence of sequences of string, see `Component`: those of
            every layer. Defaults to the seven of Ramachandran and Le: pairs
            of 3 x 3, 5 x 5 and 7 x 7, a pair 1 x 7 and 7 x 1, two pools and
            the identity.
        strides: sequence of int > 0, one a layer. Defaults to
            `(2, 2, 1, 2, 2, 1, 2, 1)`.
        num_filters: int > 0. Channels everywhere. Defaults to `48`.
        num_groups: int > 0. See `Component`. Defaults to `4`.
        active: sequence of sequences of int, one a layer: components that
            exist. Defaults to `None`, all.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, height, width, channels)`.
        shares: `(layers, components)`.

    Output shape:
        `(batch, features)`.

    Example:
    >>> stack = ComponentStack(strides=(2, 1), num_filters=4)
    >>> stack(np.ones((2, 6, 6, 1)), np.full((2, 7), 1 / 7)).shape
    TensorShape([2, 36])

    References:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915), and their code.
    - Ramachandran and Le, [Diversity and Depth in Per-Example Routing
      Models](https://openreview.net/pdf?id=BkxWJnC9tX), 2019.
    """

    def __init__(
        self,
        components: Sequence[Sequence[str]] | None = None,
        strides: Sequence[int] = STRIDES,
        num_filters: int = 48,
        num_groups: int = 4,
        active: Sequence[Sequence[int]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, strides=strides)
        components = COMPONENTS if components is None else components
        check_components(components)
        check_groups(num_groups, num_filters)
        self.components = tuple(map(tuple, components))
        self.strides = tuple(strides)
        self.num_filters = num_filters
        self.num_groups = num_groups
        policy = self.dtype_policy
        self.stem = keras.layers.Conv2D(
            num_filters, 1, padding="same", dtype=policy, name="stem"
        )
        self.normalization = group_normalization(num_groups, policy)
        self.routed = [
            RoutedLayer(
                components,
                num_filters,
                stride,
                num_groups,
                own,
                dtype=policy,
                name=f"layer_{index + 1}",
            )
            for index, (stride, own) in enumerate(_pairs(strides, active))
        ]

    def build(
        self, images_shape: Shape, shares_shape: Shape | None = None
    ) -> None:
        self.stem.build(images_shape)
        shape = self.stem.compute_output_shape(images_shape)
        self.normalization.build(shape)
        for layer in self.routed:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, images: Tensor, shares: Tensor) -> Tensor:
        x = self.start(images)
        for index, layer in enumerate(self.routed):
            x = layer(x, shares[index])
        return self.flatten(x)

    def start(self, images: Tensor) -> Tensor:
        """What the first routed layer reads.

        Args:
            images: `(batch, height, width, channels)`.
        """
        return ops.relu(self.normalization(self.stem(images)))

    def flatten(self, images: Tensor) -> Tensor:
        """Vectors of the last layer's images.

        Args:
            images: `(batch, height, width, num_filters)`.
        """
        _, *shape = images.shape
        size = 1
        for side in shape:
            size *= side
        return ops.reshape(images, (-1, size))

    def input_shapes(self, images_shape: Shape) -> list[Shape]:
        """What each routed layer reads, and what the last one returns.

        Args:
            images_shape: `(batch, height, width, channels)`.
        """
        shapes = [tuple(self.stem.compute_output_shape(images_shape))]
        for layer in self.routed:
            shapes.append(layer.compute_output_shape(shapes[-1]))
        return shapes

    def compute_output_shape(
        self, images_shape: Shape, shares_shape: Shape | None = None
    ) -> Shape:
        batch, height, width, channels = self.input_shapes(images_shape)[-1]
        return (batch, height * width * channels)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "components": [list(x) for x in self.components],
            "strides": list(self.strides),
            "num_filters": self.num_filters,
            "num_groups": self.num_groups,
            "active": [list(layer.active) for layer in self.routed],
        }


def _pairs(
    strides: Sequence[int], active: Sequence[Sequence[int] | None] | None
) -> list[tuple[int, Sequence[int] | None]]:
    """The stride and the active components of each layer."""
    if active is None:
        active = [None] * len(strides)
    if not isinstance(active, list | tuple) or len(active) != len(strides):
        raise ValueError(
            "`active` must have an entry for each layer. "
            f"Received: active={active!r}, strides={strides!r}"
        )
    return list(zip(strides, active, strict=True))
