"""Name, dtype and shape of one input or output."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One input or output of an exported model.

    Args:
        name: string.
        dtype: string, as NumPy spells it.
        shape: tuple of int or None. None is a size that may vary.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def to_dict(self) -> dict[str, Any]:
        """The tensor as plain data, for JSON; a size that varies is null."""
        return {**dataclasses.asdict(self), "shape": list(self.shape)}
