"""The noise that turns an argmax of logits into a draw from their softmax."""

import keras
from keras import ops

from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


def gumbel_noise(shape: Shape, generator: keras.random.SeedGenerator) -> Tensor:
    """Draws from the standard Gumbel distribution, `-log(-log(U))`.

    The largest of a row of logits plus this noise is a draw from the row's
    softmax, the largest two are two draws without replacement. TensorFlow's
    own categorical draws are not independent between rows when many are drawn
    at once on a CPU.

    Args:
        shape: tuple of ints, or of scalars.
        generator: `keras.random.SeedGenerator`.

    Returns:
        float32, of that shape.

    Example:
    >>> gumbel_noise((2, 3), keras.random.SeedGenerator(0)).shape
    TensorShape([2, 3])

    Reference:
    - [Jang et al., 2017](https://arxiv.org/abs/1611.01144), equation 1.
    """
    uniform = keras.random.uniform(shape, dtype="float32", seed=generator)
    return -ops.log(-ops.log(uniform))
