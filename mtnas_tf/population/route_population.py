"""Many routes' networks, or many initializations, trained side by side."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.layers import TaskActivations
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.population.candidate_encoder import CandidateEncoder
from mtnas_tf.population.candidate_networks import CandidateNetworks
from mtnas_tf.population.candidate_weights import CandidateWeights
from mtnas_tf.population.population import Population
from mtnas_tf.population.reset_optimizer import reset_optimizer
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Config
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Labels
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RoutePopulation(Population, MultiTaskModel):
    """The networks of several routes of one space, each with its own weights.

    One after the other, many trainings of small networks pay again for what
    they could share: compilation, the rows of a batch, steps too small for the
    machine. Here they are one graph, and routes are data.

    Candidates share nothing but the rows they read: each has its own
    embeddings (a share of a table's columns), sub-networks, gates and towers.
    Trained with an optimizer that works weight by weight, such as `SparseAdam`,
    every candidate becomes what its `SparseRouteModel` would become from the
    same start on the same batches.

    Start a training by `initialize`; it may be called again, for other routes
    and seeds, without another compilation.

    Args:
        schema: `DatasetSchema`.
        space: `RouteSpace` whose tasks are the schema's, in order.
        num_candidates: int > 0.
        units: int > 0. Width of a sub-network. Defaults to `None`, 64, or those
            of a space that has `subnetwork_units`.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of a
            candidate's embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all
            sub-networks share. Defaults to `None`, none.
        root_query: see `SparseRouteModel`. Defaults to `"features"`.
        normalization: see `SparseRouteModel`. Defaults to `"layer"`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `"batch"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding tables. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"route_population"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions `(batch, num_candidates)`, followed by
        `classes` of a multi-class task.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> space = RouteSpace(data.schema.task_names, 1, 2)
    >>> population = RoutePopulation(data.schema, space, num_candidates=2)
    >>> population.compile()
    >>> population.initialize([space.full_route()] * 2, seeds=range(2))
    >>> population.fit(data.train)  # doctest: +SKIP
    >>> population.evaluate_each(data.valid)  # doctest: +SKIP
    """

    encoder: CandidateEncoder
    body: CandidateNetworks

    def __init__(
        self,
        schema: DatasetSchema,
        space: RouteSpace,
        num_candidates: int,
        units: int | None = None,
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "layer",
        gate_normalization: str | None = "batch",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "route_population",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        check_instances(RouteSpace, space=space)
        if space.tasks != schema.task_names:
            raise ValueError(
                f"`space` must have the schema's tasks {schema.task_names}. "
                f"Received: {space.tasks}"
            )
        body = CandidateNetworks(
            space,
            num_candidates,
            schema.num_outputs,
            units=units,
            stem_units=stem_units,
            root_query=root_query,
            normalization=normalization,
            gate_normalization=gate_normalization,
            dropout_rate=dropout_rate,
            dtype=dtype,
            name="body",
        )
        super().__init__(
            schema,
            body,
            CandidateEncoder.from_schema(
                schema,
                num_candidates,
                embedding_dim,
                table_initializer,
                space.num_tables,
                dtype=dtype,
                name="encoder",
            ),
            TaskActivations(schema.tasks, dtype=dtype, name="towers"),
            name=name,
            dtype=dtype,
        )
        self.routes: list[Route] = []

    @property
    def space(self) -> RouteSpace:
        """The space of the routes."""
        return self.body.space

    @property
    def num_candidates(self) -> int:
        """Number of networks."""
        return self.body.num_candidates

    def initialize(self, routes: Sequence[Route], seeds: Sequence[int]) -> None:
        """Gives every candidate a route and fresh weights, and resets the rest.

        Weights are distributed as those of a fresh `SparseRouteModel`. Parts
        that routes of one seed share start alike.

        Args:
            routes: a `Route` of the space for each candidate.
            seeds: int >= 0 for each candidate.

        Raises:
            ValueError: if their number is not `num_candidates`, or a route is
                not in the space.
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
        self.body.assign_routes(routes)
        shares = CandidateWeights(self)
        fresh = [
            shares.fresh(route, seed)
            for route, seed in zip(routes, seeds, strict=True)
        ]
        shares.write([np.stack(arrays) for arrays in zip(*fresh, strict=True)])
        reset_optimizer(getattr(self, "optimizer", None))

    def weights_by_candidate(self) -> list[np.ndarray]:
        """A copy of all weights, each as `(num_candidates, ...)`."""
        self.settle()
        return CandidateWeights(self).read()

    def assign_by_candidate(self, weights: Sequence[np.ndarray]) -> None:
        """The inverse of `weights_by_candidate`."""
        CandidateWeights(self).write(weights)

    def network(self, candidate: int) -> SparseRouteModel:
        """The pruned network of one candidate, with its weights.

        It is compiled as the population is, with an optimizer of its own.
        """
        self.settle()
        model = self.new_network(self.routes[candidate])
        CandidateWeights(self).copy_to(model, candidate)
        return model

    def new_network(self, route: Route) -> SparseRouteModel:
        """The pruned network of a route, as `network`, with fresh weights.

        Args:
            route: `Route` of the space.
        """
        model = SparseRouteModel(
            self.schema,
            route,
            embedding_dim=self.encoder.embedding_dim,
            table_initializer=self.encoder.table_initializer,
            dtype=self.dtype_policy,
            **self.body.network_shape,
        )
        if self.compiled:
            model.compile_from_config(self.get_compile_config())
        return model

    def compute_loss(
        self,
        x: Inputs | None = None,
        y: Labels = None,
        y_pred: TaskTensors | None = None,
        sample_weight: SampleWeights = None,
        training: bool = True,
    ) -> Tensor:
        """The sum of the candidates' losses: each gets its own gradient."""
        tasks, count = self.schema.tasks, self.num_candidates
        labels, weights = (
            columns
            and {
                task: ops.repeat(ops.reshape(x, (-1, 1)), count, axis=1)
                for task, x in columns.items()
                if x is not None
            }
            for columns in (
                task_labels(tasks, y),
                task_weights(tasks, sample_weight),
            )
        )
        mean = super().compute_loss(x, labels, y_pred, weights, training)
        return count * mean

    def get_config(self) -> Config:
        routes = [route.to_dict() for route in self.routes]
        return {**super().get_config(), "routes": routes}

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, object] | None = None
    ) -> Self:
        config = dict(config)
        routes = config.pop("routes")
        model = super().from_config(config, custom_objects)
        model.routes = [Route.from_dict(values) for values in routes]
        return model
