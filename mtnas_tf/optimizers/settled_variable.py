"""A variable that is brought up to date before it is read."""

from typing import Any
from typing import Protocol

import keras
import tensorflow as tf

from mtnas_tf.types import Initializer
from mtnas_tf.types import Tensor


class Owner(Protocol):
    """What trains a variable, and may bring it up to date later."""

    def settle(self) -> None:
        """Brings the variable up to date."""

    def missed_movement(self, ids: Tensor) -> Tensor:
        """What rows of a table have missed: `(*ids.shape, dim)`."""


class SettledVariable(keras.Variable):
    """A variable whose owner brings it up to date before any read or write.

    Work that an optimizer has deferred is done first by `numpy`, `value`, an
    operator, a save or a checkpoint, and by `assign`. Inside a graph that is
    not possible. The owner itself uses `stored`.

    Args:
        initializer: initializer, or the value.
        **kwargs: Passed to `keras.Variable`.

    Attributes:
        owner: `Owner`, or `None`.
    """

    def __init__(self, initializer: Initializer, **kwargs: Any) -> None:
        self.owner: Owner | None = None
        super().__init__(initializer, **kwargs)

    @property
    def stored(self) -> Tensor:
        """The value as it is, up to date or not."""
        return super().value

    @property
    def value(self) -> Tensor:
        self._settle_if_eager()
        return super().value

    @property
    def handle(self) -> Tensor:
        return self.stored.handle  # a gradient tape asks for it in every step

    def assign(self, value: Tensor) -> Tensor:
        self._settle_if_eager()
        return super().assign(value)

    def settle(self) -> None:
        """Lets the owner, if any, bring the variable up to date."""
        if self.owner is not None:
            self.owner.settle()

    def _settle_if_eager(self) -> None:
        if tf.executing_eagerly():
            self.settle()

    def __repr__(self) -> str:
        self._settle_if_eager()
        return str(super().__repr__())
