"""Fields that read the rows of the table of another."""

from collections.abc import Sequence

from mtnas_preprocessing.field_spec import FieldSpec


def check_shared_rows(fields: Sequence[FieldSpec]) -> None:
    """Refuses a `rows_of` that names no field whose rows can be read.

    Args:
        fields: `FieldSpec`s, names distinct.

    Raises:
        ValueError: if it is no other field of the same kind, or one that reads
            those of a third.

    Example:
    >>> check_shared_rows([FieldSpec(name="watched", rows_of="item")])
    Traceback (most recent call last):
    ValueError: `rows_of` must name a field of the same kind that has rows of \
its own, one of []. Received: rows_of='item' of 'watched'
    """
    for field in fields:
        if field.rows_of is None:
            continue
        known = [
            other.name
            for other in fields
            if other.kind == field.kind
            and other.rows_of is None
            and other.name != field.name
        ]
        if field.rows_of not in known:
            raise ValueError(
                "`rows_of` must name a field of the same kind that has rows of "
                f"its own, one of {known}. "
                f"Received: rows_of={field.rows_of!r} of {field.name!r}"
            )
