"""The MMoE that all libraries of a comparison build."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class MMoEShape:
    """Sizes of an MMoE: one layer of experts, one dense unit a task.

    Args:
        tables: field -> rows of its embedding table.
        tasks: names of the tasks, all binary.
        embedding_dim: int. Defaults to `10`.
        num_experts: int. Defaults to `4`.
        units: int. Width of an expert. Defaults to `64`.
    """

    tables: Mapping[str, int]
    tasks: tuple[str, ...]
    embedding_dim: int = 10
    num_experts: int = 4
    units: int = 64

    @property
    def num_table_weights(self) -> int:
        """Weights of all tables together."""
        return self.embedding_dim * sum(self.tables.values())
