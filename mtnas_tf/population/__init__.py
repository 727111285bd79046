"""Many networks trained side by side in one graph."""

from mtnas_tf.population.candidate import Candidate
from mtnas_tf.population.candidate_trainer import CandidateTrainer
from mtnas_tf.population.route_population import RoutePopulation

__all__ = ["Candidate", "CandidateTrainer", "RoutePopulation"]
