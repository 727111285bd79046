"""What to try next, given what has been tried."""

from mtnas_tf.search.strategies.evolution import Evolution
from mtnas_tf.search.strategies.predictor import Predictor
from mtnas_tf.search.strategies.random_search import RandomSearch
from mtnas_tf.search.strategies.strategy import Strategy
from mtnas_tf.search.strategies.trial import Trial

STRATEGIES: dict[str, type[Strategy]] = {
    "evolution": Evolution,
    "predictor": Predictor,
    "random": RandomSearch,
}

__all__ = [
    "STRATEGIES",
    "Evolution",
    "Predictor",
    "RandomSearch",
    "Strategy",
    "Trial",
]
