"""Batches of one size."""

import numpy as np
from keras import tree

from mtnas_tf.types import Inputs


def padded_rows(inputs: Inputs, num_rows: int) -> Inputs:
    """The inputs with rows of zeros behind them, if there are fewer rows.

    Args:
        inputs: dict of arrays or tensors.
        num_rows: int. Least number of rows.

    Example:
    >>> padded_rows({"ids": np.ones((2, 1))}, 3)["ids"][:, 0].tolist()
    [1.0, 1.0, 0.0]
    """
    missing = num_rows - len(next(iter(inputs.values())))
    if missing <= 0:
        return inputs
    return {
        name: np.concatenate(
            [values, np.zeros((missing, *values.shape[1:]), values.dtype)]
        )
        for name, values in tree.map_structure(np.asarray, inputs).items()
    }
