"""Networks that serve all splits whose schemas they do not tell apart."""

from collections.abc import Callable
from typing import Generic
from typing import TypeVar

from mtnas_tf.data import DatasetSchema

Networks = TypeVar("Networks")


class KeptNetworks(Generic[Networks]):
    """The networks that were made last: compiled once for equal schemas."""

    def __init__(self) -> None:
        self._kept: tuple[DatasetSchema, Networks] | None = None

    def of(
        self, schema: DatasetSchema, make: Callable[[], Networks]
    ) -> Networks:
        """The last networks, or new ones if the schema needs others.

        Args:
            schema: of the data that they are for.
            make: makes them for this schema.
        """
        of_networks = schema.of_networks
        if self._kept is None or self._kept[0] != of_networks:
            self._kept = of_networks, make()
        return self._kept[1]
