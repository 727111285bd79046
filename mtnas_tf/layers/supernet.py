"""The sharing body of a supernet, which can run every route of a space."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.first_equals import first_equals
from mtnas_tf.layers.gate_records import GATE_WEIGHT
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.route_layers import run_layers
from mtnas_tf.layers.route_policy import RoutePolicy
from mtnas_tf.layers.search_block_bank import AGGREGATIONS
from mtnas_tf.layers.search_block_bank import SearchBlockBank
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Supernet(keras.layers.Layer):
    """Layers of sub-networks, a search block in front of every consumer.

    Sub-networks are shared by all routes; every local route owns its gate.

        v_k = relu(r W_k + b_k)                    layer 1
        v_k = relu(Block_k(v) W_k + b_k)           layer 2 and up
        h_t = Block_t(v)                           every task t

    Called, it draws a route in training and takes the most probable one
    otherwise; `read` runs any routes, several at once.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of sub-networks. Defaults to `2`.
        num_subnetworks: int > 0, per layer. Defaults to `4`.
        units: int > 0. Width of a sub-network. Defaults to `64`.
        query_scope: `"prev"`, `"all_prev"` or `"root"`, see `RouteSpace`.
            Defaults to `"prev"`.
        aggregation: `"gate"` or `"mean"`. Defaults to `"gate"`.
        dedup_singletons: bool, see `RouteSpace`. Defaults to `False`.
        value_scope: `"prev"` or `"all_prev"`, see `RouteSpace`. Defaults to
            `"prev"`.
        merge_singletons: bool. Whether the most probable route is found with
            the probabilities of local routes added up that read the same single
            sub-network. They differ only by a query without effect, and apart
            each has a part of the probability. Defaults to `True`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what a gate with query `"root"`
            looks at. Defaults to `"features"`.
        normalization: see `SubNetworkBank`. Defaults to `None`.
        dropout_rate: see `SubNetworkBank`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, units)`.

    Example:
    >>> body = mt.layers.Supernet(["click", "like"], units=5)
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.1.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_subnetworks: int = 4,
        units: int = 64,
        query_scope: str = "prev",
        aggregation: str = "gate",
        dedup_singletons: bool = False,
        value_scope: str = "prev",
        merge_singletons: bool = True,
        seed: int = 0,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(units=units)
        check_ints(0, seed=seed)
        check_bools(merge_singletons=merge_singletons)
        check_choices(AGGREGATIONS, aggregation=aggregation)
        self.units = units
        self.aggregation = aggregation
        self.merge_singletons = merge_singletons
        self.seed = int(seed)
        self.space: RouteSpace = RouteSpace(
            tasks,
            num_layers,
            num_subnetworks,
            query_scope=query_scope,
            gated=aggregation == "gate",
            dedup_singletons=dedup_singletons,
            value_scope=value_scope,
        )
        self.space.check_local_routes()
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.policy = RoutePolicy(
            [len(block.routes) for block in self.space.blocks],
            seed=self.seed,
            name="policy",
        )
        layers = range(self.space.num_layers)
        self.banks = [
            SubNetworkBank(
                num_subnetworks, units, name=f"layer_{layer + 1}", **base
            )
            for layer in layers
        ]
        self.block_banks = [self._new_blocks(layer) for layer in layers]
        is_merged = merge_singletons and not dedup_singletons
        self._first_equals = first_equals(self.space) if is_merged else None

    def build(self, root_shape: Shape) -> None:
        num_subnetworks = self.space.num_subnetworks
        self.stem.build(root_shape)
        shape, query_shape = self.stem.compute_output_shape(root_shape)
        for bank in self.banks:
            bank.build(shape)
            shape = (None, num_subnetworks, self.units)
        for layer, bank in enumerate(self.block_banks):
            blocks = self.space.blocks_of(layer)
            num_queries = len(blocks[0].queries) or num_subnetworks
            bank.build(
                query_shape,
                (1, None, num_queries, self.units),
                (1, len(blocks), len(blocks[0].routes)),
            )

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        choices = self.policy.sample(1) if training else self.best_choices()
        choice = self.policy.one_hot(choices)
        weights, values = self.read(root, choice, training=training)
        mixed = ops.matmul(weights, values)[0]  # (batch, tasks, units)
        return {t: mixed[:, i] for i, t in enumerate(self.space.tasks)}

    def read(
        self,
        root: Tensor,
        choice: Tensor,
        is_mixture: bool = False,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Runs routes side by side; shared layers are computed once.

        Args:
            root: `(batch, root_units)`.
            choice: float `(routes, blocks, choices)`: a one-hot row for every
                block, or with `is_mixture` weights of its local routes; those
                of padding are ignored.
            is_mixture: bool. Whether to compute and mix all local routes.
                Defaults to `False`.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool. Normalize every route by its own
                statistics on this batch. Defaults to `False`.

        Returns:
            `(weights, values)`: `(routes or 1, batch or 1, tasks, values)`, and
            the weighted values, `(routes or 1, batch, values, units)`.
        """
        modes = {
            "training": training,
            "use_batch_statistics": use_batch_statistics,
        }
        hidden, query = self.stem(root, **modes)

        def weigh(layer: int, queries: Tensor) -> Tensor:
            own = self._blocks_of(layer)
            bank = self.block_banks[layer]
            chosen = choice[:, own, : len(bank.combinations)]
            return bank(query, queries, chosen, is_mixture=is_mixture)

        return run_layers(
            self.banks[0](hidden, **modes)[None],
            self.space,
            lambda layer, mixed: self.banks[layer](mixed, **modes),
            weigh,
        )

    def best_choices(self) -> Tensor:
        """The most probable local route of every block: `(1, blocks)`.

        A search is validated by this route, and the derived network has it.
        """
        if self._first_equals is None:
            return ops.argmax(self.policy.masked_logits(), axis=-1)[None]
        return ops.argmax(self._merged_probs(), axis=-1)[None]

    def top_probs(self) -> Tensor:
        """Probabilities of `best_choices`: `(blocks,)`."""
        return ops.max(self._merged_probs(), axis=-1)

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

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        return [
            SharingMatrix(
                f"layer {layer + 1}",
                self.space.consumers[layer],
                self.space.blocks_of(layer)[0].values,
                records.means(bank),
                GATE_WEIGHT,
                records.top_shares(bank),
            )
            for layer, bank in enumerate(self.block_banks)
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.space.tasks, (root_shape[0], self.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.space.tasks),
            "num_layers": self.space.num_layers,
            "num_subnetworks": self.space.num_subnetworks,
            "units": self.units,
            "query_scope": self.space.query_scope,
            "aggregation": self.aggregation,
            "dedup_singletons": self.space.dedup_singletons,
            "value_scope": self.space.value_scope,
            "merge_singletons": self.merge_singletons,
            "seed": self.seed,
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    def _new_blocks(self, layer: int) -> SearchBlockBank:
        blocks = self.space.blocks_of(layer)
        return SearchBlockBank(
            len(blocks),
            len(blocks[0].values),
            blocks[0].combinations,
            blocks[0].query_indices,
            aggregation=self.aggregation,
            dtype=self.dtype_policy,
            name=layer_name("blocks", blocks[0].consumer),
        )

    def _blocks_of(self, layer: int) -> slice:
        """Positions, among all blocks, of those that read a layer."""
        counts = [len(consumers) for consumers in self.space.consumers]
        return slice(sum(counts[:layer]), sum(counts[: layer + 1]))

    def _merged_probs(self) -> Tensor:
        """`(blocks, choices)`: equal ones add up at the first of them."""
        probs = self.policy.probs()
        if self._first_equals is None:
            return probs
        flat = ops.reshape(probs, (-1,))
        merged = ops.segment_sum(flat, self._first_equals, flat.shape[0])
        return ops.reshape(merged, probs.shape)
