"""The fields of a config and its sections, by their keys."""

import dataclasses
import difflib
import typing
from collections.abc import Iterator
from typing import Any

from mtnas_tf.config.field_values import typed

# Former key -> where it is now.
MOVED = {
    "model.searches": "search.compared",
    "search.estimator": "search.method",
    "search.epochs": "search.supernet.epochs",
    "search.patience": "search.supernet.patience",
    "search.warmup_epochs": "search.supernet.warmup_epochs",
    "search.num_routes": "search.supernet.num_routes",
    "search.route_learning_rate": "search.supernet.route_learning_rate",
    "search.reward": "search.supernet.reward",
    "candidates": "search.candidates",
}


def from_dict(cls: Any, data: Any, prefix: str = "") -> Any:
    """A config, or a section of it, from what JSON has.

    Args:
        cls: class of the config or section.
        data: dict of its fields; what is left out has its default.
        prefix: `"section."` of a section. Defaults to `""`.

    Raises:
        ValueError: for a key that does not exist, or a value that breaks a
            rule, with its key.
    """
    if not isinstance(data, dict):
        raise ValueError(
            f"`{prefix.removesuffix('.') or 'config'}` must hold the keys of "
            f"{cls.__name__}. Received: {data!r}"
        )
    values = {}
    for name, value in data.items():
        key = f"{prefix}{name}"
        kind = type_of(cls, name, key)
        if dataclasses.is_dataclass(kind):
            values[name] = from_dict(kind, value, f"{key}.")
        else:
            values[name] = typed(kind, value, key)
    return cls(**values)


def type_of(cls: Any, name: str, key: str) -> Any:
    """The type of a field.

    Args:
        cls: class of a config or a section.
        name: of the field.
        key: the whole key, for messages.

    Raises:
        ValueError: if there is no such field; it tells what was meant.
    """
    kinds = typing.get_type_hints(cls)
    fields = [field.name for field in dataclasses.fields(cls)]
    if name in fields:
        return kinds[name]
    for former, present in MOVED.items():
        if key == former or key.startswith(f"{former}."):
            raise ValueError(
                f"`{key}` is `{present}{key.removeprefix(former)}` now. "
                f"Received: {key}"
            )
    raise ValueError(
        f"`{key}` is no key of {cls.__name__}, which has {sorted(fields)}."
        f"{_meant(cls, key)}"
    )


def _meant(cls: Any, key: str) -> str:
    """The key that is nearest to one that does not exist, as a question."""
    keys = list(_keys(cls, f"{cls.key}." if hasattr(cls, "key") else ""))
    name = key.rpartition(".")[2]
    alike = [each for each in keys if each.endswith(f".{name}")]
    near = (
        difflib.get_close_matches(key, alike, n=1, cutoff=0.0)
        if alike
        else difflib.get_close_matches(key, keys, n=1)
    )
    return f" Did you mean `{near[0]}`?" if near else ""


def _keys(cls: Any, prefix: str = "") -> Iterator[str]:
    """All keys below a config or a section, sections among them."""
    kinds = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        yield f"{prefix}{field.name}"
        if dataclasses.is_dataclass(kinds[field.name]):
            yield from _keys(kinds[field.name], f"{prefix}{field.name}.")
