"""A trainer of candidates that trains nothing."""

import types

import toy_data

from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer


class ScriptedTrainer(CandidateTrainer):
    """Candidates whose metrics are told by a function.

    Args:
        space: `RouteSpace`.
        valid: callable `(route, seed, epochs)` -> metrics on valid.
        places: int.
        epochs: int.

    Attributes:
        rounds: `(epochs, routes, seeds)` of every call of `train`.
    """

    def __init__(self, space, valid, places, epochs=2):
        population = types.SimpleNamespace(
            schema=toy_data.BINARY_SCHEMA,
            space=space,
            num_candidates=places,
            network=lambda place: self.here[place],
            encoder=types.SimpleNamespace(units=10),
            body=types.SimpleNamespace(
                widths=6, stem_units=None, root_query="features"
            ),
        )
        super().__init__(population, epochs)
        self.valid = valid
        self.rounds = []
        self.here = []  # (route, seed) of every place

    def with_epochs(self, share):
        other = super().with_epochs(share)
        scripted = ScriptedTrainer(
            self.population.space,
            self.valid,
            self.population.num_candidates,
            other.epochs,
        )
        scripted.rounds = self.rounds
        scripted.here = self.here
        return scripted

    def train(self, data, routes, seeds):
        assert set(data.splits) == {"train", "valid", "test"}
        self.rounds.append((self.epochs, list(routes), list(seeds)))
        jobs = list(zip(routes, seeds, strict=True))
        for start in range(0, len(jobs), self.population.num_candidates):
            part = jobs[start : start + self.population.num_candidates]
            self.here[:] = part
            yield [
                Candidate(r, s, self.epochs, self.valid(r, s, self.epochs))
                for r, s in part
            ]
