"""Base of bodies that send each task its own way through shared experts."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.routes import UnrolledRoute
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


class TaskPaths(keras.layers.Layer):
    """Layers of experts, of which every task weighs those that it reads.

        x_t^l = sum_k w^l_tk e^l_k(x_t^(l-1)),  h_t = x_t^L

    An expert has the same weights for all tasks, and from layer 2 on an input
    for each. A subclass decides the weights w in `call`, which ends in `run`,
    and has `_chosen` and `_num_copies`.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts.
        num_experts: int > 0. Experts of a layer.
        hidden_units: see `Experts`.
        stem_units: see `Stem`.
        normalization: see `Experts`.
        dropout_rate: see `Experts`.
        **kwargs: Passed to `keras.layers.Layer`.
    """

    learns_route = True  # the constructor does not set it

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int,
        num_experts: int,
        hidden_units: Sequence[int],
        stem_units: int | None,
        normalization: str | None,
        dropout_rate: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_layers=num_layers, num_experts=num_experts)
        num_copies = self._num_copies(len(tasks), num_experts)
        self.tasks = RouteSpace(tasks, num_layers, num_copies).tasks
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.experts = [
            Experts(num_experts, hidden_units, name=f"layer_{i + 1}", **base)
            for i in range(num_layers)
        ]

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, _ = self.stem.compute_output_shape(root_shape)
        for layer in self.experts:
            layer.build(shape)
            shape = (None, None, 1, layer.units)  # (tasks, batch, 1, units)

    def run(
        self, root: Tensor, weights: Sequence[Tensor], training: bool
    ) -> TaskTensors:
        """Weighted sums of experts, layer by layer, apart for each task.

        Args:
            root: `(batch, root_units)`.
            weights: one a layer, `(tasks, experts)`, or `(tasks, batch,
                experts)` for weights of each row.
            training: bool.
        """
        x, _ = self.stem(root, training=training)
        for layer, given in zip(self.experts, weights, strict=True):
            if layer is not self.experts[0]:
                x = x[:, :, None, :]  # each task's input, read by all experts
            # (tasks, batch, experts, units)
            outputs = layer(x, training=training)
            own = given if len(given.shape) == 3 else given[:, None, :]
            own = ops.cast(own, outputs.dtype)
            x = ops.sum(own[..., None] * outputs, axis=-2)
        return {task: x[i] for i, task in enumerate(self.tasks)}

    @property
    def route(self) -> Route:
        """What every task reads outside of training, see `UnrolledRoute`."""
        return self._unrolled.route

    @property
    def sources(self) -> dict[str, int]:
        """The expert that each sub-network of the route is a copy of."""
        return dict(self._unrolled.sources)

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        count, probs = self.experts[0].num_experts, self._probs()
        found = []
        for layer in range(len(self.experts)):
            chosen = [own[layer] for own in self._chosen().values()]
            shares = [np.isin(range(count), o) / len(o) for o in chosen]
            found.append(
                SharingMatrix(
                    f"layer {layer + 1}",
                    self.tasks,
                    [f"s{layer * count + i + 1}" for i in range(count)],
                    np.array(shares),
                    "share of the average",
                    probs=probs[layer],
                )
            )
        return found

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.experts[-1].units)
        return dict.fromkeys(self.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_layers": len(self.experts),
            "num_experts": self.experts[0].num_experts,
            "hidden_units": list(self.experts[0].hidden_units),
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    @staticmethod
    def _num_copies(num_tasks: int, num_experts: int) -> int:
        """Most sub-networks in a layer of the route."""
        raise NotImplementedError

    def _chosen(self) -> dict[str, list[list[int]]]:
        """Task -> for each layer the experts that it reads."""
        raise NotImplementedError

    def _probs(self) -> np.ndarray:
        """Learned probabilities: `(layers, tasks, experts)`."""
        raise NotImplementedError

    @property
    def _unrolled(self) -> UnrolledRoute:
        return UnrolledRoute.of(self._chosen())
