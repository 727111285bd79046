"""Random search."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.trial import Trial


class RandomSearch(Strategy):
    """Draws every route uniformly from the space.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
    """

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        return self.space.random_route(rng)
