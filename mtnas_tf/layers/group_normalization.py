"""Group normalization in few passes over the images."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GroupNormalization(keras.layers.GroupNormalization):
    """Group normalization of images, channels last, made for training on a CPU.

    For the pixels and channels of a group of one image,

        y = (x - mean) / sqrt(variance + epsilon) * gamma + beta

    The numbers and weights are those of `keras.layers.GroupNormalization`,
    which broadcasts along the few channels of a group. Here sums over pixels
    come first, and what belongs to a group is worked out on one number a
    channel. The gradient is written out, so that it does the same.

    Args:
        groups: int > 0. It divides the channels.
        epsilon: float > 0. Added to the variance.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, height, width, channels)`.
        training: bool. Whether its gradient is the one written out here.
            Defaults to `False`.

    Output shape:
        The shape of `images`.

    Example:
    >>> images = np.array([[[[1.0, 3.0, 20.0, 20.0]]]])
    >>> GroupNormalization(2, epsilon=1e-6)(images).numpy().round(3)[0, 0, 0]
    array([-1.,  1.,  0.,  0.], dtype=float32)

    Reference:
    - [Wu and He, 2018](https://arxiv.org/abs/1803.08494), equations 1 to 6.
    """

    def __init__(self, groups: int, epsilon: float, **kwargs: Any) -> None:
        super().__init__(groups, epsilon=epsilon, **kwargs)

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        shape = ops.shape(images)
        pixels = ops.reshape(images, (-1, shape[1] * shape[2], shape[3]))
        arguments = (
            ops.cast(pixels, "float32"),
            # As tensors: variables are no arguments of a custom gradient.
            ops.reshape(self.gamma, (-1,)),
            ops.reshape(self.beta, (-1,)),
        )
        if training:
            outputs = ops.custom_gradient(self._normalize)(*arguments)
        else:  # a SavedModel cannot hold a gradient of ours
            outputs, _ = self._normalize(*arguments)
        return ops.cast(ops.reshape(outputs, shape), self.compute_dtype)

    def _normalize(
        self, x: Tensor, gamma: Tensor, beta: Tensor
    ) -> tuple[Tensor, Callable[..., tuple[Tensor, Tensor, Tensor]]]:
        """Images of `(batch, pixels, channels)`, and how they get a gradient.

        With h the gradient of x * gamma, n = (x - mean) / deviation, and means
        over a group, the gradient of x is

            (h - mean(h) - n mean(h n)) / deviation
        """
        centred = x - self._means(ops.sum(x, axis=1), x)[:, None]
        squares = ops.sum(ops.square(centred), axis=1)
        inverse = ops.rsqrt(self._means(squares, x) + self.epsilon)
        scale = inverse * gamma  # (batch, channels)
        outputs = centred * scale[:, None] + beta

        def gradient(
            *args: Tensor, upstream: Tensor = None
        ) -> tuple[Tensor, Tensor, Tensor]:
            slopes = args[0] if upstream is None else upstream
            sums = ops.sum(slopes, axis=1)
            products = ops.sum(slopes * centred, axis=1)
            offset = inverse * self._means(sums * gamma, x)
            slant = inverse**3 * self._means(products * gamma, x)
            of_x = (
                slopes * scale[:, None]
                - centred * slant[:, None]
                - offset[:, None]
            )
            of_gamma = ops.sum(products * inverse, axis=0)
            return of_x, of_gamma, ops.sum(sums, axis=0)

        return outputs, gradient

    def _means(self, sums: Tensor, x: Tensor) -> Tensor:
        """Means over groups, for each channel, of sums over pixels."""
        _, num_pixels, num_channels = ops.shape(x)
        size = num_channels // self.groups
        groups = ops.reshape(sums, (-1, self.groups, size))
        count = ops.cast(num_pixels * size, "float32")
        means = ops.sum(groups, axis=-1, keepdims=True) / count
        return ops.reshape(ops.tile(means, (1, 1, size)), (-1, num_channels))
