"""Results as Markdown."""

from collections.abc import Iterable
from collections.abc import Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns except the first are aligned to the right.

    Args:
        header: names of the columns.
        rows: as many cells each.
    """
    rule = ["---", *["---:"] * (len(header) - 1)]
    lines = [header, rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
