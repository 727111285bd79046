"""Partitions of tasks, what they are expected to score, and searches."""

import itertools

import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import Groupings
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies.ridge import Ridge

TASKS = tuple("abcde")
SPACE = RouteSpace(TASKS, 2, 4, dedup_singletons=True, value_scope="all_prev")
PLANTED = (("a", "c", "e"), ("b", "d"))


def worth(groups):
    """The pairs that are together, or apart, as planted."""
    of_task, planted = (
        {task: i for i, group in enumerate(each) for task in group}
        for each in (groups, PLANTED)
    )
    return sum(
        (of_task[one] == of_task[two]) == (planted[one] == planted[two])
        for one, two in itertools.combinations(TASKS, 2)
    )


def searched(strategy, num_rounds, noise, seed=0):
    """Trials of a search of eight routes a round, all of them groupings."""
    rng, trials = np.random.default_rng(seed), []
    strategy.plan(num_rounds * 8, 8)
    for _ in range(num_rounds):
        trials += [
            Trial(
                route, worth(strategy.partition(route)) + noise * rng.normal()
            )
            for route in strategy.propose(trials, 8, rng)
        ]
    return trials


def test_the_partition_of_a_route():
    strategy = Groupings(SPACE)
    assert strategy.partition(SPACE.hand_made.grouped(PLANTED, 2)) == PLANTED
    assert strategy.partition(SPACE.full_route()) == (TASKS,)
    part = RouteSpace(("a", "b"), 1, 2, gated=False)
    in_part = part.route([2, 0])  # a reads both, b one of them
    assert len(in_part.reached("a")) == 2
    assert Groupings(part).partition(in_part) is None


def test_all_partitions_are_tried_at_first():
    strategy, rng = Groupings(SPACE), np.random.default_rng(0)
    drawn = {strategy.partition(strategy.draw([], rng)) for _ in range(800)}
    assert len(drawn) == 51  # of five tasks, in at most four groups


def test_gains_of_pairs_add_up():
    trials = searched(Groupings(SPACE), 2, noise=0.0)
    strategy = Groupings(SPACE)
    known = [strategy.partition(trial.route) for trial in trials]
    together = np.array(
        [
            [
                any(one in group and two in group for group in groups)
                for one, two in itertools.combinations(TASKS, 2)
            ]
            for groups in (*known, PLANTED)
        ],
        float,
    )
    model = Ridge(together[:-1], np.array([trial.score for trial in trials]))
    (received,) = strategy.expected_scores(trials, [PLANTED])
    assert received == pytest.approx(model.expected(together[-1:])[0])
    # A route whose tasks share in part tells nothing of pairs.
    route = next(
        drawn
        for drawn in map(SPACE.random_route, [np.random.default_rng(1)] * 9)
        if strategy.partition(drawn) is None
    )
    (again,) = strategy.expected_scores(
        [*trials, Trial(route, 99.0)], [PLANTED]
    )
    assert again == received


def test_partitions_are_proposed_in_the_order_of_their_expectation():
    strategy = Groupings(SPACE)
    trials = searched(strategy, 2, noise=0.0)
    routes = strategy.propose(trials, 8, np.random.default_rng(5))
    assert len({*routes, *(trial.route for trial in trials)}) == 24
    partitions = [strategy.partition(route) for route in routes]
    assert max(map(partitions.count, partitions)) == strategy.num_versions
    expected = strategy.expected_scores(trials, partitions)
    assert (np.diff(expected) <= 0).all()
    # Partitions in two have more versions than were tried.
    known = [strategy.partition(trial.route) for trial in trials]
    in_two = [groups for groups in known if len(groups) == 2]
    assert expected[0] >= strategy.expected_scores(trials, in_two).max()


def test_versions_come_from_the_largest_on():
    strategy = Groupings(SPACE, num_random=2, num_versions=4)
    full, groups = SPACE.full_route(), SPACE.hand_made.grouped(PLANTED, 2)
    trials = [Trial(full, 0.0), Trial(groups, 1.0)]
    routes = strategy.propose(trials, 51, np.random.default_rng(0))
    sizes = [
        len(route.reached())
        for route in routes
        if strategy.partition(route) == PLANTED
    ]
    assert sizes == [4, 4, 2]  # beside the largest, which was tried


@pytest.mark.parametrize("seed", range(4))
def test_planted_groups_are_found(seed):
    trials = searched(Groupings(SPACE), 4, noise=1.0, seed=seed)
    strategy = Groupings(SPACE)
    late = [strategy.partition(trial.route) for trial in trials[-8:]]
    assert PLANTED in map(sorted_groups, late)


def sorted_groups(groups):
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def test_a_space_whose_partitions_are_all_tried():
    space = RouteSpace(("click", "buy"), 1, 2, dedup_singletons=True)
    strategy = Groupings(space, num_random=2)
    trials = [
        Trial(route, float(i))
        for i, route in enumerate(space.hand_made_routes().values())
    ]
    routes = strategy.propose(trials, 6, np.random.default_rng(0))
    assert len({*routes, *(trial.route for trial in trials)}) > 6


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_random": 1}, "`num_random` must.*num_random=1"),
        ({"pool_size": 0}, "`pool_size` must be an int.*pool_size=0"),
        ({"num_versions": 0}, "`num_versions` must be.*num_versions=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        Groupings(SPACE, **kwargs)
