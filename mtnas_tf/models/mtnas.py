"""The supernet: every route of the space, one of them at a time."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.layers import RoutePolicy
from mtnas_tf.layers import SearchBlockBank
from mtnas_tf.layers.search_block_bank import AGGREGATIONS
from mtnas_tf.models.layer_name import layer_name
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MTNAS(MultiTaskModel):
    """Layers of sub-networks, a search block in front of every consumer.

    Sub-networks are shared by all routes; every local route owns its gate.

        v_k = relu(r W_k + b_k)                    layer 1
        v_k = relu(Block_k(v) W_k + b_k)           layer 2 and up
        y_t = sigmoid(Block_t(v) w_t + b_t)        every task t

    Called as a model, it draws a route in training and takes the most
    probable one otherwise; `route_logits` runs any routes, several at once.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of sub-networks. Defaults to `2`.
        num_subnetworks: int > 0, per layer. Defaults to `4`.
        units: int > 0. Width of a sub-network. Defaults to `64`.
        query_scope: `"prev"`, `"all_prev"` or `"root"`, see `RouteSpace`.
            `"root"` is the ablation without query search. Defaults to
            `"prev"`.
        aggregation: `"gate"`, or `"mean"` for the mean-pooling ablation.
            Defaults to `"gate"`.
        dedup_singletons: bool, see `RouteSpace`. Defaults to `False`.
        value_scope: `"prev"` or `"all_prev"`, see `RouteSpace`. Defaults to
            `"prev"`.
        merge_singletons: bool. Whether local routes that read one and the same
            sub-network count as one, of the sum of their probabilities, where
            the most probable route is sought: they differ by a query without
            effect, and apart each has a share of their probability. The paper
            takes the plain argmax. Defaults to `True`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        **kwargs: The base net's shape, see `MultiTaskModel`, where
            `gate_normalization` is `None`: the gates of a supernet are never
            normalized.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Pinned to the full route with root queries it is `MLMMoE` without normalized
    gates; with all consumers on one sub-network, `SharedBottom`.

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.1. The
      paper sets a stem of 64, two layers of four sub-networks, 64 units, no
      normalization.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_subnetworks: int = 4,
        units: int = 64,
        query_scope: str = "prev",
        aggregation: str = "gate",
        dedup_singletons: bool = False,
        value_scope: str = "prev",
        merge_singletons: bool = True,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("gate_normalization") is not None:
            # A local route's gate is drawn too seldom for statistics.
            raise ValueError(
                "`gate_normalization` must be None: the gates of a supernet "
                "are never normalized. Received: "
                f"gate_normalization={kwargs['gate_normalization']!r}"
            )
        super().__init__(schema, **{**kwargs, "gate_normalization": None})
        check_ints(units=units)
        check_ints(0, seed=seed)
        check_bools(merge_singletons=merge_singletons)
        check_choices(AGGREGATIONS, aggregation=aggregation)
        self.units = units
        self.aggregation = aggregation
        self.merge_singletons = merge_singletons
        self.seed = int(seed)
        self.space = RouteSpace(
            schema.task_names,
            num_layers,
            num_subnetworks,
            query_scope=query_scope,
            gated=aggregation == "gate",
            dedup_singletons=dedup_singletons,
            value_scope=value_scope,
        )
        self.space.check_local_routes()
        self.policy = RoutePolicy(
            [len(block.routes) for block in self.space.blocks],
            seed=self.seed,
            name="policy",
        )
        self._first_equals = self._positions_of_first_equals()
        self.banks = [
            self.build_layer(layer, num_subnetworks, units)
            for layer in range(num_layers)
        ]
        self.block_banks = [
            self._build_blocks(layer) for layer in range(num_layers)
        ]
        self.build_towers(units)

    def logits(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        choices = self.policy.sample(1) if training else self.best_choices()
        return self.as_towers(self.route_logits(inputs, choices, training))

    def as_towers(self, logits: TaskTensors) -> TaskTensors:
        """Logits of one route, `(1, batch, ...)`, shaped as those of towers."""
        return {
            name: ops.reshape(logits[name], (-1, num_outputs))
            for name, num_outputs in self.schema.num_outputs.items()
        }

    @property
    def route(self) -> Route:
        """The route of `best_choices`.

        Raises:
            ValueError: if a route logit is not finite.
        """
        logits = ops.convert_to_numpy(self.policy.logits)
        if not np.isfinite(logits).all():
            raise ValueError(
                "`policy.logits` must be finite. Received: "
                f"{int((~np.isfinite(logits)).sum())} that are not: the search "
                "diverged"
            )
        return self.space.route(ops.convert_to_numpy(self.best_choices())[0])

    def best_choices(self) -> Tensor:
        """The most probable local route of every block: `(1, blocks)`.

        It is what a search is judged by and what is derived from it.
        """
        if self._first_equals is None:
            return ops.argmax(self.policy.masked_logits(), axis=-1)[None]
        return ops.argmax(self._merged_probs(), axis=-1)[None]

    def top_probs(self) -> Tensor:
        """Probabilities of `best_choices`: `(blocks,)`."""
        return ops.max(self._merged_probs(), axis=-1)

    def route_logits(
        self,
        inputs: Inputs,
        choices: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """Runs routes side by side; what they share is computed once.

        Args:
            inputs: see the class.
            choices: int `(routes, blocks)`. The local route of every block.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool. Normalize every route by its own
                statistics on this batch. Defaults to `False`.

        Returns:
            dict task name -> logits, float32 `(routes, batch)`; `(routes,
            batch, classes)` of a multi-class task.
        """
        return self.root_route_logits(
            self.encoder(inputs),
            choices,
            training,
            use_batch_statistics,
        )

    def root_route_logits(
        self,
        root: Tensor,
        choices: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """`route_logits` from the root feature, `(batch, root_units)`."""
        return self._network_logits(
            root,
            self.policy.one_hot(choices),
            is_mixture=False,
            training=training,
            use_batch_statistics=use_batch_statistics,
        )

    def root_mixture_logits(
        self,
        root: Tensor,
        probs: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """Runs mixtures: blocks that sum up the outputs of their local routes.

        With one-hot rows it is the network of a route. A block is linear in its
        rows of `probs`, and costs as much as all its routes' gates.

        Args:
            root: `(batch, root_units)`: the encoder's output.
            probs: float `(routes, blocks, choices)`. Weights of the local
                routes of every block; those of padding are ignored.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool, see `route_logits`. Defaults to `False`.

        Returns:
            see `route_logits`.
        """
        return self._network_logits(
            root,
            probs,
            is_mixture=True,
            training=training,
            use_batch_statistics=use_batch_statistics,
        )

    def gate(self, consumer: str, choice: int) -> np.ndarray:
        """The gate of a consumer's local route: `(values read, query_dim)`."""
        for consumers, bank in zip(
            self.space.consumers, self.block_banks, strict=True
        ):
            if consumer in consumers:
                return bank.gate(consumers.index(consumer), choice)
        raise ValueError(
            f"`consumer` must be one of {self.space.consumers}. "
            f"Received: consumer={consumer!r}"
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_layers": self.space.num_layers,
            "num_subnetworks": self.space.num_subnetworks,
            "units": self.units,
            "query_scope": self.space.query_scope,
            "aggregation": self.aggregation,
            "dedup_singletons": self.space.dedup_singletons,
            "value_scope": self.space.value_scope,
            "merge_singletons": self.merge_singletons,
            "seed": self.seed,
        }

    def _merged_probs(self) -> Tensor:
        """`(blocks, choices)`: equal ones add up at the first of them."""
        probs = self.policy.probs()
        if self._first_equals is None:
            return probs
        flat = ops.reshape(probs, (-1,))
        merged = ops.segment_sum(flat, self._first_equals, flat.shape[0])
        return ops.reshape(merged, probs.shape)

    def _network_logits(
        self, root: Tensor, choice: Tensor, is_mixture: bool, **modes: bool
    ) -> TaskTensors:
        """Logits of one-hot or mixed local routes."""
        stem = self.stem_output(root, **modes)
        query = root if self.root_query == "features" else stem
        outputs = [self.banks[0](stem, **modes)[None]]
        for layer, bank in enumerate(self.banks[1:]):
            weights = self._weights(layer, query, outputs, choice, is_mixture)
            values = self._read(outputs, self.space.value_scope)
            mixed = ops.sum(
                weights[..., None] * values[..., None, :, :], axis=-2
            )
            outputs.append(bank(mixed, **modes))
        weights = self._weights(-1, query, outputs, choice, is_mixture)
        values = self._read(outputs, self.space.value_scope)
        return self._task_logits(weights, values)

    def _weights(
        self,
        layer: int,
        root: Tensor,
        outputs: Sequence[Tensor],
        choice: Tensor,
        is_mixture: bool,
    ) -> Tensor:
        """What a layer's blocks read: `(routes, batch, blocks, values)`."""
        queries = self._read(outputs, self.space.query_scope)
        first, end = self._block_range(layer)
        bank = self.block_banks[layer]
        choice = choice[:, first:end, : len(bank.combinations)]
        return bank(root, queries, choice, is_mixture=is_mixture)

    def _read(self, outputs: Sequence[Tensor], scope: str) -> Tensor:
        """Sub-networks in scope: `(routes or 1, batch, sub-networks, units)`.

        Layer 1 is the same for all routes, later layers have one row a route.
        """
        if scope != "all_prev" or len(outputs) == 1:
            return outputs[-1]
        routes = (ops.shape(outputs[-1])[0], 1, 1, 1)
        return ops.concatenate(
            [v * ops.ones(routes, v.dtype) for v in outputs], axis=-2
        )

    def _block_range(self, layer: int) -> tuple[int, int]:
        """Where a layer's blocks stand among all."""
        counts = [len(consumers) for consumers in self.space.consumers]
        layer %= len(counts)
        return sum(counts[:layer]), sum(counts[: layer + 1])

    def _task_logits(self, weights: Tensor, values: Tensor) -> TaskTensors:
        """Towers are linear and weights sum to 1: they change places."""
        towers = self.towers.values()
        kernel = ops.concatenate([t.kernel for t in towers], axis=1)
        bias = ops.concatenate([t.bias for t in towers])
        weights = self.repeat_by_output(weights)
        # (routes or 1, batch, values, outputs)
        each = ops.matmul(values, ops.cast(kernel, self.compute_dtype))
        each = ops.cast(ops.swapaxes(each, -1, -2), "float32")
        mixed = ops.sum(ops.cast(weights, "float32") * each, axis=-1)
        return self.split_by_task(mixed + ops.cast(bias, "float32"))

    def _positions_of_first_equals(self) -> np.ndarray | None:
        """For all `(blocks, choices)`, flat: where the first equal one is.

        None if there is nothing to merge.
        """
        if not self.merge_singletons or self.space.dedup_singletons:
            return None
        num_choices = max(self.policy.num_choices)
        positions = np.arange(len(self.space.blocks) * num_choices)
        for start, block in zip(
            positions[::num_choices], self.space.blocks, strict=True
        ):
            firsts: dict[tuple[str, ...], int] = {}
            for index, route in enumerate(block.routes):
                if len(route.combination) == 1:
                    first = firsts.setdefault(route.combination, index)
                    positions[start + index] = start + first
        return positions

    def _build_blocks(self, layer: int) -> SearchBlockBank:
        blocks = self.space.blocks_of(layer)
        bank = SearchBlockBank(
            len(blocks),
            len(blocks[0].values),
            blocks[0].combinations,
            blocks[0].query_indices,
            aggregation=self.aggregation,
            dtype=self.dtype_policy,
            name=layer_name("blocks", blocks[0].consumer),
        )
        num_queries = len(blocks[0].queries) or self.space.num_subnetworks
        bank.build(
            (None, self.root_query_units),
            (1, None, num_queries, self.units),
            (1, len(blocks), len(blocks[0].routes)),
        )
        return bank
