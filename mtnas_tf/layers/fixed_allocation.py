"""Components that are allocated to tasks once and for all."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.types import Array
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor

AGGREGATIONS = ("mean", "sum")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class FixedAllocation(keras.layers.Layer):
    """Which components of each layer a task uses, given and not learned.

    Used in place of `Allocation`: for a baseline, or to train the network that
    another training has found from new weights.

    Args:
        allocated: array of 0 and 1, `(tasks, layers, components)`.
        aggregation: `"mean"`, in which a task's components have equal shares
            that sum to 1, or `"sum"`, shares of 1 each. Defaults to `"mean"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> allocation = FixedAllocation([[[1, 0, 1]], [[0, 1, 0]]])
    >>> allocation.shares(task=0).numpy().tolist()
    [[0.5, 0.0, 0.5]]
    """

    def __init__(
        self, allocated: Array, aggregation: str = "mean", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_choices(AGGREGATIONS, aggregation=aggregation)
        self.allocated = _to_bits(allocated)
        self.aggregation = aggregation
        self.built = True

    @classmethod
    def shared(
        cls, shape: Sequence[int], aggregation: str = "mean", **kwargs: Any
    ) -> Self:
        """All components for all tasks.

        Args:
            shape: sequence of three ints: tasks, layers, components.
            aggregation: see the class. Defaults to `"mean"`.
            **kwargs: Passed to the class.
        """
        return cls(np.ones(shape, int), aggregation, **kwargs)

    @classmethod
    def random(
        cls, shape: Sequence[int], budget: float, seed: int = 0, **kwargs: Any
    ) -> Self:
        """Components drawn for each task: one in every layer, and others.

        Args:
            shape: sequence of three ints: tasks, layers, components.
            budget: float in (0, 1]. Share of all components that each task
                uses, rounded; at least one a layer.
            seed: int >= 0. Defaults to `0`.
            **kwargs: Passed to the class.
        """
        check_ints(0, seed=seed)
        num_tasks, num_layers, num_components = shape
        size = num_layers * num_components
        if not 0 < budget <= 1:
            raise ValueError(
                f"`budget` must lie in (0, 1]. Received: budget={budget}"
            )
        rng = np.random.default_rng(seed)
        allocated = np.zeros(shape, int)
        for bits in allocated:
            first = rng.integers(num_components, size=num_layers)
            bits[np.arange(num_layers), first] = 1
            others = rng.permutation(np.flatnonzero(bits == 0))
            num_others = max(0, round(budget * size) - num_layers)
            bits.flat[others[:num_others]] = 1
        return cls(allocated, **kwargs)

    def shares(self, task: Tensor = None, training: bool = False) -> Tensor:
        """The weights of components in what a task reads.

        Args:
            task: int scalar. Index of a task. Defaults to `None`, all tasks.
            training: bool. Without effect. Defaults to `False`.

        Returns:
            float32 `(layers, components)`, or `(tasks, layers, components)`.
        """
        shares = self.allocated.astype("float32")
        if self.aggregation == "mean":
            shares /= np.maximum(shares.sum(axis=-1, keepdims=True), 1)
        tensor = ops.convert_to_tensor(shares)
        return tensor if task is None else ops.take(tensor, task, axis=0)

    def penalty(self, task: Tensor = None) -> Tensor:
        """The loss of an allocation that is not learned: 0.

        Args:
            task: int scalar. Without effect. Defaults to `None`.
        """
        return ops.zeros(())

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "allocated": self.allocated.tolist(),
            "aggregation": self.aggregation,
        }


def _to_bits(allocated: Array) -> np.ndarray:
    try:
        bits = np.array(allocated)
    except ValueError:  # rows of unequal length
        bits = np.zeros(())
    if bits.ndim != 3 or not bits.size or not np.isin(bits, (0, 1)).all():
        raise ValueError(
            "`allocated` must hold 0 and 1 in the shape (tasks, layers, "
            f"components). Received: allocated={allocated!r}"
        )
    return bits.astype(int)
