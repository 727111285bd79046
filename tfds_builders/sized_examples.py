"""Examples of a split, and how many there are."""

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

Example = tuple[Any, dict[str, Any]]  # key and content


class SizedExamples:
    """The examples of a split whose number is known before they are made.

    Whoever prepares the records can tell from it how much is left.

    Args:
        examples: key and content of every example. Read once.
        size: int >= 0. How many there are, or about as many.

    Example:
    >>> examples = SizedExamples([(0, {"x": 1})], size=1)
    >>> len(examples), list(examples)
    (1, [(0, {'x': 1})])
    """

    def __init__(self, examples: Iterable[Example], size: int) -> None:
        self._examples = examples
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Example]:
        return iter(self._examples)
