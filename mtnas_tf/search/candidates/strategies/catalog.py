"""The strategies by name."""

from mtnas_tf.arguments import check_choices
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.evolution import Evolution
from mtnas_tf.search.candidates.strategies.random_search import RandomSearch
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.surrogate import Surrogate

STRATEGIES: dict[str, type[Strategy]] = {
    "evolution": Evolution,
    "surrogate": Surrogate,
    "random": RandomSearch,
}


def new_strategy(strategy: str | Strategy, space: RouteSpace) -> Strategy:
    """The strategy of a name, which proposes hand-made routes first.

    Args:
        strategy: key of `STRATEGIES`; a `Strategy` is returned as it is.
        space: `RouteSpace` to propose routes of.

    Raises:
        ValueError: for a name that does not exist, or a strategy over another
            space.

    Example:
    >>> space = RouteSpace(("click", "buy"), num_layers=1, num_subnetworks=2)
    >>> new_strategy("random", space).first[0] == space.full_route()
    True
    """
    if not isinstance(strategy, Strategy):
        check_choices(sorted(STRATEGIES), strategy=strategy)
        return STRATEGIES[strategy](
            space, first=list(space.hand_made_routes().values())
        )
    if strategy.space.get_config() != space.get_config():
        raise ValueError(
            f"`strategy` must be over the search's space {space.get_config()}. "
            f"Received: strategy.space={strategy.space.get_config()}"
        )
    return strategy
