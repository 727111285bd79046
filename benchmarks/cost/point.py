"""The sizes that the time of a step is measured against."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class CostPoint:
    """A model, its batches and its table.

    Args:
        num_fields: int. Columns of ids. Defaults to `12`.
        batch_size: int. Rows of a training batch. Defaults to `512`.
        vocabulary: int. Rows of the table, shared out evenly among the fields.
            Defaults to `100_000`.
        num_subnetworks: int. Experts or sub-networks of a layer. Defaults to
            `4`.
        num_layers: int. Layers of them. Defaults to `1`.
        num_routes: int. Routes that a search step scores. Defaults to `8`.
        num_tasks: int. Defaults to `2`.
        reward_batch_size: int. Rows that a route is scored on. Defaults to
            `1024`.
        units: int. Width of a sub-network. Defaults to `64`.
        embedding_dim: int. Columns of the table. Defaults to `10`.
    """

    num_fields: int = 12
    batch_size: int = 512
    vocabulary: int = 100_000
    num_subnetworks: int = 4
    num_layers: int = 1
    num_routes: int = 8
    num_tasks: int = 2
    reward_batch_size: int = 1024
    units: int = 64
    embedding_dim: int = 10

    @property
    def root_units(self) -> int:
        """Width of the concatenated embeddings."""
        return self.num_fields * self.embedding_dim
