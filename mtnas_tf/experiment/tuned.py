"""Fills in the values that `mtnas tune` found best."""

import json
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section

SEARCHED = "mtnas"
# Value of `OptimConfig` -> smallest and largest value that is tried.
RANGES = {"learning_rate": (3e-4, 1e-2), "weight_decay": (1e-7, 1e-3)}
WEIGHTS = "loss_weights"


def with_tuned(config: ExperimentConfig, method: str) -> ExperimentConfig:
    """The config with the values found best for a method, if it was tuned.

    A file may also hold `loss_weights` of a method, which then take the place
    of the config's. The returned config no longer refers to a file:
    `optim.tuned` is `None`.

    Args:
        config: `ExperimentConfig`; `optim.tuned` is the path of `tune.json`.
        method: a baseline, or `"mtnas"` for any route.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it was not written by `mtnas tune`, or lacks the method.
    """
    if config.optim.tuned is None:
        return config
    best = _best(config.optim.tuned)
    if method not in best:
        raise ValueError(
            f"`optim.tuned` must hold {method!r}. "
            f"Received: {config.optim.tuned} with {sorted(best)}"
        )
    values = {name: best[method][name] for name in RANGES}
    if WEIGHTS in best[method]:
        values[WEIGHTS] = tuple(best[method][WEIGHTS])
    return with_section(config, "optim", tuned=None, **values)


def tuned_weights(config: ExperimentConfig) -> dict[str, tuple[str, ...]]:
    """Method -> its loss weights, of the methods that were tuned with some.

    Args:
        config: see `with_tuned`.
    """
    if config.optim.tuned is None:
        return {}
    best = _best(config.optim.tuned)
    return {
        method: tuple(values[WEIGHTS])
        for method, values in best.items()
        if WEIGHTS in values
    }


def _best(tuned: str) -> dict[str, dict[str, Any]]:
    """Method -> its best values, of a `tune.json`."""
    path = local_path(tuned)
    if not path.is_file():
        raise FileNotFoundError(
            f"`optim.tuned` must be a file that `mtnas tune` wrote. There is "
            f"no {path}"
        )
    try:
        best = json.loads(path.read_bytes())["best"]
        is_tuned = all(set(RANGES) <= set(values) for values in best.values())
    except (ValueError, TypeError, KeyError, AttributeError):
        is_tuned = False
    if not is_tuned:
        raise ValueError(
            "`optim.tuned` must be a `tune.json` that `mtnas tune` wrote. "
            f"Received: {path}, which holds something else"
        )
    return dict(best)
