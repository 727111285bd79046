"""Ranges of columns of a root feature."""

from collections.abc import Sequence

from mtnas_tf.arguments import check_ints

Range = tuple[int, int]  # the first column, and the first one behind


def check_ranges(
    root_units: int | None = None, /, **arguments: Sequence[Sequence[int]]
) -> None:
    """Refuses what holds other than ranges `(start, stop)` of columns.

    Args:
        root_units: int. Columns that there are. Defaults to `None`, any number.
        **arguments: sequences of ranges.

    Example:
    >>> check_ranges(4, domain_columns=[(2, 5)])
    Traceback (most recent call last):
    ValueError: `domain_columns` must hold pairs of ints `(start, stop)` with \
0 <= start < stop, up to the 4 columns of the root feature. \
Received: domain_columns=(2, 5)
    """
    for name, ranges in arguments.items():
        for columns in ranges:
            if not _is_range(columns, root_units):
                limit = (
                    f", up to the {root_units} columns of the root feature"
                    if root_units is not None
                    else ""
                )
                raise ValueError(
                    f"`{name}` must hold pairs of ints `(start, stop)` with "
                    f"0 <= start < stop{limit}. Received: {name}={columns!r}"
                )


def _is_range(columns: Sequence[int], root_units: int | None) -> bool:
    try:
        start, stop = columns
        check_ints(0, start=start)
        check_ints(start + 1, stop=stop)
    except (TypeError, ValueError):
        return False
    return root_units is None or stop <= root_units
