"""Numbers of seeds and splits that a comparison can have."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data.catalog import is_split_by_time


def check_pairs(
    config: ExperimentConfig, num_seeds: int, num_splits: int
) -> None:
    """Refuses no pairs, and splits by time among others.

    Args:
        config: `ExperimentConfig`.
        num_seeds: seeds on every split.
        num_splits: ways to deal the rows.

    Raises:
        ValueError: if a number is not positive; if a table is split by time,
            which there is one way to do, more than once, since its trainings
            would then count as independent in every test; and if a data set's
            own split, which is by time, would be averaged with splits at
            random, which ask another question.
    """
    for name, value in (("num_seeds", num_seeds), ("num_splits", num_splits)):
        if value < 1:
            raise ValueError(
                f"`{name}` must be positive. Received: {name}={value}"
            )
    table = config.table
    if num_splits > 1 and table.path is not None and table.split == "time":
        raise ValueError(
            "`num_splits` must be 1 for a table that is split by time: there "
            "is one such split, and every other one would repeat it. Take "
            "more seeds, or another `table.split`. "
            f"Received: num_splits={num_splits}"
        )
    data = config.data
    is_own = data.split_seed == 0 and table.path is None
    if num_splits > 1 and is_own and is_split_by_time(data.name):
        raise ValueError(
            "`num_splits` must be 1 where `data.split_seed` is 0 and the data "
            "set's own split is by time: the others deal rows at random. Take "
            "more seeds, or begin with another split_seed. "
            f"Received: num_splits={num_splits} of {data.name}"
        )
