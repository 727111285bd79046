"""A schema proposed for a table, with its reasons."""

import dataclasses
import warnings

from mtnas_tf.data.column_proposal import ColumnProposal
from mtnas_tf.data.schema import DatasetSchema


@dataclasses.dataclass(frozen=True, kw_only=True)
class SchemaProposal:
    """A proposed schema with the reason for every column.

    Args:
        schema: `DatasetSchema`, to be edited and saved.
        columns: a `ColumnProposal` for each column that is neither a task nor
            excluded, in the table's order.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> proposal = mt.data.propose_schema(frame, ["click"])
    >>> proposal.schema.task_names
    ('click',)
    """

    schema: DatasetSchema
    columns: tuple[ColumnProposal, ...]

    def warn(self) -> None:
        """Warns of columns that are left out, with the reasons."""
        left_out = [
            f"`{column.name}` ({column.why})"
            for column in self.columns
            if column.field is None
        ]
        if left_out:
            warnings.warn(
                f"Columns left out of the proposed schema: "
                f"{', '.join(left_out)}. Pass `exclude` or a schema to choose.",
                stacklevel=4,
            )
