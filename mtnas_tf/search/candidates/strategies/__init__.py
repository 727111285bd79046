"""Strategies: which routes to train next, given earlier trials."""

from mtnas_tf.search.candidates.strategies.catalog import STRATEGIES
from mtnas_tf.search.candidates.strategies.catalog import new_strategy
from mtnas_tf.search.candidates.strategies.evolution import Evolution
from mtnas_tf.search.candidates.strategies.expected_improvement import (
    ExpectedImprovement,
)
from mtnas_tf.search.candidates.strategies.groupings import Groupings
from mtnas_tf.search.candidates.strategies.random_search import RandomSearch
from mtnas_tf.search.candidates.strategies.reinforce import Reinforce
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.surrogate import Surrogate
from mtnas_tf.search.candidates.strategies.trial import Trial

__all__ = [
    "STRATEGIES",
    "Evolution",
    "ExpectedImprovement",
    "Groupings",
    "Surrogate",
    "RandomSearch",
    "Reinforce",
    "Strategy",
    "Trial",
    "new_strategy",
]
