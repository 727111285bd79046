"""Learned links between two layers of sub-networks."""

import math
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_above
from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_below
from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

SMALLEST_DRAW = 1e-6  # of the noise, whose logarithms must be finite


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SNRLinks(keras.layers.Layer):
    """What each sub-network of a layer reads, by links that may close.

        v_j = sum_i z_ij W_ij u_i, or sum_i z_ij u_i without `transforms`

    A link z_ij is hard concrete: in training, with noise U_ij ~ Uniform(0, 1)
    drawn anew at every step,

        s = sigmoid((log U_ij - log(1 - U_ij) + log_alpha_ij) / beta)
        z_ij = min(1, max(0, s (zeta - gamma) + gamma))

    which is 0 or 1 with some probability each. At inference there is no noise,
    and `s = sigmoid(log_alpha_ij)`. Training adds the expected number of open
    links to the loss, by `add_loss`:

        l0_weight * sum_ij sigmoid(log_alpha_ij - beta log(-gamma / zeta))

    The state of the noise's generator is a weight, so that a saved training
    goes on with the same draws.

    Args:
        num_outputs: int > 0. Sub-networks that read.
        transforms: bool. Whether every link has a matrix W_ij. Defaults to
            `True`.
        beta: float > 0. Temperature. Defaults to `0.9`.
        gamma: float < 0. What a concrete variable of 0 is stretched to.
            Defaults to `-0.1`.
        zeta: float > 1. What one of 1 is stretched to. Defaults to `1.1`.
        l0_weight: float >= 0. Weight of the number of open links in the loss.
            Defaults to `1e-4`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, num_inputs, units)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, num_outputs, units)`.

    Example:
    >>> SNRLinks(num_outputs=3)(np.ones((2, 4, 5))).shape
    TensorShape([2, 3, 5])

    References:
    - [Ma et al., 2019](https://doi.org/10.1609/aaai.v33i01.3301216).
    - [Louizos et al., 2018](https://arxiv.org/abs/1712.01312), equations 10-13.
    """

    def __init__(
        self,
        num_outputs: int,
        transforms: bool = True,
        beta: float = 0.9,
        gamma: float = -0.1,
        zeta: float = 1.1,
        l0_weight: float = 1e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_outputs=num_outputs)
        check_bools(transforms=transforms)
        check_positive(beta=beta)
        check_below(0, gamma=gamma)
        check_above(1, zeta=zeta)
        check_at_least(0, l0_weight=l0_weight)
        self.num_outputs = num_outputs
        self.transforms = transforms
        self.beta = beta
        self.gamma = gamma
        self.zeta = zeta
        self.l0_weight = l0_weight

    def build(self, inputs_shape: Shape) -> None:
        num_inputs, units = inputs_shape[-2:]
        self.log_alpha = self.add_weight(
            shape=(num_inputs, self.num_outputs),
            initializer="zeros",
            autocast=False,
            name="log_alpha",
        )
        if self.transforms:
            # Glorot uniform of a single matrix.
            limit = math.sqrt(6 / (2 * units))
            self.kernel = self.add_weight(
                shape=(num_inputs, self.num_outputs, units, units),
                initializer=keras.initializers.RandomUniform(-limit, limit),
                name="kernel",
            )
        self.generator = keras.random.SeedGenerator()
        # As an attribute of its own the state is saved with the weights.
        self.generator_state = self.generator.state

    def links(self) -> Tensor:
        """The links without noise: float32 `(num_inputs, num_outputs)`."""
        return self._stretched(ops.sigmoid(self.log_alpha))

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        links = self.links()
        if training:
            links = self._noisy_links()
            self.add_loss(self.l0_weight * self._expected_open())
        links = ops.cast(links, self.compute_dtype)
        if not self.transforms:
            return ops.einsum("bid,ij->bjd", inputs, links)
        kernel = links[..., None, None] * self.kernel
        return ops.einsum("bid,ijdu->bju", inputs, kernel)

    def _noisy_links(self) -> Tensor:
        draws = keras.random.uniform(
            self.log_alpha.shape,
            minval=SMALLEST_DRAW,
            maxval=1 - SMALLEST_DRAW,
            dtype="float32",
            seed=self.generator,
        )
        noise = ops.log(draws) - ops.log(1 - draws)
        return self._stretched(
            ops.sigmoid((noise + self.log_alpha) / self.beta)
        )

    def _stretched(self, s: Tensor) -> Tensor:
        return ops.clip(s * (self.zeta - self.gamma) + self.gamma, 0.0, 1.0)

    def _expected_open(self) -> Tensor:
        """The number of links that noise leaves above 0, on average."""
        shift = self.beta * math.log(-self.gamma / self.zeta)
        return ops.sum(ops.sigmoid(self.log_alpha - shift))

    def compute_output_shape(self, inputs_shape: Shape) -> Shape:
        return (inputs_shape[0], self.num_outputs, inputs_shape[-1])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_outputs": self.num_outputs,
            "transforms": self.transforms,
            "beta": self.beta,
            "gamma": self.gamma,
            "zeta": self.zeta,
            "l0_weight": self.l0_weight,
        }
