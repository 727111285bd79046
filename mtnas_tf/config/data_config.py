"""The data set and its batches."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.config.section import Section
from mtnas_tf.data.pipeline import STORAGES


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig(Section):
    """The data set and its batches. See `mtnas_tf.data.load`.

    Without a `batch_size` it is chosen by the number of training rows.
    """

    key: ClassVar[str] = "data"

    name: str = "book_crossing"
    data_dir: str | None = None
    batch_size: int | None = None
    reward_batch_size: int = 1024
    num_buckets: int | None = None
    min_count: int | None = None
    split_seed: int = 0
    holdout: float = 0.0
    reads_holdout: bool = False
    storage: str = "auto"
    shuffle_window: int = 2**20

    def check(self) -> None:
        check_ints(
            **self.values("batch_size", "reward_batch_size", "num_buckets"),
            **self.values("min_count", "shuffle_window"),
        )
        check_ints(0, **self.values("split_seed"))
        check_fractions(**self.values("holdout"))
        check_choices(STORAGES, **self.values("storage"))
        if not self.name:
            raise ValueError("`data.name` must name a data set. Received: ''")
