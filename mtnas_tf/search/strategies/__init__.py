"""What to try next, given what has been tried."""

from mtnas_tf.search.strategies.evolution import Evolution
from mtnas_tf.search.strategies.random_search import RandomSearch
from mtnas_tf.search.strategies.strategy import Strategy
from mtnas_tf.search.strategies.trial import Trial

__all__ = ["Evolution", "RandomSearch", "Strategy", "Trial"]
