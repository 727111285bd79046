"""A trainer that has trained everything before."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.starts import SEEDS_PER_SEARCH


class RecordedTrainer(CandidateTrainer):
    """Hands out trainings made earlier: a search then takes no time.

    A seed of a search means the same of the recorded starts for every route,
    and no two seeds of a search mean the same one, as long as there are enough.
    The population's networks get fresh weights.

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
        search, number = divmod(seed, SEEDS_PER_SEARCH)
        order = np.random.default_rng(search).permutation(len(recorded))
        outcome = recorded[int(order[number % len(recorded)])]
        return Candidate(route, seed, outcome.epochs, outcome.valid)
