"""Ids that an export must refuse."""

from collections.abc import Callable
from collections.abc import Iterator

import numpy as np

from .spec import ExportSpec

Arrays = dict[str, np.ndarray]
# Cut to 32 bits, both would be the valid id 3.
_WRAPPING = (2**32 + 3, 3 - 2**32)


def invalid_inputs(
    spec: ExportSpec, predict: Callable[[Arrays], Arrays]
) -> Iterator[tuple[str, Arrays]]:
    """One row each, with one id outside of the table.

    Every column that the predictions depend on has one, the first has each of
    them.

    Args:
        spec: `ExportSpec`.
        predict: the model's predictions of some inputs.

    Yields:
        What is wrong with the row, and the row.
    """
    name = spec.ids_name
    if not any(tensor.name == name for tensor in spec.inputs):
        return
    row = spec.valid_row()
    bounds = np.iinfo(np.int64)
    bad_ids = (spec.num_buckets, *_WRAPPING, bounds.max, bounds.min)
    for number, column in enumerate(_read_columns(spec, row, predict)):
        least = -2 if any(spec.may_pad) and spec.may_pad[column] else -1
        ids = (least, *bad_ids)
        for bad in ids if number == 0 else (ids[number % len(ids)],):
            changed = row[name].copy()
            changed[0, column] = bad
            text = f"id {bad} in column {column} of `{name}`"
            yield text, {**row, name: changed}


def _read_columns(
    spec: ExportSpec, row: Arrays, predict: Callable[[Arrays], Arrays]
) -> list[int]:
    """Columns of ids in which another id makes another prediction."""
    num_ids = row[spec.ids_name].shape[1]
    inputs = {name: np.repeat(x, num_ids + 1, 0) for name, x in row.items()}
    others = np.arange(num_ids)
    ids = inputs[spec.ids_name]
    ids[others + 1, others] = (ids[0] + 1) % spec.num_buckets
    is_read = np.zeros(num_ids, bool)
    for values in predict(inputs).values():
        is_read |= (values[1:] != values[:1]).any(axis=1)
    return np.flatnonzero(is_read).tolist()
