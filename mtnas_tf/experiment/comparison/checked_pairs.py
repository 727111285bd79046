"""Numbers of seeds and splits that a comparison can have."""

from mtnas_tf.config import ExperimentConfig


def check_pairs(
    config: ExperimentConfig, num_seeds: int, num_splits: int
) -> None:
    """Refuses no pairs, and splits that would be one split.

    Args:
        config: `ExperimentConfig`.
        num_seeds: seeds on every split.
        num_splits: ways to deal the rows.

    Raises:
        ValueError: if a number is not positive, or if a table is split by time,
            which there is one way to do, more than once. Its trainings would
            then count as independent in every test.
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
