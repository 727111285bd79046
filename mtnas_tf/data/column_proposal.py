"""The proposal for one column of a table."""

import dataclasses

from mtnas_preprocessing import FieldSpec


@dataclasses.dataclass(frozen=True, kw_only=True)
class ColumnProposal:
    """A proposed field, or the reason why the column is left out.

    Args:
        name: name of the column.
        field: `FieldSpec`, or `None` for a column that is left out.
        distinct: int. Distinct values in the training rows that were read.
        missing: float. Share of those rows without a value.
        example: one of the values, as text.
        why: the reason of the choice.
        warning: what may be wrong with it. Defaults to `""`, nothing.
    """

    name: str
    field: FieldSpec | None
    distinct: int
    missing: float
    example: str
    why: str
    warning: str = ""

    @property
    def kind(self) -> str:
        """The kind of field that is proposed, in a few words."""
        field = self.field
        if field is None:
            return "left out"
        if field.kind == "vector":
            return f"vector of {field.size}"
        if field.kind == "float":
            count = len(field.boundaries)
            return f"float, {count + 1} buckets" if count else "float"
        if field.max_length is not None:
            return f"list of {field.kind}s, at most {field.max_length}"
        return field.kind
