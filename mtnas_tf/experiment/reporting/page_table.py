"""A table of a report."""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar


@dataclasses.dataclass(frozen=True)
class PageTable:
    """A table that readers can sort.

    Args:
        caption: string. What it shows.
        header: names of the columns.
        rows: as many texts each; the first one names the row.
        num_texts: int > 0. The first columns that are text, the others being
            numbers and aligned to the right. Defaults to `1`.

    Raises:
        ValueError: if a row has more or fewer cells than the header.

    Example:
    >>> PageTable("Size", ["model", "weights"], [["MMoE", "8,128"]]).num_texts
    1
    """

    kind: ClassVar[str] = "table"

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    num_texts: int = 1

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(
                    f"`rows` must have {len(self.header)} cells each, as the "
                    f"header has. Received: {list(row)}"
                )
