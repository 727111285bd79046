"""Who reads what, and how much of it."""

import dataclasses
from collections.abc import Sequence
from typing import Any
from typing import Self

import numpy as np
import numpy.typing as npt

DEAD_BELOW = 0.1  # of an equal share


@dataclasses.dataclass(frozen=True, eq=False)
class SharingMatrix:
    """What the readers of one layer take from each of its sources.

    Readers are tasks, or sub-networks of the next layer; sources are experts,
    or whatever else a method shares.

    Args:
        name: string. The layer, such as `"layer 1"`.
        readers: sequence of names.
        sources: sequence of names.
        weights: `(readers, sources)`, as the evaluated network has them; NaN
            where a reader cannot read a source.
        kind: string. What a weight is, such as `"mean gate weight"`.
        top_shares: `(readers, sources)`: the share of rows in which the source
            has the reader's largest weight. Defaults to `None`, weights that do
            not depend on the row.
        probs: `(readers, sources)`: the learned probability that a weight is
            not 0. Defaults to `None`, none was learned.

    Raises:
        ValueError: if an array has another shape.

    Example:
    >>> matrix = SharingMatrix(
    ...     "experts",
    ...     readers=["click", "like"],
    ...     sources=["s1", "s2", "s3"],
    ...     weights=[[0.5, 0.48, 0.02], [0.2, 0.79, 0.01]],
    ...     kind="mean gate weight",
    ... )
    >>> matrix.use_by_reader().round(2)
    array([[1.5 , 1.44, 0.06],
           [0.6 , 2.37, 0.03]])
    """

    name: str
    readers: Sequence[str]
    sources: Sequence[str]
    weights: np.ndarray
    kind: str
    top_shares: np.ndarray | None = None
    probs: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("readers", "sources"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("weights", "top_shares", "probs"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, self._checked(name, values))

    def use_by_reader(self) -> np.ndarray:
        """How much each reader uses each source; 1 is an equal share.

        That is the source's share of all that the reader takes, by absolute
        weights, times the number of sources that the reader can read.

        Returns:
            `(readers, sources)`, 0 where a reader cannot read a source.
        """
        taken = np.abs(np.nan_to_num(self.weights))
        total = taken.sum(axis=1, keepdims=True)
        num_read = (~np.isnan(self.weights)).sum(axis=1, keepdims=True)
        shares = np.divide(taken, total, np.zeros_like(taken), where=total > 0)
        use: np.ndarray = num_read * shares
        return use

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON: `None` in place of NaN."""
        values = {
            f.name: getattr(self, f.name) for f in dataclasses.fields(self)
        }
        return {k: _plain(v) for k, v in values.items() if v is not None}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, to four digits."""
        return cls(**values)

    def _checked(self, name: str, values: npt.ArrayLike) -> np.ndarray:
        array = np.array(values, dtype=float)  # NaN for None
        shape = (len(self.readers), len(self.sources))
        if array.shape != shape:
            raise ValueError(
                f"`{name}` must have a row for each reader and a column for "
                f"each source, {shape}. Received: shape={array.shape}"
            )
        return array


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return [[_digits(x) for x in row] for row in value.tolist()]
    return list(value) if isinstance(value, tuple) else value


def _digits(x: float) -> float | None:
    return None if np.isnan(x) else round(x, 4)
