"""Base of the sections of a config."""

import dataclasses
import typing
from collections.abc import Collection
from typing import Any
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.config.field_values import typed


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """Values that are checked when the section is made.

    Attributes:
        key: where the section stands in a config: messages name a value by it,
            as an override would.
    """

    key: ClassVar[str]

    def __post_init__(self) -> None:
        kinds = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not dataclasses.is_dataclass(kinds[field.name]):
                typed(kinds[field.name], value, f"{self.key}.{field.name}")
        self.check()

    def check(self) -> None:
        """Raises `ValueError` for an invalid value."""

    def values(self, *fields: str) -> dict[str, Any]:
        """Key -> value of fields, without those that are `None`."""
        values = {f"{self.key}.{n}": getattr(self, n) for n in fields}
        return {key: v for key, v in values.items() if v is not None}

    def check_names(self, field: str, known: Collection[str]) -> None:
        """Refuses a field's names if one is unknown or repeated."""
        ((key, names),) = self.values(field).items()
        for name in names:
            check_choices(sorted(known), **{key: name})
        if len(set(names)) < len(names):
            raise ValueError(
                f"`{key}` must name each once. Received: {key}={names}"
            )
