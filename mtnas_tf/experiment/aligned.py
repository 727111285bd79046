"""Tables of text with aligned columns, for a terminal."""

from collections.abc import Collection
from collections.abc import Sequence


def aligned(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Collection[str] = (),
) -> str:
    """A table below a rule, its columns two spaces apart.

    Args:
        header: names of the columns.
        rows: as many cells each.
        right: columns that are aligned to the right. Defaults to `()`.
    """
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(header, line, widths, strict=True)
        ).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
