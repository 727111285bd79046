"""Normalization of each sub-network of a bank by itself."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_positive
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

KINDS = ("batch", "layer")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class BankNormalization(keras.layers.Layer):
    """Batch or layer normalization with a scale and offset per sub-network.

    Unlike `keras.layers.BatchNormalization` it accepts leading axes (one per
    route scored at once), and can normalize by the statistics of the batch
    without moving its averages: in a supernet the averages mix all routes, so
    a route is scored by its own batch.

    Args:
        kind: `"batch"` (over the batch axis) or `"layer"` (over the units).
        momentum: float in [0, 1). Of the moving averages of `"batch"`.
            Defaults to `0.9`.
        epsilon: float > 0. Added to the variance. Defaults to `1e-3`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., batch, num_subnetworks, units)`.
        training: bool. Whether to normalize by the batch and move the
            averages. Defaults to `False`.
        use_batch_statistics: bool. Whether to normalize by the batch outside of
            training, too. Defaults to `False`.

    Output shape:
        The shape of `inputs`.

    Example:
    >>> units = np.array([[[1.0, 3.0], [10.0, 30.0]]])  # two sub-networks
    >>> BankNormalization("layer", epsilon=1e-9)(units).numpy().round(3)
    array([[[-1.,  1.],
            [-1.,  1.]]], dtype=float32)

    References:
    - [Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167).
    - [Ba et al., 2016](https://arxiv.org/abs/1607.06450).
    """

    def __init__(
        self,
        kind: str,
        momentum: float = 0.9,
        epsilon: float = 1e-3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_choices(KINDS, kind=kind)
        check_fractions(momentum=momentum)
        check_positive(epsilon=epsilon)
        self.kind = kind
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        shape = input_shape[-2:]
        self.gamma = self.add_weight(
            shape=shape, initializer="ones", name="gamma"
        )
        self.beta = self.add_weight(
            shape=shape, initializer="zeros", name="beta"
        )
        if self.kind == "layer":
            return
        # The moments stay float32 under mixed precision.
        self.moving_mean = self.add_weight(
            shape=shape,
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",  # over replicas
            name="moving_mean",
        )
        self.moving_variance = self.add_weight(
            shape=shape,
            initializer="ones",
            trainable=False,
            autocast=False,
            aggregation="mean",  # over replicas
            name="moving_variance",
        )

    def call(
        self,
        inputs: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> Tensor:
        x = ops.cast(inputs, "float32")
        if self.kind == "layer":
            mean, variance = ops.moments(x, axes=[-1], keepdims=True)
        elif training or use_batch_statistics:
            mean, variance = ops.moments(x, axes=[-3], keepdims=True)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        if self.kind == "batch" and training:
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        x = (x - mean) * ops.rsqrt(variance + self.epsilon)
        return ops.cast(x, self.compute_dtype) * self.gamma + self.beta

    def reset(self) -> None:
        """Forgets the moving averages."""
        self.moving_mean.assign(ops.zeros_like(self.moving_mean))
        self.moving_variance.assign(ops.ones_like(self.moving_variance))

    def _move(self, average: keras.Variable, batch_value: Tensor) -> None:
        batch_value = ops.mean(
            ops.reshape(batch_value, (-1, *average.shape)), axis=0
        )
        average.assign(
            self.momentum * average + (1 - self.momentum) * batch_value
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "kind": self.kind,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
