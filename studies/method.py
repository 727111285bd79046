"""A library and how it is used."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Method:
    """A method to train.

    Args:
        library: string. Its name in results.
        variant: string. What tells it from others of the library.
        module: a module of `benchmarks.peers`.
        environment: where it runs, `None` for this environment.
        options: what the module gets, see there.
    """

    library: str
    variant: str
    module: str
    environment: str | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.library} {self.variant}"
