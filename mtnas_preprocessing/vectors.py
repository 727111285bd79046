"""Fields that hold a vector of floats a row."""

import numpy as np

from mtnas_preprocessing.field_spec import FieldSpec
from mtnas_preprocessing.raw_value import Value


def float32_vectors(field: FieldSpec, values: list[Value]) -> np.ndarray:
    """Raw vectors of one field as float32 `(rows, field.size)`.

    Args:
        field: `FieldSpec` of the kind `"vector"`.
        values: list of raw values, one a row.

    Raises:
        TypeError, ValueError: for a value that is no such vector.
    """
    shape = (len(values), field.size)
    try:
        array = np.asarray(values)
    except ValueError:  # of different lengths, or texts among lists
        array = np.empty(0, object)
    if array.dtype == np.float16:
        array = array.astype(str)  # its shortest decimals, as CSV holds them
    elif array.dtype.kind not in "biuf":  # neither bools nor numbers
        rows = [field.vector(value) for value in values]
        array = np.array(rows, np.float64)
    if array.ndim > 2:
        raise ValueError(f"lists of lists: {values[0]!r}")
    with np.errstate(over="ignore"):
        return array.astype(np.float32).reshape(shape)
