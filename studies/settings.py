"""Settings of a run of studies."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The amount of training.

    Args:
        num_splits: int > 0. Splits of the rows, `split_seed` 0, 1, ...
        num_seeds: int > 0. Trainings of each method on a split, seeds 0, 1, ...
        is_smoke: whether to use tiny sizes and this environment alone: the run
            shows that everything works, its figures mean nothing.
        build_dir: directory for data, predictions and what subjects print.
    """

    num_splits: int
    num_seeds: int
    is_smoke: bool
    build_dir: pathlib.Path
