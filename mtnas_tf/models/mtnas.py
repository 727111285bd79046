"""The supernet: every route of the space, one of them at a time."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.data import DatasetSchema
from mtnas_tf.layers import RoutePolicy
from mtnas_tf.layers import SearchBlock
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.route_space import RouteSpace
from mtnas_tf.models.sparse_route_model import ROOT_QUERIES
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
        root_query: `"features"` (the concatenated embeddings) or `"stem"`.
            Defaults to `"features"`.
        aggregation: `"gate"`, or `"mean"` for the mean-pooling ablation.
            Defaults to `"gate"`.
        dedup_singletons: bool, see `RouteSpace`. Defaults to `False`.
        seed: int. Seed of the draws. Defaults to `0`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> prediction `(batch, 1)`, see `MultiTaskModel`.

    Pinned to the full route with root queries it is `MLMMoE`; with all
    consumers on one sub-network, `SharedBottom`.

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
        root_query: str = "features",
        aggregation: str = "gate",
        dedup_singletons: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(schema, **kwargs)
        if root_query not in ROOT_QUERIES:
            raise ValueError(
                f"`root_query` must be one of {ROOT_QUERIES}. "
                f"Received: root_query={root_query!r}"
            )
        self.units = units
        self.root_query = root_query
        self.aggregation = aggregation
        self.seed = seed
        self.space = RouteSpace(
            schema.task_names,
            num_layers,
            num_subnetworks,
            query_scope=query_scope,
            gated=aggregation == "gate",
            dedup_singletons=dedup_singletons,
        )
        self.policy = RoutePolicy(
            [len(block.routes) for block in self.space.blocks],
            seed=seed,
            name="policy",
        )
        self.banks = [
            self.build_layer(layer, num_subnetworks, units)
            for layer in range(num_layers)
        ]
        self.blocks = [self._build_block(b) for b in range(self.num_blocks)]
        self.build_towers(units)

    @property
    def num_blocks(self) -> int:
        return len(self.space.blocks)

    def representations(self, inputs: Inputs, training: bool) -> TaskTensors:
        choices = self.policy.sample(1) if training else self.best_choices()
        hidden = self._mixed(inputs, choices, training, False)
        return {task: tensor[0] for task, tensor in hidden.items()}

    def best_choices(self) -> Tensor:
        """The most probable local route of every block: `(1, blocks)`."""
        return ops.argmax(self.policy.masked_logits(), axis=-1)[None]

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
            dict task name -> logits, float32 `(routes, batch)`.
        """
        hidden = self._mixed(inputs, choices, training, use_batch_statistics)
        logits = {
            name: ops.squeeze(tower(hidden[name]), axis=-1)
            for name, tower in self.towers.items()
        }
        return {name: ops.cast(x, "float32") for name, x in logits.items()}

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_layers": self.space.num_layers,
            "num_subnetworks": self.space.num_subnetworks,
            "units": self.units,
            "query_scope": self.space.query_scope,
            "root_query": self.root_query,
            "aggregation": self.aggregation,
            "dedup_singletons": self.space.dedup_singletons,
            "seed": self.seed,
        }

    def _mixed(
        self,
        inputs: Inputs,
        choices: Tensor,
        training: bool,
        use_batch_statistics: bool,
    ) -> TaskTensors:
        """What each task's tower reads: `(routes, batch, units)`."""
        modes = {
            "training": training,
            "use_batch_statistics": use_batch_statistics,
        }
        one_hot = self.policy.one_hot(choices)  # (routes, blocks, choices)
        root, stem = self.root_and_stem(inputs, **modes)
        root = root if self.root_query == "features" else stem
        values = [self.banks[0](stem, **modes)[None]]
        mixed: list[Tensor] = []
        for index in range(self.num_blocks):
            layer, is_first = divmod(index, self.space.num_subnetworks)
            if is_first == 0 and 0 < layer < self.space.num_layers:
                inputs_of_layer = ops.stack(
                    mixed[-self.space.num_subnetworks :], axis=-2
                )
                values.append(self.banks[layer](inputs_of_layer, **modes))
            mixed.append(self._block_output(index, values, root, one_hot))
        tasks = self.schema.task_names
        return dict(zip(tasks, mixed[-len(tasks) :], strict=True))

    def _block_output(
        self,
        index: int,
        values: Sequence[Tensor],
        root: Tensor,
        one_hot: Tensor,
    ) -> Tensor:
        block = self.space.blocks[index]
        queries = values[-1]
        if len(block.queries) > len(block.values):  # all earlier layers
            routes = (len(one_hot), 1, 1, 1)
            queries = ops.concatenate(
                [v * ops.ones(routes, v.dtype) for v in values], axis=-2
            )
        choice = one_hot[:, index, : len(block.routes)]
        return self.blocks[index](values[-1], root, queries, choice)

    def _build_block(self, index: int) -> SearchBlock:
        block = self.space.blocks[index]
        layer = SearchBlock(
            block.combinations,
            block.query_indices,
            aggregation=self.aggregation,
            dtype=self.dtype_policy,
            name=f"block_{block.consumer}",
        )
        root_units = (
            self.root_units
            if self.root_query == "features"
            else self.stem_output_units
        )
        layer.build(
            (1, None, len(block.values), self.units),
            (None, root_units),
            (1, None, len(block.queries), self.units),
            (1, len(block.routes)),
        )
        return layer
