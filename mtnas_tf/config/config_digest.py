"""What of a config is the same on every machine, and a digest of it."""

import dataclasses
import hashlib
import json
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.config.experiment_config import ExperimentConfig

# Values of a config that are paths on one machine.
PLACES = (
    ("data", "data_dir"),
    ("table", "path"),
    ("table", "schema"),
    ("optim", "tuned"),
)


def values_without_places(config: ExperimentConfig) -> dict[str, Any]:
    """The values of a config as nested dicts, without paths.

    Args:
        config: `ExperimentConfig`.
    """
    values = dataclasses.asdict(config)
    for section, key in PLACES:
        del values[section][key]
    return values


def config_digest(config: ExperimentConfig) -> str:
    """The sha256 of a config's values without paths, as hexadecimal digits.

    Two configs with the same digest are the same experiment, wherever their
    data lie. The bytes of a file of tuned values count, where there is one.

    Args:
        config: `ExperimentConfig`.

    Example:
    >>> from mtnas_tf.config import ExperimentConfig
    >>> len(config_digest(ExperimentConfig()))
    64
    """
    text = json.dumps(values_without_places(config), sort_keys=True)
    digest = hashlib.sha256(text.encode())
    if config.optim.tuned is not None:
        tuned = local_path(config.optim.tuned)
        digest.update(tuned.read_bytes() if tuned.is_file() else b"")
    return digest.hexdigest()
