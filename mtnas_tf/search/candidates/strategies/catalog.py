"""The strategies by name."""

import itertools

from mtnas_tf.arguments import check_choices
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.evolution import Evolution
from mtnas_tf.search.candidates.strategies.expected_improvement import (
    ExpectedImprovement,
)
from mtnas_tf.search.candidates.strategies.groupings import Groupings
from mtnas_tf.search.candidates.strategies.random_search import ANY_SPARSITY
from mtnas_tf.search.candidates.strategies.random_search import UNIFORM_DRAWS
from mtnas_tf.search.candidates.strategies.random_search import RandomSearch
from mtnas_tf.search.candidates.strategies.reinforce import Reinforce
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.surrogate import Surrogate

# Of four tasks there are seven ways to part them in two, of five fifteen.
MOST_PARTED_TASKS = 4

STRATEGIES: dict[str, type[Strategy]] = {
    "evolution": Evolution,
    "surrogate": Surrogate,
    "expected_improvement": ExpectedImprovement,
    "groupings": Groupings,
    "reinforce": Reinforce,
    "random": RandomSearch,
}
# Those that can draw their random routes uniformly.
UNIFORM: dict[str, type[RandomSearch]] = {
    "surrogate": Surrogate,
    "expected_improvement": ExpectedImprovement,
    "random": RandomSearch,
}


def new_strategy(
    strategy: str | Strategy, space: RouteSpace, draws: str = ANY_SPARSITY
) -> Strategy:
    """The strategy of a name, which proposes plausible routes first.

    They are `space.hand_made_routes()`, then, of three or four tasks, every way
    to part them into two groups that share nothing, with one sub-network a
    layer each: which tasks belong together is what a search should learn first,
    and few random routes keep any two apart. In a space of several tables
    follow, of three tasks and more, each task apart from all others with an
    embedding table of its own.

    Args:
        strategy: key of `STRATEGIES`; a `Strategy` is returned as it is.
        space: `RouteSpace` to propose routes of.
        draws: `"uniform"`, of a key of `UNIFORM`, proposes no route first but
            those that are drawn uniformly, see `RandomSearch`. Defaults to
            `"any_sparsity"`.

    Raises:
        ValueError: for a name that does not exist, a strategy over another
            space, or one that does not draw uniformly.

    Example:
    >>> space = RouteSpace(("click", "buy"), num_layers=1, num_subnetworks=2)
    >>> new_strategy("random", space).first[0] == space.full_route()
    True
    """
    if not isinstance(strategy, Strategy):
        if draws == UNIFORM_DRAWS:
            check_choices(sorted(UNIFORM), strategy=strategy)
            return UNIFORM[strategy](space, draws=draws)
        check_choices(sorted(STRATEGIES), strategy=strategy)
        first = [
            *space.hand_made_routes().values(),
            *_in_two_groups(space),
            *_with_a_table(space),
        ]
        return STRATEGIES[strategy](space, first=first)
    if strategy.space.get_config() != space.get_config():
        raise ValueError(
            f"`strategy` must be over the search's space {space.get_config()}. "
            f"Received: strategy.space={strategy.space.get_config()}"
        )
    return strategy


def _in_two_groups(space: RouteSpace) -> list[Route]:
    """Few tasks in two groups, in every way; of two tasks there is but one."""
    tasks = space.tasks
    if space.num_subnetworks < 2 or not 2 < len(tasks) <= MOST_PARTED_TASKS:
        return []
    first, others = tasks[0], tasks[1:]
    beside_first = itertools.chain.from_iterable(
        itertools.combinations(others, size) for size in range(len(others))
    )
    return [
        space.hand_made.grouped(
            [(first, *some), [task for task in others if task not in some]]
        )
        for some in beside_first
    ]


def _with_a_table(space: RouteSpace) -> list[Route]:
    """Each task apart, with its own table; of two tasks, both have one."""
    tasks = space.tasks
    if min(space.num_subnetworks, space.num_tables, len(tasks) - 1) < 2:
        return []
    return [
        space.hand_made.grouped(
            [(task,), [other for other in tasks if other != task]],
            own_tables=True,
        )
        for task in tasks
    ]
