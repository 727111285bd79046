"""Dropout that goes on with the same draws in a saved model."""

from typing import Any

import keras

from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SavedDropout(keras.layers.Layer):
    """`keras.layers.Dropout`, whose generator is a weight.

    Keras's own starts again from its seed in a model that was loaded, so that
    a training that was interrupted ends elsewhere.

    Args:
        rate: float in [0, 1). Share of the values that are dropped.
        seed: int >= 0. Defaults to `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: any shape.
        training: bool. Defaults to `False`.

    Output shape:
        The shape of `inputs`.

    Example:
    >>> SavedDropout(0.5)(np.ones((1, 3))).numpy().tolist()
    [[1.0, 1.0, 1.0]]
    """

    def __init__(self, rate: float, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_fractions(rate=rate)
        check_ints(0, seed=seed)
        self.rate = rate
        self.seed = seed
        self.build()

    def build(self, inputs_shape: Shape | None = None) -> None:
        self.generator = keras.random.SeedGenerator(self.seed)
        # As an attribute of its own the state is saved with the weights.
        self.generator_state = self.generator.state
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or not self.rate:
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=self.generator)

    def compute_output_shape(self, inputs_shape: Shape) -> Shape:
        return inputs_shape

    def get_config(self) -> Config:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
