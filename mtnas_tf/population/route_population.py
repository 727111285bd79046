"""Many routes' networks, or many initializations, trained side by side.

A search, a restart control or a standard error asks for many trainings of small
networks. One after the other they pay again for what they could share:
compilation, the rows of a batch, steps too small for the machine. Here they are
one graph. A row of the table holds every candidate's embedding of an id, and
routes are data, so that other routes need no other compilation.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from keras import tree

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.layers import CandidateGates
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.population.candidate_weights import CandidateWeights
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

OPTIMIZER_SETTINGS = ("learning_rate", "dynamic_scale")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RoutePopulation(MultiTaskModel):
    """The networks of several routes of one space, each with its own weights.

    Nothing is shared between candidates but the rows they read: each has its
    embeddings (a share of the table's columns), sub-networks, gates and
    towers. Trained with an optimizer that works weight by weight, such as
    `SparseAdam`, every candidate becomes what its `SparseRouteModel` would
    become from the same start on the same batches.

    Start a training by `initialize`; it may be called again, for other routes
    and seeds, without another compilation.

    Args:
        schema: `DatasetSchema`.
        space: `RouteSpace` whose tasks are the schema's, in order.
        num_candidates: int > 0.
        units: int > 0. Width of a sub-network. Defaults to `64`.
        embedding_dim: int > 0. Width of a candidate's embedding. Defaults to
            `10`.
        stem_units: int > 0, or `None`. Defaults to `None`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions `(batch, num_candidates)`; `(batch,
        num_candidates, classes)` of a multi-class task.

    Example:
    ```python
    space = RouteSpace(schema.task_names, num_layers=2, num_subnetworks=4)
    population = RoutePopulation(schema, space, num_candidates=8)
    population.compile()
    population.initialize([space.full_route()] * 8, seeds=range(8))
    population.fit(data.train)
    population.evaluate_each(data.valid)
    ```
    """

    def __init__(
        self,
        schema: DatasetSchema,
        space: RouteSpace,
        num_candidates: int,
        units: int = 64,
        embedding_dim: int = 10,
        stem_units: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        check_instances(RouteSpace, space=space)
        check_ints(
            num_candidates=num_candidates,
            units=units,
            embedding_dim=embedding_dim,
        )
        if stem_units is not None:
            check_ints(stem_units=stem_units)
        if space.tasks != schema.task_names:
            raise ValueError(
                f"`space` must have the schema's tasks {schema.task_names}. "
                f"Received: {space.tasks}"
            )
        super().__init__(
            schema, embedding_dim=num_candidates * embedding_dim, **kwargs
        )
        self.space = space
        self.num_candidates = num_candidates
        self.units = units
        self.candidate_dim = embedding_dim
        self.stem_units = stem_units
        self.routes: list[Route] = []
        if stem_units is not None:
            self.stem = self.new_bank(num_candidates, stem_units, name="stem")
            self.stem.build((None, num_candidates, self.root_units))
        self.banks = [
            self._build_bank(layer) for layer in range(space.num_layers)
        ]
        self.gates = [
            self._build_gates(layer) for layer in range(space.num_layers)
        ]
        self._build_candidate_towers()
        self.built = True

    @property
    def root_units(self) -> int:
        """Width of a candidate's root feature."""
        encoder = self.encoder
        return encoder.num_fields * self.candidate_dim + encoder.num_values

    def compile(
        self,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: Any = True,
        **kwargs: Any,
    ) -> None:
        """As `TrainableModel.compile`.

        Args:
            optimizer: one that works weight by weight, or candidates would
                depend on each other. Defaults to `SparseAdam()`.
            loss: see `TrainableModel.compile`.
            metrics: see `TrainableModel.compile`.
            jit_compile: see `TrainableModel.compile`. Defaults to `True`.
            **kwargs: Passed to `TrainableModel.compile`.

        Raises:
            ValueError: if the optimizer clips norms, which would be those of
                all candidates together.
        """
        for name in ("clipnorm", "global_clipnorm"):
            value = getattr(optimizer, name, None)
            if value is not None:
                raise ValueError(
                    "`optimizer` must clip no norms, in which candidates "
                    f"depend on each other. Received: {name}={value}"
                )
        super().compile(optimizer, loss, metrics, jit_compile, **kwargs)

    def initialize(self, routes: Sequence[Route], seeds: Sequence[int]) -> None:
        """Gives every candidate a route and fresh weights; forgets the rest.

        Weights are distributed as those of a fresh `SparseRouteModel`.
        Candidates of equal seed have random numbers in common: what their
        routes share starts alike.

        Args:
            routes: a `Route` of the space for each candidate.
            seeds: int >= 0 for each candidate.

        Raises:
            ValueError: if their number is not `num_candidates`, or a route is
                none of the space.
        """
        if not len(routes) == len(seeds) == self.num_candidates:
            raise ValueError(
                "`routes` and `seeds` must have an entry for each of the "
                f"{self.num_candidates} candidates. Received: {len(routes)} "
                f"routes, {len(seeds)} seeds"
            )
        for route in routes:
            self.space.check(route)
        self.routes = list(routes)
        self._assign_routes()
        shares = self._shares
        fresh = [
            shares.fresh(route, seed)
            for route, seed in zip(routes, seeds, strict=True)
        ]
        shares.write([np.stack(arrays) for arrays in zip(*fresh, strict=True)])
        self._forget_training()

    def weights_by_candidate(self) -> list[np.ndarray]:
        """A copy of all weights, each as `(num_candidates, ...)`."""
        self.settle()
        return self._shares.read()

    def assign_by_candidate(self, weights: Sequence[np.ndarray]) -> None:
        """The inverse of `weights_by_candidate`."""
        self._shares.write(weights)

    def network(self, candidate: int) -> SparseRouteModel:
        """The pruned network of one candidate, with its weights."""
        self.settle()
        route = self.routes[candidate]
        model = SparseRouteModel(
            self.schema,
            route,
            units=self.units,
            aggregation="gate" if self.space.gated else "mean",
            dtype=self.dtype_policy,
            **{**self.base_shape, "embedding_dim": self.candidate_dim},
        )
        self._shares.copy_to(model, candidate)
        return model

    def evaluate_each(
        self, batches: Any, steps: int | None = None
    ) -> list[dict[str, float]]:
        """What `evaluate` returns, for each candidate.

        Args:
            batches: see `evaluate`.
            steps: int. Batches to read. Defaults to all.
        """
        self.settle()
        return self._metrics_of_each(*self.collect(batches, steps))

    def exact_metrics(
        self, labels: Any, predictions: Any, weights: Any
    ) -> dict[str, float]:
        """Means over the candidates."""
        each = self._metrics_of_each(labels, predictions, weights)
        return {
            name: float(np.mean([metrics[name] for metrics in each]))
            for name in each[0]
        }

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The sum of the candidates' losses: each gets its own gradient."""

        def repeated(columns: Any) -> Any:
            return {
                task: ops.repeat(
                    ops.reshape(column, (-1, 1)), self.num_candidates, axis=1
                )
                for task, column in columns.items()
                if column is not None
            }

        sample_weight = task_weights(self.schema.tasks, sample_weight)
        if sample_weight is not None:
            sample_weight = repeated(sample_weight)
        labels = repeated(task_labels(self.schema.tasks, y))
        mean = super().compute_loss(x, labels, y_pred, sample_weight, training)
        return self.num_candidates * mean

    def logits(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        """Tower outputs before any activation, shaped as the predictions."""
        root = self._roots(inputs, training)
        hidden = root
        if self.stem is not None:
            hidden = self.stem(root, training=training)
        query = root if self.root_query == "features" else hidden
        outputs = [self._layer_outputs(0, hidden, training)]
        for layer in range(1, self.space.num_layers):
            weights = self._gate_weights(layer - 1, query, outputs, training)
            values = _in_scope(outputs, self.space.value_scope)
            mixed = ops.sum(
                weights[..., None] * values[:, :, None], axis=-2
            )  # (batch, candidates, sub-networks, units)
            shape = (-1, mixed.shape[1] * mixed.shape[2], self.units)
            mixed = ops.reshape(mixed, shape)
            outputs.append(self._layer_outputs(layer, mixed, training))
        weights = self._gate_weights(-1, query, outputs, training)
        values = _in_scope(outputs, self.space.value_scope)
        # Towers are linear and weights sum to 1: they change places.
        each = ops.einsum("bnvu,ntu->bntv", values, self.tower_kernel)
        weights = self.repeat_by_output(weights)
        mixed = ops.sum(weights * each, axis=-1) + self.tower_bias
        return self.split_by_task(ops.cast(mixed, "float32"))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "space": self.space.get_config(),
            "num_candidates": self.num_candidates,
            "units": self.units,
            "embedding_dim": self.candidate_dim,
            "stem_units": self.stem_units,
            "routes": [route.to_dict() for route in self.routes],
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Any:
        config = {**config, "space": RouteSpace(**config["space"])}
        routes = config.pop("routes")
        model = super().from_config(config)
        model.routes = [Route.from_dict(values) for values in routes]
        return model

    def _build_bank(self, layer: int) -> SubNetworkBank:
        size = self.num_candidates * self.space.num_subnetworks
        bank = self.new_bank(size, self.units, f"layer_{layer + 1}")
        input_dim = self.units if layer else self.stem_output_units
        bank.build((None, self.num_candidates, input_dim))
        return bank

    def _build_gates(self, layer: int) -> CandidateGates:
        """The gates in front of the layer after a 0-based one, or the tasks."""
        blocks = self.space.blocks_of(layer)
        gates = CandidateGates(
            self.num_candidates,
            len(blocks),
            len(blocks[0].values),
            len(blocks[0].queries),
            gated=self.space.gated,
            normalization=self.gate_normalization,
            dtype=self.dtype_policy,
            name=f"gates_{layer + 1}",
        )
        gates.build(
            (None, None, self.root_query_units), (None, None, None, self.units)
        )
        return gates

    def _build_candidate_towers(self) -> None:
        shape = (self.num_candidates, sum(self.schema.num_outputs.values()))
        self.tower_kernel = self.add_weight(
            shape=(*shape, self.units), name="tower_kernel"
        )
        self.tower_bias = self.add_weight(
            shape=shape, initializer="zeros", name="tower_bias"
        )

    def _roots(self, inputs: Inputs, training: bool) -> Tensor:
        """The root feature of each candidate: `(batch, candidates, units)`."""
        features = self.encoder(inputs)
        num_fields = self.encoder.num_fields
        width = num_fields * self.encoder.embedding_dim
        values = ops.repeat(
            features[:, None, width:], self.num_candidates, axis=1
        )
        if not num_fields:
            return values
        ids = ops.reshape(
            features[:, :width],
            (-1, num_fields, self.num_candidates, self.candidate_dim),
        )
        ids = ops.reshape(
            ops.transpose(ids, (0, 2, 1, 3)),
            (-1, self.num_candidates, num_fields * self.candidate_dim),
        )
        return ops.concatenate([ids, values], axis=-1)

    def _layer_outputs(
        self, layer: int, inputs: Tensor, training: bool
    ) -> Tensor:
        """`(batch, candidates, sub-networks, units)`."""
        outputs = self.banks[layer](inputs, training=training)
        shape = (self.num_candidates, self.space.num_subnetworks, self.units)
        return ops.reshape(outputs, (-1, *shape))

    def _gate_weights(
        self,
        layer: int,
        root: Tensor,
        outputs: Sequence[Tensor],
        training: bool,
    ) -> Tensor:
        queries = _in_scope(outputs, self.space.query_scope)
        return self.gates[layer](root, queries, training=training)

    @property
    def _shares(self) -> CandidateWeights:
        return CandidateWeights(self)

    def _assign_routes(self) -> None:
        for layer, gates in enumerate(self.gates):
            blocks = self.space.blocks_of(layer)
            chosen = [
                [route.blocks[block.consumer] for block in blocks]
                for route in self.routes
            ]
            values, queries = blocks[0].values, blocks[0].queries
            masks = [
                [[v in local.combination for v in values] for local in locals_]
                for locals_ in chosen
            ]
            sources = [
                [[q == local.query for q in queries] for local in locals_]
                for locals_ in chosen
            ]
            gates.assign_routes(
                np.array(masks, "float32"), np.array(sources, "float32")
            )

    def _forget_training(self) -> None:
        optimizer = getattr(self, "optimizer", None)
        if optimizer is None:
            return
        for variable in optimizer.variables:
            if variable.name not in OPTIMIZER_SETTINGS:
                variable.assign(ops.zeros_like(variable))

    def _metrics_of_each(
        self, labels: Any, predictions: Any, weights: Any
    ) -> list[dict[str, float]]:
        return [
            super(RoutePopulation, self).exact_metrics(
                labels,
                {task: values[:, i] for task, values in predictions.items()},
                weights,
            )
            for i in range(self.num_candidates)
        ]

    def _predict_rows(self, inputs: Inputs) -> Any:
        """Whole batches only: another size would be another compilation."""
        num_rows = len(next(iter(inputs.values())))
        missing = EVALUATION_BATCH_SIZE - num_rows
        if missing <= 0:
            return super()._predict_rows(inputs)
        padded = {
            name: np.concatenate(
                [values, np.zeros((missing, *values.shape[1:]), values.dtype)]
            )
            for name, values in tree.map_structure(np.asarray, inputs).items()
        }
        predictions = super()._predict_rows(padded)
        return {task: p[:num_rows] for task, p in predictions.items()}


def _in_scope(outputs: Sequence[Tensor], scope: str) -> Tensor:
    if scope != "all_prev" or len(outputs) == 1:
        return outputs[-1]
    return ops.concatenate(outputs, axis=2)
