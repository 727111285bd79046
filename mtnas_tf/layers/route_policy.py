"""The distribution over routes that a search learns."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.gumbel_noise import gumbel_noise
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

PINNED_LOGIT = 20.0  # any other local route is drawn once in 5e8 times


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RoutePolicy(keras.layers.Layer):
    """One softmax over the local routes of every block.

    `p_b = softmax(logits_b)`; a route draws every block by itself. The logits
    are not trainable weights: only a search's route optimizer moves them. They
    start at zero, the uniform distribution. The generator's state is a weight,
    so that a saved search goes on with the same draws.

    Args:
        num_choices: for each block, the number of its local routes.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> policy = RoutePolicy([2, 3])  # two blocks
    >>> policy.sample(num_routes=5).shape
    TensorShape([5, 2])
    >>> policy.pin([1, 0])
    >>> policy.probs().numpy().round(3)
    array([[0., 1., 0.],
           [1., 0., 0.]], dtype=float32)

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equations 2-3.
    """

    def __init__(
        self, num_choices: Sequence[int], seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not len(num_choices):
            raise ValueError(
                "`num_choices` must hold a positive int for each block. "
                f"Received: num_choices={num_choices}"
            )
        for number in num_choices:
            check_ints(num_choices=number)
        check_ints(0, seed=seed)
        self.num_choices = list(num_choices)
        self.seed = seed
        self.build()

    def build(self, input_shape: Shape | None = None) -> None:
        shape = (len(self.num_choices), max(self.num_choices))
        # Blocks with fewer routes are padded with routes never drawn.
        self.is_choice = (
            np.arange(shape[1]) < np.array(self.num_choices)[:, None]
        )
        self.logits = self.add_weight(
            shape=shape,
            initializer="zeros",
            trainable=False,
            autocast=False,
            dtype="float32",
            name="logits",
        )
        self.generator = keras.random.SeedGenerator(self.seed)
        # As an attribute of its own the state is saved with the weights.
        self.generator_state = self.generator.state
        self.built = True

    def masked_logits(self) -> Tensor:
        """`(blocks, choices)`, padding at -1e9."""
        return ops.where(self.is_choice, self.logits, -1e9)

    def probs(self) -> Tensor:
        """`(blocks, choices)`, padding at 0."""
        return ops.softmax(self.masked_logits())

    def entropy(self) -> Tensor:
        """`(blocks,)`, in nats."""
        probs = self.probs()
        return -ops.sum(probs * ops.log(ops.maximum(probs, 1e-30)), axis=-1)

    def sample(self, num_routes: int) -> Tensor:
        """Draws routes: int32 `(num_routes, blocks)`."""
        return ops.argmax(self.perturbed_logits(num_routes), axis=-1)

    def sample_uniform(self, num_routes: int) -> Tensor:
        """Draws routes uniformly: int32 `(num_routes, blocks)`."""
        noise = ops.where(self.is_choice, self._noise(num_routes), -1e9)
        return ops.argmax(noise, axis=-1)

    def perturbed_logits(self, num_routes: int) -> Tensor:
        """Logits plus Gumbel noise: `(num_routes, blocks, choices)`.

        The largest of a block is a draw from its softmax, the largest two are
        two draws without replacement.
        """
        return self.masked_logits() + self._noise(num_routes)

    def pin(self, choices: Sequence[int] | np.ndarray) -> None:
        """Gives one route nearly all of the probability.

        Args:
            choices: int `(blocks,)`. Its local route in every block.
        """
        choices = np.asarray(choices)
        sizes = np.array(self.num_choices)
        if choices.shape != sizes.shape or not all(
            (0 <= choices) & (choices < sizes)
        ):
            raise ValueError(
                "`choices` must hold a local route for each block, out of "
                f"{self.num_choices}. Received: choices={choices}"
            )
        one_hot = np.arange(sizes.max()) == choices[:, None]
        self.logits.assign(PINNED_LOGIT * one_hot)

    def one_hot(self, choices: Tensor) -> Tensor:
        """`(routes, blocks)` -> float32 `(routes, blocks, choices)`."""
        return ops.one_hot(choices, max(self.num_choices), dtype="float32")

    def _noise(self, num_routes: int) -> Tensor:
        return gumbel_noise((num_routes, *self.is_choice.shape), self.generator)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_choices": self.num_choices,
            "seed": self.seed,
        }
