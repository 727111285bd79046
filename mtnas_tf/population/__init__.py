"""Many networks trained side by side in one graph."""

from mtnas_tf.population.candidate import Candidate
from mtnas_tf.population.candidate_trainer import CandidateTrainer
from mtnas_tf.population.model_population import ModelPopulation
from mtnas_tf.population.model_trainer import ModelTrainer
from mtnas_tf.population.route_population import RoutePopulation
from mtnas_tf.population.trained import Trained

__all__ = [
    "Candidate",
    "CandidateTrainer",
    "ModelPopulation",
    "ModelTrainer",
    "RoutePopulation",
    "Trained",
]
