"""Normalization of each domain's rows by their own moments."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_positive
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class PartitionedNormalization(keras.layers.Layer):
    """Batch normalization within each domain.

        z' = (gamma gamma_p) (z - mu_p) / sqrt(var_p + epsilon) + beta + beta_p

    with the mean and variance of the rows of domain `p`: those of the batch in
    training, else moving averages. Scale and offset have a part that all
    domains share. A domain that is not in a batch keeps its averages.

    Of one domain it is batch normalization.

    Args:
        momentum: float in [0, 1). Of the moving averages. Defaults to `0.9`.
        epsilon: float > 0. Added to the variance. Defaults to `1e-3`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, units)`.
        domain: `(batch, num_domains)`, 1 for a row's domain, 0 for the others.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> normalize = mt.layers.PartitionedNormalization(epsilon=1e-9)
    >>> x = np.array([[1.0], [3.0], [10.0], [30.0]], "float32")
    >>> domain = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], "float32")
    >>> normalize(x, domain, training=True).numpy()[:, 0].round(3).tolist()
    [-1.0, 1.0, -1.0, 1.0]

    Reference:
    - [Sheng et al., 2021](https://arxiv.org/abs/2101.11427), section 4.2.
    """

    def __init__(
        self, momentum: float = 0.9, epsilon: float = 1e-3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_fractions(momentum=momentum)
        check_positive(epsilon=epsilon)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, inputs_shape: Shape, domain_shape: Shape) -> None:
        units = inputs_shape[-1]
        own = (domain_shape[-1], units)
        for name, shape, initializer in (
            ("gamma", (units,), "ones"),
            ("beta", (units,), "zeros"),
            ("own_gamma", own, "ones"),
            ("own_beta", own, "zeros"),
        ):
            weight = self.add_weight(
                shape=shape, initializer=initializer, name=name
            )
            setattr(self, name, weight)
        for name, initializer in (
            ("moving_mean", "zeros"),
            ("moving_variance", "ones"),
        ):
            moment = self.add_weight(
                shape=own,
                initializer=initializer,
                trainable=False,
                autocast=False,  # float32 under mixed precision, too
                aggregation="mean",  # over replicas
                name=name,
            )
            setattr(self, name, moment)

    def call(
        self, inputs: Tensor, domain: Tensor, training: bool = False
    ) -> Tensor:
        x, is_of = ops.cast(inputs, "float32"), ops.cast(domain, "float32")
        if training:
            mean, variance = self._moments(x, is_of)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        x = x - ops.matmul(is_of, mean)
        x = x * ops.rsqrt(ops.matmul(is_of, variance) + self.epsilon)
        x = ops.cast(x, self.compute_dtype)
        scale = self.gamma * ops.matmul(domain, self.own_gamma)
        return scale * x + self.beta + ops.matmul(domain, self.own_beta)

    def _moments(self, x: Tensor, is_of: Tensor) -> tuple[Tensor, Tensor]:
        """Those of the batch, of which the averages take their part."""
        count = ops.sum(is_of, axis=0)[:, None]  # (num_domains, 1)
        shares = ops.transpose(is_of) / ops.maximum(count, 1)
        mean = ops.matmul(shares, x)
        centered = x - ops.matmul(is_of, mean)
        variance = ops.matmul(shares, ops.square(centered))
        for average, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            moved = self.momentum * average + (1 - self.momentum) * value
            average.assign(ops.where(count > 0, moved, average))
        return mean, variance

    def compute_output_shape(
        self, inputs_shape: Shape, domain_shape: Shape
    ) -> Shape:
        return inputs_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
