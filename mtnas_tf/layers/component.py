"""One component of a routed layer: operations in turn."""

import re
from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.group_normalization import GroupNormalization
from mtnas_tf.types import Config
from mtnas_tf.types import DType
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

GROUP_NORM_EPSILON = 1e-6
_OPERATION = re.compile(r"(conv|maxpool|avgpool)([1-9]\d*)x([1-9]\d*)|identity")
_POOLS = {
    "maxpool": keras.layers.MaxPooling2D,
    "avgpool": keras.layers.AveragePooling2D,
}


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Component(keras.layers.Layer):
    """Convolutions, a pool or nothing, of images.

    A convolution is followed by group normalization and a ReLU. The stride is
    that of the last operation; an identity with a stride is a convolution of
    1 x 1, with neither behind it. Padding keeps the size.

    Args:
        operations: sequence of `"conv3x3"`, `"maxpool3x3"`, `"avgpool3x3"`, of
            any height and width, and `"identity"`, at least one.
        num_filters: int > 0. Channels of every convolution.
        stride: int > 0. Defaults to `1`.
        num_groups: int > 0. Groups of channels that are normalized together; it
            divides `num_filters`. Defaults to `4`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, height, width, num_filters)`.

    Output shape:
        `(batch, ceil(height / stride), ceil(width / stride), num_filters)`.

    Example:
    >>> component = Component(["conv1x7", "conv7x1"], num_filters=8, stride=2)
    >>> component(np.ones((2, 5, 5, 8))).shape
    TensorShape([2, 3, 3, 8])

    Reference:
    - Ramachandran and Le, [Diversity and Depth in Per-Example Routing
      Models](https://openreview.net/pdf?id=BkxWJnC9tX), 2019.
    """

    def __init__(
        self,
        operations: Sequence[str],
        num_filters: int,
        stride: int = 1,
        num_groups: int = 4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_operations(operations=operations)
        check_ints(stride=stride)
        check_groups(num_groups, num_filters)
        self.operations = tuple(operations)
        self.num_filters = num_filters
        self.stride = stride
        self.num_groups = num_groups
        self.steps: list[keras.layers.Layer] = []
        for index, operation in enumerate(operations):
            is_last = index == len(operations) - 1
            self.steps += self._new_steps(operation, stride if is_last else 1)

    def build(self, images_shape: Shape) -> None:
        for step in self.steps:
            step.build(images_shape)
            images_shape = step.compute_output_shape(images_shape)

    def call(self, images: Tensor) -> Tensor:
        for step in self.steps:
            images = step(images)
        return images

    def multiply_adds(self, images_shape: Shape) -> int:
        """Products with weights, for one image.

        Args:
            images_shape: `(batch, height, width, channels)`.
        """
        total = 0
        for step in self.steps:
            images_shape, inputs = (
                step.compute_output_shape(images_shape),
                (images_shape[-1]),
            )
            if isinstance(step, keras.layers.Conv2D):
                height, width = step.kernel_size
                size = images_shape[1] * images_shape[2] * images_shape[3]
                total += size * height * width * inputs
        return total

    def compute_output_shape(self, images_shape: Shape) -> Shape:
        for step in self.steps:
            images_shape = step.compute_output_shape(images_shape)
        return tuple(images_shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "operations": list(self.operations),
            "num_filters": self.num_filters,
            "stride": self.stride,
            "num_groups": self.num_groups,
        }

    def _new_steps(
        self, operation: str, stride: int
    ) -> list[keras.layers.Layer]:
        if operation == "identity":
            return [self._new_convolution((1, 1), stride)] * (stride > 1)
        match = _OPERATION.fullmatch(operation)
        kind, *size = match.groups()  # type: ignore[union-attr]
        height, width = map(int, size)
        if kind == "conv":
            return [
                self._new_convolution((height, width), stride),
                group_normalization(self.num_groups, self.dtype_policy),
                keras.layers.ReLU(dtype=self.dtype_policy),
            ]
        pool = _POOLS[kind]
        return [
            pool(
                (height, width),
                strides=stride,
                padding="same",
                dtype=self.dtype_policy,
            )
        ]

    def _new_convolution(
        self, size: tuple[int, int], stride: int
    ) -> keras.layers.Conv2D:
        return keras.layers.Conv2D(
            self.num_filters,
            size,
            strides=stride,
            padding="same",
            dtype=self.dtype_policy,
        )


def group_normalization(num_groups: int, dtype: DType) -> GroupNormalization:
    """A group normalization as in the authors' code.

    Args:
        num_groups: int > 0.
        dtype: policy of the layer.
    """
    return GroupNormalization(num_groups, GROUP_NORM_EPSILON, dtype=dtype)


def check_operations(**arguments: Sequence[str]) -> None:
    """Refuses what is no sequence of operations of a component."""
    for name, value in arguments.items():
        is_sequence = isinstance(value, list | tuple) and len(value)
        if not is_sequence or not all(
            isinstance(x, str) and _OPERATION.fullmatch(x) for x in value
        ):
            raise ValueError(
                f"`{name}` must hold at least one of 'conv3x3', 'maxpool3x3' "
                "and 'avgpool3x3', of any size, and 'identity'. "
                f"Received: {name}={value!r}"
            )


def check_components(components: Sequence[Sequence[str]]) -> None:
    """Refuses what is no sequence of operations of components."""
    is_sequence = isinstance(components, list | tuple) and len(components)
    if not is_sequence:
        raise ValueError(
            "`components` must hold the operations of at least one component. "
            f"Received: components={components!r}"
        )
    for operations in components:
        check_operations(components=operations)


def check_groups(num_groups: int, num_filters: int) -> None:
    """Refuses channels, and groups that do not divide them."""
    check_ints(num_filters=num_filters)
    check_ints(num_groups=num_groups)
    if num_filters % num_groups:
        raise ValueError(
            "`num_groups` must divide `num_filters`. Received: "
            f"num_groups={num_groups}, num_filters={num_filters}"
        )
