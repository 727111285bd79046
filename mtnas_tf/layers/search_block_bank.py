"""The search blocks of one layer: the gates of all their local routes.

With `a` the route chosen in a block, C_a the values it reads and q_a its query,
the block mixes by

    softmax_{C_a}(q_a W_a^T)

Every route of every block owns its gate W_a. The choice is a one-hot row: it
selects gate, query and mask by products, so that a sampled route costs neither
control flow nor a gather.

A mixture of routes with weights p_a is again a weight per value, linear in p:

    sum_a p_a softmax_{C_a}(q_a W_a^T)
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.gate_records import record_weights
from mtnas_tf.layers.masked_softmax import masked_softmax
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

ROOT = -1  # the query index that stands for the root feature
AGGREGATIONS = ("gate", "mean")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SearchBlockBank(keras.layers.Layer):
    """Weights of the values that chosen routes read, by their gates.

    All blocks in front of one layer, or of the tasks, choose among the same
    local routes. They are computed together, for several routes at once.

    Args:
        num_blocks: int > 0. Blocks of the layer.
        num_values: int > 0. Values to choose from.
        combinations: for each local route, the indices of the values it reads.
        queries: for each local route, the index of its query among `queries`,
            or -1 for the root feature.
        aggregation: `"gate"` or `"mean"` (the paper's baseline: no gate, the
            selected values are averaged). Defaults to `"gate"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_dim)`: the root query.
        queries: `(routes or 1, batch, num_queries, units)`: the sub-networks
            whose outputs may be queries.
        choice: `(routes, num_blocks, len(combinations))`: one-hot rows, or
            with `is_mixture` weights of the local routes.
        is_mixture: bool. Whether to compute and mix all local routes. Defaults
            to `False`.

    Output shape:
        `(routes, batch, num_blocks, num_values)`: weights that sum to what the
        row of `choice` does, 0 where no route reads. The batch is 1 for
        `"mean"`.

    Example:
    >>> bank = SearchBlockBank(
    ...     num_blocks=1,
    ...     num_values=2,
    ...     combinations=[[0], [0, 1]],
    ...     queries=[-1, -1],
    ... )
    >>> root, queries = np.ones((3, 4)), np.zeros((1, 3, 0, 5))
    >>> bank(root, queries, choice=np.array([[[1.0, 0.0]]])).numpy()[0, 0]
    array([[1., 0.]], dtype=float32)

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 1 and
      figure 2(a).
    """

    def __init__(
        self,
        num_blocks: int,
        num_values: int,
        combinations: Sequence[Sequence[int]],
        queries: Sequence[int],
        aggregation: str = "gate",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_blocks=num_blocks, num_values=num_values)
        check_choices(AGGREGATIONS, aggregation=aggregation)
        for query in queries:
            check_ints(ROOT, queries=query)
        for combination in combinations:
            if not len(combination) or not set(combination) <= set(
                range(num_values)
            ):
                raise ValueError(
                    "`combinations` must hold indices of the values for each "
                    f"local route. Received: combination={combination}, "
                    f"num_values={num_values}"
                )
        if len(combinations) != len(queries):
            raise ValueError(
                "`combinations` and `queries` must be of one length. Received: "
                f"{len(combinations)} combinations, {len(queries)} queries"
            )
        self.num_blocks = num_blocks
        self.num_values = num_values
        self.combinations = [list(c) for c in combinations]
        self.queries = list(queries)
        self.aggregation = aggregation

    def build(
        self, root_shape: Shape, queries_shape: Shape, choice_shape: Shape
    ) -> None:
        routes = np.arange(len(self.combinations))
        sources = np.asarray(self.queries)
        self.masks = np.zeros((len(routes), self.num_values), "float32")
        for route, combination in enumerate(self.combinations):
            self.masks[route, combination] = 1.0
        # Routes whose query is the root, and all others.
        self.root_routes = routes[sources == ROOT]
        self.sub_network_routes = routes[sources != ROOT]
        # Route -> its query, one-hot; all zeros for the root.
        self.sources = np.equal.outer(
            sources, np.arange(queries_shape[-2])
        ).astype("float32")
        self.root_kernel: keras.Variable | None = None
        self.sub_network_kernel: keras.Variable | None = None
        if self.aggregation == "mean":
            return
        if len(self.root_routes):
            self.root_kernel = self._gates(
                self.root_routes, root_shape[-1], "root_kernel"
            )
        if len(self.sub_network_routes):
            self.sub_network_kernel = self._gates(
                self.sub_network_routes, queries_shape[-1], "sub_network_kernel"
            )

    def call(
        self,
        root: Tensor,
        queries: Tensor,
        choice: Tensor,
        is_mixture: bool = False,
    ) -> Tensor:
        if is_mixture:
            return self._mixture(root, queries, choice)
        choice = ops.cast(choice, self.compute_dtype)
        mask = ops.matmul(choice, self._constant(self.masks))
        mask = mask[:, None]  # (routes, 1, blocks, values)
        if self.aggregation == "mean":
            weights = mask / ops.sum(mask, axis=-1, keepdims=True)
        else:
            weights = masked_softmax(self._scores(root, queries, choice), mask)
        record_weights(self, weights[0])
        return ops.cast(weights, self.compute_dtype)

    def gate(self, block: int, route: int) -> np.ndarray:
        """The gate of a local route of a block: `(values read, query_dim)`."""
        kernel, routes = self._gates_asked_by(self.queries[route])
        row = block * len(routes) + int(np.flatnonzero(routes == route)[0])
        return ops.convert_to_numpy(kernel[row])[self.combinations[route]]

    def compute_output_shape(
        self, root_shape: Shape, queries_shape: Shape, choice_shape: Shape
    ) -> Shape:
        batch = 1 if self.aggregation == "mean" else root_shape[0]
        return (choice_shape[0], batch, self.num_blocks, self.num_values)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_blocks": self.num_blocks,
            "num_values": self.num_values,
            "combinations": self.combinations,
            "queries": self.queries,
            "aggregation": self.aggregation,
        }

    def _gates(
        self, routes: np.ndarray, query_dim: int, name: str
    ) -> keras.Variable:
        """One row per gate: a step decays only the gates of its route."""
        limit = math.sqrt(6 / (query_dim + self.num_values))  # Glorot, per gate
        return self.add_weight(
            shape=(self.num_blocks * len(routes), self.num_values, query_dim),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name=name,
        )

    def _gates_asked_by(self, source: int) -> tuple[keras.Variable, np.ndarray]:
        """The kernel of all gates with one query, and their local routes."""
        if source == ROOT:
            return self.root_kernel, self.root_routes
        return self.sub_network_kernel, self.sub_network_routes

    def _mixture(self, root: Tensor, queries: Tensor, probs: Tensor) -> Tensor:
        """Gates of all local routes, mixed: shaped like the output."""
        probs = ops.cast(probs, "float32")
        if self.aggregation == "mean":
            means = self.masks / self.masks.sum(axis=-1, keepdims=True)
            mixed = ops.matmul(probs, means)[:, None]
            return ops.cast(mixed, self.compute_dtype)
        mixed = 0.0
        for source in sorted(set(self.queries)):
            query = root[None] if source == ROOT else queries[:, :, source]
            routes = np.flatnonzero(np.equal(self.queries, source))
            gates = self._all_gates(query, source, routes)
            weights = ops.take(probs, routes, axis=2)[:, None, :, :, None]
            mixed = mixed + ops.sum(weights * gates, axis=-2)
        return ops.cast(mixed, self.compute_dtype)

    def _all_gates(
        self, query: Tensor, source: int, routes: np.ndarray
    ) -> Tensor:
        """Weights of all routes with one query: `(s, n, blocks, routes, k)`."""
        kernel, owners = self._gates_asked_by(source)
        rows = np.searchsorted(owners, routes)
        kernel = ops.take(self._by_block(kernel), rows, axis=1)
        scores = ops.einsum("snd,brkd->snbrk", query, kernel)
        return masked_softmax(scores, self.masks[routes])

    def _scores(self, root: Tensor, queries: Tensor, choice: Tensor) -> Tensor:
        """Gate scores of the chosen routes, shaped like the output."""
        scores = 0.0
        if self.root_kernel is not None:
            kernel = self._chosen(self.root_kernel, self.root_routes, choice)
            scores = ops.einsum("nd,sbkd->snbk", root, kernel)
        if self.sub_network_kernel is not None:
            kernel = self._chosen(
                self.sub_network_kernel, self.sub_network_routes, choice
            )
            # One product over all sub-networks, zero but for the query's.
            source = ops.matmul(choice, self._constant(self.sources))
            kernel = ops.einsum("sbj,sbku->sbkju", source, kernel)
            if queries.shape[0] == 1:
                asked = ops.einsum("nju,sbkju->snbk", queries[0], kernel)
            else:
                asked = ops.einsum("snju,sbkju->snbk", queries, kernel)
            scores = scores + asked
        return scores

    def _chosen(
        self, kernel: Tensor, routes: np.ndarray, choice: Tensor
    ) -> Tensor:
        """Gates of the chosen routes: `(routes, blocks, values, dim)`."""
        asked = ops.take(choice, routes, axis=2)
        return ops.einsum("sbr,brkd->sbkd", asked, self._by_block(kernel))

    def _by_block(self, kernel: Tensor) -> Tensor:
        """Gates as `(blocks, routes, values, dim)`."""
        return ops.reshape(kernel, (self.num_blocks, -1, *kernel.shape[1:]))

    def _constant(self, array: np.ndarray) -> Tensor:
        return ops.convert_to_tensor(array, self.compute_dtype)
