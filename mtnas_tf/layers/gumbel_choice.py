"""Learned discrete choices, drawn in training by the Gumbel softmax."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.gumbel_noise import gumbel_noise
from mtnas_tf.types import Array
from mtnas_tf.types import Config
from mtnas_tf.types import Initializer
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GumbelChoice(keras.layers.Layer):
    """Rows of choices, each with learned logits.

    `draw` is, in training, with g standard Gumbel noise of each call:

        soft = softmax((logits + g) / temperature)
        hard = one_hot(argmax(logits + g)), with the gradient of soft

    Otherwise `one_hot(argmax(logits))`, the first of several equal ones.

    Everything is float32. The state of the generator is a weight, so that a
    saved model goes on with the same draws.

    Args:
        shape: sequence of int > 0, at least one. The last is the number of
            choices, the others are those of the rows.
        initial_probs: sequence of float in (0, 1), one a choice, that sum to 1.
            Defaults to `None`, equal ones.
        hard: bool. Whether one choice is drawn in training, or a mixture.
            Defaults to `True`.
        learning_rate_factor: float > 0. The logits are this factor times the
            trained variable, so that a step of Adam moves them by as much more.
            Defaults to `1.0`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> choice = GumbelChoice((2, 3), seed=1)
    >>> choice.draw(1.0).numpy().tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    >>> choice.draw(1.0, training=True).numpy().sum(axis=-1).tolist()
    [1.0, 1.0]

    Reference:
    - [Jang et al., 2017](https://arxiv.org/abs/1611.01144), equation 2 and
      section 2.2.
    """

    def __init__(
        self,
        shape: Sequence[int],
        initial_probs: Sequence[float] | None = None,
        hard: bool = True,
        learning_rate_factor: float = 1.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, shape=shape)
        check_bools(hard=hard)
        check_positive(learning_rate_factor=learning_rate_factor)
        check_ints(0, seed=seed)
        self.shape = tuple(map(int, shape))
        if initial_probs is not None:
            _check_probs(initial_probs, self.shape[-1])
            initial_probs = [float(prob) for prob in initial_probs]
        self.initial_probs = initial_probs
        self.hard = hard
        self.learning_rate_factor = learning_rate_factor
        self.seed = seed
        self.build()

    def build(self, input_shape: Shape | None = None) -> None:
        initial: Initializer = "zeros"
        if self.initial_probs is not None:
            scaled = np.log(self.initial_probs) / self.learning_rate_factor
            initial = keras.initializers.Constant(scaled)
        self.kernel = self.add_weight(
            shape=self.shape,
            initializer=initial,
            trainable=self.shape[-1] > 1,  # else there is nothing to choose
            autocast=False,
            dtype="float32",
            name="logits",
        )
        self.generator = keras.random.SeedGenerator(self.seed)
        # As an attribute of its own the state is saved with the weights.
        self.generator_state = self.generator.state
        self.built = True

    @property
    def logits(self) -> Tensor:
        """`shape`."""
        return self.logits_of(None)

    @property
    def probs(self) -> Tensor:
        """`shape`: the softmax of the logits."""
        return self._softmax(self.logits)

    def logits_of(self, row: Tensor) -> Tensor:
        """The logits of one index of the first axis, or all for `None`.

        Args:
            row: int scalar, or `None`.
        """
        kernel = ops.convert_to_tensor(self.kernel)
        if row is not None:
            kernel = ops.take(kernel, row, axis=0)
        return self.learning_rate_factor * kernel

    def best(self) -> np.ndarray:
        """The most probable choices: int, `shape` without its last axis."""
        best: np.ndarray = ops.convert_to_numpy(self.logits).argmax(axis=-1)
        return best

    def draw(
        self,
        temperature: Tensor,
        is_uniform: Tensor = False,
        training: bool = False,
        row: Tensor = None,
    ) -> Tensor:
        """Draws choices in training, and takes the most probable otherwise.

        Args:
            temperature: float32 scalar > 0.
            is_uniform: bool scalar. In training, draws choices as if all logits
                were 0, and teaches the logits nothing. Defaults to `False`.
            training: bool. Defaults to `False`.
            row: int scalar. Index of the first axis that is drawn alone.
                Defaults to `None`, all.

        Returns:
            float32 `shape`, for a `row` without its first axis: weights of the
            choices, rows that sum to 1.
        """
        logits = self.logits_of(row)
        if not training:
            return self._one_hot(logits)
        logits = ops.where(is_uniform, 0.0, logits)
        logits = logits + gumbel_noise(logits.shape, self.generator)
        soft = self._softmax(logits / temperature)
        if not self.hard:
            return soft
        # Exactly 0 and 1, with the gradient of `soft`.
        return self._one_hot(logits) + (soft - ops.stop_gradient(soft))

    def _softmax(self, logits: Tensor) -> Tensor:
        # Keras warns of a softmax of one value.
        return (
            ops.softmax(logits) if self.shape[-1] > 1 else ops.ones_like(logits)
        )

    def _one_hot(self, logits: Tensor) -> Tensor:
        best = ops.argmax(logits, axis=-1)
        return ops.one_hot(best, self.shape[-1], dtype="float32")

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "shape": list(self.shape),
            "initial_probs": self.initial_probs,
            "hard": self.hard,
            "learning_rate_factor": self.learning_rate_factor,
            "seed": self.seed,
        }


def _check_probs(probs: Array, num_choices: int) -> None:
    array = np.array(probs, dtype="O").reshape(-1)
    is_number = all(isinstance(x, float | int | np.number) for x in array)
    values = array.astype(float) if is_number else np.zeros(1)
    is_valid = values.shape == (num_choices,) and bool((values > 0).all())
    if not is_valid or abs(values.sum() - 1) > 1e-6:
        raise ValueError(
            f"`initial_probs` must hold {num_choices} numbers above 0 that sum "
            f"to 1. Received: initial_probs={probs!r}"
        )
