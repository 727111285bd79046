"""Trains networks a few at a time, each to its best epoch."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population.candidate import Candidate
from mtnas_tf.population.places import in_places
from mtnas_tf.population.route_population import RoutePopulation
from mtnas_tf.population.train_together import train_together
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Optimizer


class CandidateTrainer:
    """Trains any number of networks in the places of a `RoutePopulation`.

    All candidates read the same batches in the same order. With these common
    random numbers, differences between candidates are mostly those of routes.

    Args:
        population: `RoutePopulation`, compiled.
        epochs: int > 0. Most epochs of a training. Defaults to `3`.
        patience: int >= 0. A training ends when its validation loss has not
            improved for this many epochs; it keeps the weights of the best one.
            Defaults to `1`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> space = mt.routes.RouteSpace(data.schema.task_names, 1, 2)
    >>> trainer = CandidateTrainer.in_space(data.schema, space, num_places=2)
    >>> routes = list(space.hand_made_routes().values())
    >>> trained = trainer.train(data, routes, seeds=[0] * len(routes))
    >>> for candidates in trained:  # doctest: +SKIP
    ...     print([candidate.valid for candidate in candidates])
    """

    is_remote = False  # whether it trains in other processes

    def __init__(
        self,
        population: RoutePopulation,
        epochs: int = 3,
        patience: int = 1,
    ) -> None:
        check_ints(epochs=epochs)
        check_ints(0, patience=patience)
        self.population = population
        self.epochs = epochs
        self.patience = patience
        self.full_epochs = epochs  # of the trainer that it is a share of

    @classmethod
    def in_space(
        cls,
        schema: DatasetSchema,
        space: RouteSpace,
        num_places: int = 8,
        optimizer: Optimizer = None,
        epochs: int = 3,
        patience: int = 1,
        jit_compile: bool = True,
        loss_weights: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> "CandidateTrainer":
        """A trainer of a new population.

        Args:
            schema: `DatasetSchema`.
            space: `RouteSpace` of its tasks.
            num_places: int > 0. Networks that are trained side by side.
                Defaults to `8`.
            optimizer: see `RoutePopulation.compile`. Defaults to
                `SparseAdam(1e-3, weight_decay=1e-5)`.
            epochs: see above. Defaults to `3`.
            patience: see above. Defaults to `1`.
            jit_compile: see `RoutePopulation.compile`. Defaults to `True`.
            loss_weights: see `RoutePopulation.compile`; the metrics of a
                candidate are not weighted, nor is the loss by which its best
                epoch is kept. Defaults to `None`, 1 each.
            **kwargs: Passed to `RoutePopulation`.
        """
        check_ints(num_places=num_places)
        population = RoutePopulation(schema, space, num_places, **kwargs)
        population.compile(
            optimizer or SparseAdam(1e-3, weight_decay=1e-5),
            jit_compile=jit_compile,
            loss_weights=loss_weights,
        )
        return cls(population, epochs, patience)

    def with_epochs(self, share: int) -> "CandidateTrainer":
        """The trainer with a `share`-th of its epochs, at least one."""
        epochs = max(1, self.epochs // share)
        other = CandidateTrainer(self.population, epochs, self.patience)
        other.full_epochs = self.full_epochs
        return other

    def train(
        self,
        data: MultiTaskData,
        routes: Sequence[Route],
        seeds: Sequence[int],
    ) -> Iterator[list[Candidate]]:
        """Trains one network for each route and seed.

        Args:
            data: `MultiTaskData`.
            routes: `Route`s of the population's space.
            seeds: as many ints.

        Yields:
            The candidates trained next. Until the following ones are asked for,
            the population holds their networks, in order.
        """
        jobs = list(zip(routes, seeds, strict=True))
        for placed, count in in_places(jobs, self.population.num_candidates):
            yield self._train_together(data, placed)[:count]

    def network(self, place: int) -> SparseRouteModel:
        """The pruned network of a candidate that was trained last.

        Args:
            place: its number among those yielded last.
        """
        return self.population.network(place)

    def _train_together(
        self, data: MultiTaskData, jobs: Sequence[tuple[Route, int]]
    ) -> list[Candidate]:
        population = self.population
        population.initialize(*zip(*jobs, strict=True))
        trained = train_together(
            population,
            data,
            [seed for _, seed in jobs],
            self.epochs,
            self.patience,
            self.full_epochs,
        )
        return [
            Candidate(route, each.seed, each.epochs, each.valid)
            for (route, _), each in zip(jobs, trained, strict=True)
        ]
