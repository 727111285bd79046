"""A function of raw values that is called once for each distinct one."""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from mtnas_preprocessing.raw_value import Value


def map_distinct(
    function: Callable[[Value], int], values: list[Value]
) -> np.ndarray:
    """The integers that a function gives values, int32 `(len(values),)`.

    Args:
        function: of a value.
        values: list of raw values. 1, 1.0 and True are distinct: they are
            equal, and differ as texts.

    Raises:
        TypeError: if a value is not hashable.

    Example:
    >>> map_distinct(int, ["7", "3", "7"])
    array([7, 3, 7], dtype=int32)
    """
    keys: Sequence[object] = values
    if len(set(map(type, values))) > 1:
        keys = list(zip(map(type, values), values, strict=True))
    distinct = dict(zip(keys, values, strict=True))
    found = {key: function(value) for key, value in distinct.items()}
    return np.fromiter(map(found.__getitem__, keys), np.int32, len(keys))
