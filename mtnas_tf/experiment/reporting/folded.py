"""Parts of a report that are folded up until they are asked for."""

import dataclasses
from collections.abc import Sequence
from typing import Any
from typing import ClassVar


@dataclasses.dataclass(frozen=True)
class Folded:
    """Parts behind a line that unfolds them.

    Args:
        title: string. The line.
        parts: as a `Section` has them.

    Example:
    >>> Folded("Every value", ["None was given."]).title
    'Every value'
    """

    kind: ClassVar[str] = "folded"

    title: str
    parts: Sequence[Any]
