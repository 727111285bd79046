"""Differences between an exported model and its source."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mismatch:
    """One rule that an exported file breaks.

    Args:
        format: string. Format of the file.
        rule: string. `"load"`, `"names"`, `"dtype"`, `"dynamic batch"`,
            `"shape"`, `"unread"`, `"ids"`, `"run"` or `"values"`.
        message: string. What was expected and what was found.
        name: string or None. The input or output concerned. Defaults to
            `None`.
        batch_size: int or None. The batch it was seen with. Defaults to
            `None`.
        max_difference: float or None. Largest difference between the file
            and the model. Defaults to `None`.
    """

    format: str
    rule: str
    message: str
    name: str | None = None
    batch_size: int | None = None
    max_difference: float | None = None

    def __str__(self) -> str:
        return f"{self.format}, {self.rule}: {self.message}"


class ExportMismatchError(RuntimeError):
    """Raised when an exported file does not do what the model does.

    Args:
        mismatches: sequence of `Mismatch`, of all formats.

    Example:
    >>> missing = Mismatch(format="onnx", rule="load", message="no file")
    >>> print(ExportMismatchError([missing]).mismatches[0])
    onnx, load: no file
    """

    def __init__(self, mismatches: Sequence[Mismatch]) -> None:
        super().__init__(
            "The export does not agree with the model; nothing was written.\n"
            + "\n".join(f"- {mismatch}" for mismatch in mismatches)
        )
        self.mismatches = tuple(mismatches)
