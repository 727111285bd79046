"""The domains of a data set."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies

OTHERS = "(others)"


@dataclasses.dataclass(frozen=True)
class Domains:
    """The domains of a schema, and which of them a row belongs to.

    Args:
        names: texts of the domain field's vocabulary, then one name for all
            other rows.
        column: int. The column of `ids` that the field feeds.
        first_id: int. The id of the first domain; the others follow.

    Example:
    >>> domains = Domains(("home", "search", OTHERS), column=1, first_id=4)
    >>> domains.indices(np.array([[9, 5], [9, 4], [9, 6]])).tolist()
    [1, 0, 2]
    """

    names: tuple[str, ...]
    column: int
    first_id: int

    def __len__(self) -> int:
        return len(self.names)

    def indices(self, ids: np.ndarray) -> np.ndarray:
        """The domain of each row: its position in `names`.

        Args:
            ids: int `(rows, num_ids)`, of which one column is read.
        """
        index = np.asarray(ids[:, self.column]) - self.first_id
        is_known = (index >= 0) & (index < len(self))
        return np.where(is_known, index, len(self) - 1)


def domains_of(preprocessor: Preprocessor, domain: str | None) -> Domains:
    """The domains that the field of a schema lists.

    Args:
        preprocessor: of the schema.
        domain: name of its field, see `DatasetSchema`.

    Raises:
        ValueError: if there is no such field, or it does not list at least one
            domain beside all others.
    """
    vocabulary = listed_domains(preprocessor.fields, domain)
    if not vocabulary:
        known = [f for f in preprocessor.fields if f.name == domain]
        listed = known[0].vocabulary if known else None
        raise ValueError(
            "`domain` must name a field whose `vocabulary` lists the domains, "
            "at least one beside all others. "
            f"Received: domain={domain!r}, vocabulary={listed}"
        )
    name = str(domain)
    rows, _ = rows_of_vocabularies(preprocessor.fields)
    others = OTHERS
    while others in vocabulary:
        others = f"({others})"
    return Domains(
        (*vocabulary, others),
        preprocessor.id_columns(name).start,
        rows[name][vocabulary[0]],
    )


def listed_domains(
    fields: Sequence[FieldSpec], domain: str | None
) -> tuple[str, ...]:
    """The vocabulary of the field that tells the domain, if it has one.

    Args:
        fields: `FieldSpec`s.
        domain: name of one of them, or `None`.
    """
    found = [field.vocabulary for field in fields if field.name == domain]
    return (found or [None])[0] or ()
