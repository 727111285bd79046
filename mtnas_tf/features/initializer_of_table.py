"""The initializer of a table, from what a user gives."""

import keras

from mtnas_tf.types import Initializer


def initializer_of_table(given: Initializer) -> keras.initializers.Initializer:
    """The initializer that is meant.

    Args:
        given: what `keras.initializers.get` takes, or `None` for a normal
            distribution of standard deviation `1e-4`.

    Raises:
        ValueError: if it is neither.

    Example:
    >>> initializer_of_table("ones")((1, 2)).numpy()
    array([[1., 1.]], dtype=float32)
    """
    if given is None:
        return keras.initializers.RandomNormal(stddev=1e-4)
    try:
        return keras.initializers.get(given)
    except ValueError as error:
        raise ValueError(
            "`table_initializer` must be what `keras.initializers.get` takes. "
            f"Received: table_initializer={given!r}"
        ) from error
