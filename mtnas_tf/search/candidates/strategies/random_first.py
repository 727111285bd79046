"""Base of strategies that learn from random routes at first."""

from collections.abc import Sequence

from mtnas_tf.arguments import check_at_least
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.random_search import ANY_SPARSITY
from mtnas_tf.search.candidates.strategies.random_search import RandomSearch

NUM_RANDOM = 16


class RandomFirst(RandomSearch):
    """Proposes random routes before it learns from scores.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        num_random: int > 1. Trials before scores are learned from. Defaults to
            `None`: 16, or half of the search's if these are fewer.
        draws: see `RandomSearch`. Defaults to `"any_sparsity"`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> mt.search.strategies.Surrogate(space, num_random=4).least_trials
    4
    """

    def __init__(
        self,
        space: RouteSpace,
        first: Sequence[Route] = (),
        num_random: int | None = None,
        draws: str = ANY_SPARSITY,
    ) -> None:
        super().__init__(space, first, draws)
        if num_random is not None:
            check_at_least(2, num_random=num_random)
        self.num_random = num_random

    @property
    def least_trials(self) -> int:
        return self.num_random or self._half_of_budget(2, NUM_RANDOM)
