"""Rows that every library trains on, whatever its environment."""

import dataclasses
import functools
import pathlib
from typing import Any

import numpy as np

from benchmarks.peers.mmoe_shape import MMoEShape

Array = Any  # of NumPy
SPLITS = ("train", "valid", "test")


@dataclasses.dataclass(frozen=True)
class ExportedData:
    """Hashed ids and labels of three splits.

    Args:
        fields: names of the fields.
        tasks: names of the tasks, all binary.
        num_buckets: int. Rows of the table that all fields share.
        ids: split -> int32 `(rows, fields)`, rows of that table.
        labels: split -> float32 `(rows, tasks)`.
    """

    fields: tuple[str, ...]
    tasks: tuple[str, ...]
    num_buckets: int
    ids: dict[str, Array]
    labels: dict[str, Array]

    @property
    def shape(self) -> MMoEShape:
        """An MMoE with a table per field, for `field_ids`."""
        return MMoEShape(
            tables={name: len(v) for name, v in self._vocabularies.items()},
            tasks=self.tasks,
        )

    @functools.cached_property
    def field_ids(self) -> dict[str, Array]:
        """Split -> int32 `(rows, fields)`, rows of each field's own table.

        Every id that any split holds has a row, in the order of hashed ids.
        """
        return {
            split: np.stack(
                [
                    np.searchsorted(vocabulary, column)
                    for vocabulary, column in zip(
                        self._vocabularies.values(), ids.T, strict=True
                    )
                ],
                axis=1,
            ).astype(np.int32)
            for split, ids in self.ids.items()
        }

    @property
    def separate_ids(self) -> dict[str, Array]:
        """`field_ids` in one table: each field's rows follow the last one's."""
        sizes = list(self.shape.tables.values())
        first = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
        return {split: ids + first for split, ids in self.field_ids.items()}

    def columns(self, split: str) -> dict[str, Array]:
        """Field -> its column of `field_ids`."""
        return dict(zip(self.fields, self.field_ids[split].T, strict=True))

    @functools.cached_property
    def _vocabularies(self) -> dict[str, Array]:
        """Field -> its hashed ids, ascending."""
        columns = np.concatenate(list(self.ids.values())).T
        return {
            name: np.unique(column)
            for name, column in zip(self.fields, columns, strict=True)
        }

    def save(self, path: pathlib.Path) -> None:
        """Writes one NPZ file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            path,
            fields=self.fields,
            tasks=self.tasks,
            num_buckets=self.num_buckets,
            **{f"{split}_ids": self.ids[split] for split in SPLITS},
            **{f"{split}_labels": self.labels[split] for split in SPLITS},
        )

    @classmethod
    def load(cls, path: pathlib.Path) -> "ExportedData":
        """The inverse of `save`."""
        with np.load(path) as file:
            return cls(
                fields=tuple(file["fields"].tolist()),
                tasks=tuple(file["tasks"].tolist()),
                num_buckets=int(file["num_buckets"]),
                ids={split: file[f"{split}_ids"] for split in SPLITS},
                labels={split: file[f"{split}_labels"] for split in SPLITS},
            )
