"""The search block in front of one consumer: all its routes, one chosen.

With `a` the chosen route, C_a the sub-networks it reads and q_a its query:

    o = sum_{j in C_a} softmax_{C_a}(q_a W_a^T)_j v_j

Every route owns its gate W_a; the sub-networks are shared by all. The choice
is a one-hot row: it selects gate, query and mask by products, so that a
sampled route costs neither control flow nor a gather.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

ROOT = -1  # the query index that stands for the root feature
AGGREGATIONS = ("gate", "mean")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SearchBlock(keras.layers.Layer):
    """Mixes the values that the chosen route reads, by that route's gate.

    Args:
        combinations: for each route, the indices of the values it reads.
        queries: for each route, the index of its query among `queries`, or
            -1 for the root feature.
        aggregation: `"gate"` or `"mean"` (the paper's baseline: no gate, the
            selected values are averaged). Defaults to `"gate"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        values: `(routes or 1, batch, num_values, units)`: outputs of the
            previous layer's sub-networks.
        root: `(batch, root_dim)`: the root query.
        queries: `(routes or 1, batch, num_queries, units)`: the sub-networks
            whose outputs may be queries.
        choice: `(routes, len(combinations))`: one-hot rows, one per route
            scored at once.

    Output shape:
        `(routes, batch, units)`.

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 1 and
      figure 2(a).
    """

    def __init__(
        self,
        combinations: Sequence[Sequence[int]],
        queries: Sequence[int],
        aggregation: str = "gate",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if aggregation not in AGGREGATIONS:
            raise ValueError(
                f"`aggregation` must be one of {AGGREGATIONS}. "
                f"Received: aggregation={aggregation!r}"
            )
        if len(combinations) != len(queries):
            raise ValueError(
                "`combinations` and `queries` must be of one length. Received: "
                f"{len(combinations)} combinations, {len(queries)} queries"
            )
        self.combinations = [list(c) for c in combinations]
        self.queries = list(queries)
        self.aggregation = aggregation

    def build(
        self,
        values_shape: Shape,
        root_shape: Shape,
        queries_shape: Shape,
        choice_shape: Shape,
    ) -> None:
        num_values, num_queries = values_shape[-2], queries_shape[-2]
        routes = np.arange(len(self.combinations))
        sources = np.asarray(self.queries)
        self.masks = np.zeros((len(routes), num_values), "float32")
        for route, combination in enumerate(self.combinations):
            self.masks[route, combination] = 1.0
        # Which routes ask the root, and which a sub-network.
        self.root_routes = routes[sources == ROOT]
        self.sub_network_routes = routes[sources != ROOT]
        # Route -> the query it asks, one-hot; all zeros for the root.
        self.sources = np.equal.outer(sources, np.arange(num_queries)).astype(
            "float32"
        )
        self.root_kernel = self.sub_network_kernel = None
        if self.aggregation == "mean":
            return
        if len(self.root_routes):
            self.root_kernel = self._gates(
                len(self.root_routes), num_values, root_shape[-1], "root"
            )
        if len(self.sub_network_routes):
            self.sub_network_kernel = self._gates(
                len(self.sub_network_routes),
                num_values,
                queries_shape[-1],
                "sub_network",
            )

    def call(
        self, values: Tensor, root: Tensor, queries: Tensor, choice: Tensor
    ) -> Tensor:
        choice = ops.cast(choice, self.compute_dtype)
        mask = ops.matmul(choice, self._constant(self.masks))
        if self.aggregation == "mean":
            weights = mask / ops.sum(mask, axis=-1, keepdims=True)
            weights = weights[:, None, :]  # (routes, 1, num_values)
        else:
            scores = self._scores(root, queries, choice)
            scores = ops.cast(scores, "float32")
            hidden = ops.cast(mask, "float32")[:, None, :] == 0
            weights = ops.softmax(ops.where(hidden, -1e9, scores))
            weights = ops.cast(weights, self.compute_dtype)
        return ops.sum(weights[..., None] * values, axis=-2)

    def compute_output_shape(
        self,
        values_shape: Shape,
        root_shape: Shape,
        queries_shape: Shape,
        choice_shape: Shape,
    ) -> Shape:
        return (choice_shape[0], values_shape[1], values_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "combinations": self.combinations,
            "queries": self.queries,
            "aggregation": self.aggregation,
        }

    def _gates(
        self, num_routes: int, num_values: int, query_dim: int, name: str
    ) -> Any:
        limit = math.sqrt(6 / (query_dim + num_values))  # Glorot, per gate
        return self.add_weight(
            shape=(num_routes, num_values, query_dim),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name=f"{name}_kernel",
        )

    def _scores(self, root: Tensor, queries: Tensor, choice: Tensor) -> Tensor:
        """Gate scores of the chosen routes: `(routes, batch, num_values)`."""
        scores = 0.0
        if self.root_kernel is not None:
            asked = ops.take(choice, self.root_routes, axis=1)
            kernel = ops.einsum("sr,rkd->skd", asked, self.root_kernel)
            scores = ops.einsum("bd,skd->sbk", root, kernel)
        if self.sub_network_kernel is not None:
            asked = ops.take(choice, self.sub_network_routes, axis=1)
            kernel = ops.einsum("sr,rku->sku", asked, self.sub_network_kernel)
            source = ops.matmul(choice, self._constant(self.sources))
            query = ops.sum(source[:, None, :, None] * queries, axis=-2)
            scores = scores + ops.einsum("sbu,sku->sbk", query, kernel)
        return scores

    def _constant(self, array: np.ndarray) -> Tensor:
        return ops.convert_to_tensor(array, self.compute_dtype)
