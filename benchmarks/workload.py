"""The model and the data that all subjects of a comparison share."""

import dataclasses
import functools
from typing import Any

import numpy as np

from benchmarks.peers.mmoe_shape import MMoEShape

TASKS = ("a", "b")
ZIPF_EXPONENT = 1.2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """An MMoE and random examples for it, the same in every process.

    Every field has a vocabulary of its own, of equal size. A value's rank by
    frequency follows Zipf's law; which id has which rank is random, as it is
    for hashed values.

    Args:
        vocabulary: int. Rows of all embedding tables together.
        batch_size: int. Examples of a training step.
        num_examples: int. Examples in memory. Defaults to `2**17`.
        num_fields: int. Defaults to `12`.
        embedding_dim: int. Defaults to `10`.
        num_experts: int. Defaults to `4`.
        units: int. Width of an expert. Defaults to `64`.
        learning_rate: float. Of Adam. Defaults to `1e-3`.
        seed: int. Defaults to `0`.
    """

    vocabulary: int
    batch_size: int
    num_examples: int = 2**17
    num_fields: int = 12
    embedding_dim: int = 10
    num_experts: int = 4
    units: int = 64
    learning_rate: float = 1e-3
    seed: int = 0

    @property
    def field_rows(self) -> int:
        """Rows of one field's table."""
        return self.vocabulary // self.num_fields

    @property
    def num_rows(self) -> int:
        """Rows of a table that all fields share."""
        return self.field_rows * self.num_fields

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(f"field_{index}" for index in range(self.num_fields))

    @property
    def shape(self) -> MMoEShape:
        return MMoEShape(
            tables=dict.fromkeys(self.field_names, self.field_rows),
            tasks=TASKS,
            embedding_dim=self.embedding_dim,
            num_experts=self.num_experts,
            units=self.units,
        )

    @functools.cached_property
    def ids(self) -> Any:
        """Ids of each field's own table, int32 `(examples, fields)`."""
        rng = np.random.default_rng(self.seed)
        ranks = rng.zipf(ZIPF_EXPONENT, (self.num_examples, self.num_fields))
        ranks %= self.field_rows
        columns = [
            rng.permutation(self.field_rows)[ranks[:, field]]
            for field in range(self.num_fields)
        ]
        return np.stack(columns, axis=1).astype(np.int32)

    @property
    def shared_ids(self) -> Any:
        """The same ids as rows of one table that all fields share."""
        offsets = np.arange(self.num_fields, dtype=np.int32) * self.field_rows
        return self.ids + offsets

    @functools.cached_property
    def labels(self) -> Any:
        """Labels 0 and 1, float32 `(examples, tasks)`."""
        rng = np.random.default_rng(self.seed + 1)
        shape = (self.num_examples, len(TASKS))
        return rng.integers(0, 2, shape).astype(np.float32)
