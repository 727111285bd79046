"""The rows of the embedding table that vocabularies own."""

from collections.abc import Sequence

from mtnas_preprocessing.field_spec import FieldSpec


def rows_of_vocabularies(
    fields: Sequence[FieldSpec],
) -> tuple[dict[str, dict[str | None, int]], int]:
    """Field -> text -> row, `None` for all other texts; and how many rows.

    Args:
        fields: `FieldSpec`s; those without a vocabulary own no row.

    Example:
    >>> rows_of_vocabularies([FieldSpec(name="city", vocabulary=("rome",))])
    ({'city': {'rome': 0, None: 1}}, 2)
    """
    rows: dict[str, dict[str | None, int]] = {}
    count = 0
    for field in fields:
        if field.vocabulary is not None:
            texts: tuple[str | None, ...] = (*field.vocabulary, None)
            rows[field.name] = {t: count + i for i, t in enumerate(texts)}
            count += len(texts)
    return rows, count
