"""Changes values of a config, from the command line and from code."""

import dataclasses
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import TypeVar

from mtnas_tf.config.experiment_config import ExperimentConfig
from mtnas_tf.config.field_values import parsed
from mtnas_tf.config.fields import type_of

Config = TypeVar("Config")
Changes = dict[str, Any]  # field -> value, or `Changes` of a section


def override(
    config: ExperimentConfig, overrides: Iterable[str]
) -> ExperimentConfig:
    """Applies overrides, all at once: see `load_config`.

    Example:
    >>> override(ExperimentConfig(), ["optim.epochs=2"]).optim.epochs
    2
    """
    changes: Changes = {}
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise ValueError(
                "`--set` must look like section.key=value. "
                f"Received: {override!r}"
            )
        _add(changes, config, key, text)
    return _replaced(config, changes)


def with_section(
    config: ExperimentConfig, section: str, **values: Any
) -> ExperimentConfig:
    """The config with other values in one of its sections.

    Args:
        config: `ExperimentConfig`.
        section: key of the section: `"optim"`, `"search.candidates"`.
        **values: field -> value.

    Example:
    >>> config = with_section(ExperimentConfig(), "optim", epochs=2)
    >>> config.optim.epochs
    2
    """
    changes: Changes = values
    for name in reversed(section.split(".")):
        changes = {name: changes}
    return _replaced(config, changes)


def _add(changes: Changes, config: Any, key: str, text: str) -> None:
    """Adds what `key=text` changes of a config."""
    *sections, name = key.split(".")
    inner: Any = config
    for section in sections:
        type_of(type(inner), section, key)
        changes = changes.setdefault(section, {})
        inner = getattr(inner, section)
        if not dataclasses.is_dataclass(inner):
            raise ValueError(f"`{section}` has no fields. Received: {key}")
    kind = type_of(type(inner), name, key)
    changes[name] = parsed(kind, text, key)


def _replaced(config: Config, changes: Mapping[str, Any]) -> Config:
    values = {
        name: _replaced(getattr(config, name), value)
        if isinstance(value, dict)
        else value
        for name, value in changes.items()
    }
    replaced: Config = dataclasses.replace(config, **values)  # type: ignore[type-var]
    return replaced
