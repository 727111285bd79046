"""Parses values of a config's fields and checks their types."""

import json
import types
import typing
from typing import Any


def parsed(kind: Any, text: str, key: str) -> Any:
    """The value that a text stands for, see `load_config`.

    Args:
        kind: type of the field.
        text: what was written behind `key=`.
        key: for messages.
    """
    options = _options(kind)
    if type(None) in options and text.lower() in ("none", "null"):
        return None
    if str in options:
        return text
    elements = [_element(o) for o in options if typing.get_origin(o) is tuple]
    if elements and not text.lstrip().startswith("["):  # a,b,c
        parts = text.split(",") if text.strip() else []
        return tuple(parsed(elements[0], part.strip(), key) for part in parts)
    return typed(kind, _read(text, float in options), key)


def typed(kind: Any, value: Any, key: str) -> Any:
    """`value` as `kind`, which is a plain type, an optional or a tuple.

    Raises:
        ValueError: for a value of another type, with its key.
    """
    for option in _options(kind):
        if typing.get_origin(option) is tuple:
            if isinstance(value, list | tuple):
                return tuple(typed(_element(option), v, key) for v in value)
        elif option is float and type(value) is int:
            return float(value)
        elif type(value) is option:
            return value
    name = kind.__name__ if isinstance(kind, type) else kind
    raise ValueError(f"`{key}` must be {name}. Received: {key}={value!r}")


def _read(text: str, is_number: bool) -> Any:
    """A text as JSON, or as Python writes booleans and numbers (`.1`)."""
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        pass
    try:
        return float(text) if is_number else text
    except ValueError:
        return text


def _options(kind: Any) -> tuple[Any, ...]:
    """The types that a field may have."""
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if is_union else (kind,)


def _element(kind: Any) -> Any:
    """The type of a tuple's elements: all have one."""
    return typing.get_args(kind)[0]
