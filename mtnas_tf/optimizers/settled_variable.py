"""A variable that nobody finds behind."""

from typing import Any

import keras
import tensorflow as tf

Tensor = Any


class SettledVariable(keras.Variable):
    """A variable whose owner catches up before anybody reads or writes it.

    Whatever an optimizer has left for later is done first: by `numpy`, `value`,
    an operator, a save or a checkpoint, and by `assign`. Inside a graph nothing
    can be done first. The owner itself uses `stored`.

    Args:
        initializer: initializer, or the value.
        **kwargs: Passed to `keras.Variable`.

    Attributes:
        owner: what has a method `settle`, or `None`.
    """

    def __init__(self, initializer: Any, **kwargs: Any) -> None:
        self.owner: Any = None
        super().__init__(initializer, **kwargs)

    @property
    def stored(self) -> Tensor:
        """The value as it is, behind or not."""
        return super().value

    @property
    def value(self) -> Tensor:
        self._settle_if_eager()
        return super().value

    @property
    def handle(self) -> Tensor:
        return self.stored.handle  # a gradient tape asks for it in every step

    def assign(self, value: Any) -> Any:
        self._settle_if_eager()
        return super().assign(value)

    def settle(self) -> None:
        """Has the owner, if any, catch up."""
        if self.owner is not None:
            self.owner.settle()

    def _settle_if_eager(self) -> None:
        if tf.executing_eagerly():
            self.settle()

    def __repr__(self) -> str:
        self._settle_if_eager()
        return str(super().__repr__())
