"""A trainer that has trained everything before."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.outcome import Outcome
from mtnas_tf.models import Route
from mtnas_tf.models import RoutePopulation
from mtnas_tf.search import Candidate
from mtnas_tf.search import CandidateTrainer


class RecordedTrainer(CandidateTrainer):
    """Hands out trainings made earlier: a search then takes no time.

    A seed means the same of the recorded starts for every route. The
    population's networks get fresh weights.

    Args:
        population: `RoutePopulation` with the places of the search.
        outcomes: route -> its trainings, from the same starts for all.
    """

    def __init__(
        self,
        population: RoutePopulation,
        outcomes: Mapping[Route, Sequence[Outcome]],
    ) -> None:
        super().__init__(population)
        self.outcomes = outcomes

    def train(
        self,
        data: MultiTaskData,
        routes: Sequence[Route],
        seeds: Sequence[int],
    ) -> Iterator[list[Candidate]]:
        self.population.initialize(routes, seeds)
        yield [
            self._candidate(route, seed)
            for route, seed in zip(routes, seeds, strict=True)
        ]

    def _candidate(self, route: Route, seed: int) -> Candidate:
        recorded = self.outcomes[route]
        start = int(np.random.default_rng(seed).integers(len(recorded)))
        outcome = recorded[start]
        return Candidate(route, seed, outcome.epochs, outcome.valid)
