"""What a reader needs to check that a config preceded its run."""

import datetime
from pathlib import Path
from typing import Any

from mtnas_tf import __version__
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import config_digest
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.versions import versions

BEGUN = "begun.txt"  # of a run that is not finished


def begun(run: Path) -> str:
    """When a run began; one that is resumed keeps its time.

    Args:
        run: the directory of an unfinished run, where the time is kept.

    Returns:
        date and time, such as `2026-11-29T13:20:11+00:00`.
    """
    path = run / BEGUN
    if not path.is_file():
        write_text(path, _now())
    return path.read_text(encoding="utf-8")


def provenance(config: ExperimentConfig, begun_at: str) -> dict[str, Any]:
    """`protocol.provenance` of `compare.json`.

    Args:
        config: as it was given, before values that the data choose.
        begun_at: see `begun`.

    Returns:
        `config_sha256`, see `config_digest`; the library's `version`, and the
        `versions` of what it runs on; `begun`, before anything was trained, and
        `ended`.
    """
    return {
        "config_sha256": config_digest(config),
        "version": __version__,
        "versions": versions(),
        "begun": begun_at,
        "ended": _now(),
    }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
