"""Images -> the root feature."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.types import Config
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ImageEncoder(keras.layers.Layer):
    """Convolutions that halve an image, one after the other.

    Each is followed by a normalization of groups of channels and a ReLU; what
    the last one gives is the root feature, laid out flat. With it any sharing
    body learns from images: the schema has an `image_shape`.

    Args:
        filters: sequence of int > 0, at least one. Channels that each
            convolution gives, each a multiple of `num_groups`. Defaults to
            `(32, 64, 64)`.
        kernel_size: int > 0. Defaults to `3`.
        num_groups: int > 0. Groups of channels, see
            `keras.layers.GroupNormalization`. Defaults to `4`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: dict with `images`, float `(batch, height, width, channels)`.

    Output shape:
        `(batch, height' * width' * filters[-1])`; `height'` is `height`, halved
        and rounded up for each convolution.

    Example:
    >>> schema = mt.data.DatasetSchema(
    ...     name="letters",
    ...     image_shape=(28, 28, 1),
    ...     tasks=(
    ...         mt.data.TaskSpec(name="a", kind="multiclass", num_classes=3),
    ...     ),
    ... )
    >>> body = mt.layers.SharedBottom(schema.task_names, hidden_units=(8,))
    >>> encoder = mt.features.ImageEncoder(filters=(4, 8))
    >>> model = mt.models.MultiTaskModel(schema, body, encoder)
    >>> model({"images": np.zeros((2, 28, 28, 1))})["a"].shape
    TensorShape([2, 3])
    """

    def __init__(
        self,
        filters: Sequence[int] = (32, 64, 64),
        kernel_size: int = 3,
        num_groups: int = 4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, filters=filters)
        check_ints(kernel_size=kernel_size, num_groups=num_groups)
        if any(count % num_groups for count in filters):
            raise ValueError(
                "`filters` must be multiples of `num_groups`. "
                f"Received: filters={filters}, num_groups={num_groups}"
            )
        self.filters = tuple(filters)
        self.kernel_size = kernel_size
        self.num_groups = num_groups
        self.steps: list[keras.layers.Layer] = []
        for index, count in enumerate(self.filters):
            self.steps += [
                keras.layers.Conv2D(
                    count,
                    kernel_size,
                    strides=2,
                    padding="same",
                    dtype=self.dtype_policy,
                    name=f"convolution_{index}",
                ),
                keras.layers.GroupNormalization(
                    num_groups,
                    dtype=self.dtype_policy,
                    name=f"normalization_{index}",
                ),
            ]

    def build(self, input_shape: dict[str, Shape]) -> None:
        shape = input_shape["images"]
        for step in self.steps:
            step.build(shape)
            shape = step.compute_output_shape(shape)

    def call(self, inputs: Inputs) -> Tensor:
        features = ops.cast(inputs["images"], self.compute_dtype)
        for convolution, normalization in zip(
            self.steps[::2], self.steps[1::2], strict=True
        ):
            features = ops.relu(normalization(convolution(features)))
        size = 1
        for length in features.shape[1:]:
            size *= length
        return ops.reshape(features, (-1, size))

    def compute_output_shape(self, input_shape: dict[str, Shape]) -> Shape:
        batch, *sides, _ = input_shape["images"]
        size = self.filters[-1]
        for side in sides:
            size *= -(-side // 2 ** len(self.filters))
        return (batch, size)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "num_groups": self.num_groups,
        }
