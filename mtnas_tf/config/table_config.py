"""A table of the user's own."""

import dataclasses
import math
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.config.section import Section
from mtnas_tf.data.row_split import KINDS


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableConfig(Section):
    """A table of the user's own, in place of a data set.

    Args:
        path: a CSV or Parquet file, see `mtnas_tf.data.from_file`; `None` for
            the data set that `DataConfig` names. Batches, size of the embedding
            table and seed of the split are `DataConfig`'s all the same.
        tasks: names of the columns that are labels, if there is no schema.
        schema: path of a `DatasetSchema` that was saved; inferred if `None`.
        exclude: columns that are no fields, if there is no schema.
        split, split_column, fractions: see `mtnas_tf.data.RowSplit`.
    """

    key: ClassVar[str] = "table"

    path: str | None = None
    tasks: tuple[str, ...] = ()
    schema: str | None = None
    exclude: tuple[str, ...] = ()
    split: str = "random"
    split_column: str | None = None
    fractions: tuple[float, ...] = (0.8, 0.1, 0.1)

    def check(self) -> None:
        for key, names in self.values("tasks", "exclude").items():
            if not all(names) or len(set(names)) < len(names):
                raise ValueError(
                    f"`{key}` must name columns, each once. "
                    f"Received: {key}={names}"
                )
        check_choices(KINDS, **self.values("split"))
        if (self.split == "random") != (self.split_column is None):
            raise ValueError(
                "`table.split_column` must be given unless `table.split` is "
                f"'random'. Received: table.split_column={self.split_column!r},"
                f" table.split={self.split!r}"
            )
        is_whole = math.isclose(sum(self.fractions), 1, abs_tol=1e-6)
        if len(self.fractions) != 3 or min(self.fractions) <= 0 or not is_whole:
            raise ValueError(
                "`table.fractions` must be three positive numbers of sum 1. "
                f"Received: table.fractions={self.fractions}"
            )
