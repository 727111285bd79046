"""Settings of a run of benchmarks."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the measurements.

    Args:
        rounds: int > 0. Rounds of every comparison.
        is_smoke: whether to use tiny sizes and this environment alone: the run
            shows that everything works, its figures mean nothing.
        log_dir: directory for what subjects print.
    """

    rounds: int
    is_smoke: bool
    log_dir: pathlib.Path
