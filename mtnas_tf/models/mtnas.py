"""The supernet: one network that holds every route of a space."""

import keras
import numpy as np
from keras import ops

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.layers.task_outputs import repeat_by_output
from mtnas_tf.layers.task_outputs import split_by_task
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MTNAS(MultiTaskModel):
    """An encoder, `mtnas_tf.layers.Supernet` and a dense layer for each task.

    Called as a model, it draws a route in training and takes the most
    probable one otherwise; `route_logits` runs any routes, several at once.
    The gates of a supernet are never normalized: each of them is drawn too
    rarely for statistics.

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
        merge_singletons: bool, see `Supernet`. The paper takes the plain
            argmax. Defaults to `True`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all
            sub-networks share. Defaults to `None`, none.
        root_query: `"features"` (the encoder's output) or `"stem"`: what a gate
            with query `"root"` looks at. Defaults to `"features"`.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"mtnas"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Pinned to the full route with root queries it is `MLMMoE` without normalized
    gates; with all consumers on one sub-network, `SharedBottom`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> model.space.size
    6561

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
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "mtnas",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.Supernet(
                schema.task_names,
                num_layers=num_layers,
                num_subnetworks=num_subnetworks,
                units=units,
                query_scope=query_scope,
                aggregation=aggregation,
                dedup_singletons=dedup_singletons,
                value_scope=value_scope,
                merge_singletons=merge_singletons,
                seed=seed,
                stem_units=stem_units,
                root_query=root_query,
                normalization=normalization,
                dropout_rate=dropout_rate,
                dtype=dtype,
                name="body",
            ),
            encoder=FeatureEncoder.from_schema(
                schema,
                embedding_dim,
                table_initializer,
                dtype=dtype,
                name="encoder",
            ),
            name=name,
            dtype=dtype,
        )

    @property
    def space(self) -> RouteSpace:
        """The routes to choose from."""
        space: RouteSpace = self.body.space
        return space

    @property
    def policy(self) -> layers.RoutePolicy:
        """The distribution over the routes."""
        policy: layers.RoutePolicy = self.body.policy
        return policy

    @property
    def route(self) -> Route:
        """The most probable local route of every block, see `Supernet`.

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
        best = ops.convert_to_numpy(self.body.best_choices())
        return self.space.route(best[0])

    def as_towers(self, logits: TaskTensors) -> TaskTensors:
        """Logits of one route, `(1, batch, ...)`, shaped as those of towers."""
        return {
            name: ops.reshape(logits[name], (-1, num_outputs))
            for name, num_outputs in self.schema.num_outputs.items()
        }

    def activate(self, logits: TaskTensors) -> TaskTensors:
        """Predictions of one route from its logits, `(1, batch, ...)`."""
        predictions: TaskTensors = self.towers.activate(self.as_towers(logits))
        return predictions

    def route_logits(
        self,
        inputs: Inputs,
        choices: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """Runs routes side by side; shared layers are computed once.

        Args:
            inputs: see `MultiTaskModel`.
            choices: int `(routes, blocks)`. The local route of every block.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool. Normalize every route by its own
                statistics on this batch. Defaults to `False`.

        Returns:
            dict task name -> logits, float32 `(routes, batch)`; `(routes,
            batch, classes)` of a multi-class task.
        """
        return self.root_route_logits(
            self.encoder(inputs), choices, training, use_batch_statistics
        )

    def root_route_logits(
        self,
        root: Tensor,
        choices: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """`route_logits` from the root feature, `(batch, root_units)`."""
        return self._task_logits(
            *self.body.read(
                root,
                self.policy.one_hot(choices),
                training=training,
                use_batch_statistics=use_batch_statistics,
            )
        )

    def root_mixture_logits(
        self,
        root: Tensor,
        probs: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """Runs mixtures: blocks that add up the outputs of their local routes.

        With one-hot rows this is the network of a route. A block is linear in
        its rows of `probs`, and costs as much as all of its gates.

        Args:
            root: `(batch, root_units)`: the encoder's output.
            probs: float `(routes, blocks, choices)`. Weights of the local
                routes of every block; those of padding are ignored.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool, see `route_logits`. Defaults to `False`.

        Returns:
            see `route_logits`.
        """
        return self._task_logits(
            *self.body.read(
                root,
                probs,
                is_mixture=True,
                training=training,
                use_batch_statistics=use_batch_statistics,
            )
        )

    def _task_logits(self, weights: Tensor, values: Tensor) -> TaskTensors:
        """Applies the towers first: they are linear, and weights sum to 1."""
        towers = self.towers.output_layers.values()
        kernel = ops.concatenate([t.kernel for t in towers], axis=1)
        bias = ops.concatenate([t.bias for t in towers])
        num_outputs = self.schema.num_outputs
        weights = repeat_by_output(weights, num_outputs)
        # (routes or 1, batch, values, outputs)
        each = ops.matmul(values, ops.cast(kernel, self.compute_dtype))
        each = ops.cast(ops.swapaxes(each, -1, -2), "float32")
        mixed = ops.sum(ops.cast(weights, "float32") * each, axis=-1)
        return split_by_task(mixed + ops.cast(bias, "float32"), num_outputs)
