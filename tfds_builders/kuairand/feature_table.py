"""Compact storage for features of users or videos."""

import array
from collections.abc import Sequence
from typing import Any

MISSING_INTEGER = -1
MISSING_TEXT = ""


class FeatureTable:
    """Records by an integer key, in one array; texts are held once each.

    The 4,369,953 videos of the 1K version take 0.8 GB.

    Args:
        integers: sequence of strings. Names of the columns of 64-bit integers.
        texts: sequence of strings. Names of the columns of texts.
    """

    def __init__(self, integers: Sequence[str], texts: Sequence[str]) -> None:
        self.integers = tuple(integers)
        self.texts = tuple(texts)
        self._width = len(self.integers) + len(self.texts)
        self._starts: dict[int, int] = {}
        self._values = array.array("q")
        self._text_of: list[str] = []
        self._code_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._starts)

    def add(
        self, key: int, integers: Sequence[int], texts: Sequence[str]
    ) -> None:
        """Adds a record.

        Raises:
            ValueError: if the key has a record already.
        """
        if key in self._starts:
            raise ValueError(f"`key` must be new. Received: key={key}")
        self._starts[key] = len(self._values)
        self._values.extend(integers)
        self._values.extend(map(self._code, texts))

    def record(self, key: int) -> dict[str, Any]:
        """The columns of a key; missing values if it has none."""
        start = self._starts.get(key)
        if start is None:
            return {
                **dict.fromkeys(self.integers, MISSING_INTEGER),
                **dict.fromkeys(self.texts, MISSING_TEXT),
            }
        values = self._values[start : start + self._width].tolist()
        integers = values[: len(self.integers)]
        texts = [self._text_of[code] for code in values[len(integers) :]]
        return {
            **dict(zip(self.integers, integers, strict=True)),
            **dict(zip(self.texts, texts, strict=True)),
        }

    def _code(self, text: str) -> int:
        code = self._code_of.setdefault(text, len(self._text_of))
        if code == len(self._text_of):
            self._text_of.append(text)
        return code
