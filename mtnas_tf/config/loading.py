"""Configs from files."""

import dataclasses
import json
import runpy
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.config.experiment_config import ExperimentConfig
from mtnas_tf.config.overrides import override
from mtnas_tf.config.sweep import Sweep


def load_config(
    path: str | Path, overrides: Iterable[str] = ()
) -> ExperimentConfig:
    """Reads a config file and applies overrides.

    Args:
        path: a Python file with `get_config()`, or a run's `config.json`.
        overrides: strings `"section.key=value"` (or `"seed=value"`); of two for
            one key the last counts. The value is JSON where it is not a string;
            `none` is `None`. Elements of a tuple may be written `a,b`, and are
            of the field's type.

    Returns:
        `ExperimentConfig`.

    Raises:
        ValueError: for a key that does not exist, with the nearest one that
            does, and for a value of another type or that breaks a rule.
        FileNotFoundError: if there is no such file.
    """
    path = _existing(path)
    if path.suffix == ".json":
        config = _read(path)
    else:
        config = _run(path, "get_config", ExperimentConfig)
    return override(config, overrides)


def load_sweep(path: str | Path, overrides: Iterable[str] = ()) -> Sweep:
    """Reads a file with `get_sweep()`; overrides are of what all start from.

    Raises as `load_config` does.
    """
    sweep = _run(_existing(path), "get_sweep", Sweep)
    config = override(sweep.config, overrides)
    return dataclasses.replace(sweep, config=config)


def _existing(path: str | Path) -> Path:
    path = local_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no config file {path}")
    return path


def _read(path: Path) -> ExperimentConfig:
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except ValueError as error:
        raise ValueError(
            f"The config file {path} must hold JSON: {error}"
        ) from error
    return ExperimentConfig.from_json(text)


def _run(path: Path, name: str, kind: type) -> Any:
    """The result of a function in a Python file."""
    if path.suffix != ".py":
        raise ValueError(
            "`config` must be a Python file, or the config.json of a run; a "
            f"table is named by `--table {path}`. Received: {path}"
        )
    try:
        get = runpy.run_path(str(path)).get(name)
        found = None if get is None else get()
    except SyntaxError as error:
        raise ValueError(
            f"The config file {path} is not Python: line {error.lineno}: "
            f"{error.msg}"
        ) from error
    except Exception as error:
        lines = traceback.extract_tb(error.__traceback__)
        own = [line.lineno for line in lines if line.filename == str(path)]
        where = f" in line {own[-1]}" if own else ""
        raise ValueError(
            f"The config file {path} fails{where}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if get is None:
        raise ValueError(f"A config file must have `{name}`. Received: {path}")
    if not isinstance(found, kind):
        raise ValueError(
            f"`{name}` of {path} must return a `mtnas_tf.config."
            f"{kind.__name__}`. Received: {found!r}"
        )
    return found
