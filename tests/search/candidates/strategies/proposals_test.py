"""What all strategies have in common."""

import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Trial

SPACE = RouteSpace(("click", "buy"), 1, 2, dedup_singletons=True)
HAND_MADE = [SPACE.full_route(), SPACE.hand_made.disjoint()]
# Small enough to be past their random beginnings.
KWARGS = {
    "evolution": {"population_size": 4, "tournament_size": 2},
    "surrogate": {"num_random": 4, "pool_size": 60},
    "expected_improvement": {"num_random": 4, "pool_size": 60},
    "groupings": {"num_random": 4},
    "reinforce": {},
    "random": {},
}


def make(name, first=()):
    return STRATEGIES[name](SPACE, first, **KWARGS[name])


def search(strategy, num_rounds, count, seed=0):
    """All that is proposed; a route's score is the number it hashes to."""
    rng = np.random.default_rng(seed)
    trials = []
    for _ in range(num_rounds):
        routes = strategy.propose(trials, count, rng)
        assert len(routes) == count
        trials += [Trial(route, score_of(route)) for route in routes]
    return [trial.route for trial in trials]


def score_of(route):
    return float(SPACE.choices(route) @ [1, 3] % 7)


@pytest.mark.parametrize("name", STRATEGIES)
def test_first_routes_come_first(name):
    strategy = make(name, [*HAND_MADE, HAND_MADE[0]])
    rng = np.random.default_rng(0)
    routes = strategy.propose([], 4, rng)
    assert routes[:2] == HAND_MADE
    assert len(set(routes)) == 4
    trials = [Trial(HAND_MADE[0], 1.0)]
    assert strategy.propose(trials, 1, rng) == HAND_MADE[1:2]


@pytest.mark.parametrize("name", STRATEGIES)
def test_nothing_is_proposed_twice(name):
    routes = search(make(name, HAND_MADE), num_rounds=4, count=5)
    assert len(set(routes)) == 20 < SPACE.size
    for route in routes:
        assert SPACE.route(SPACE.choices(route)) == route


@pytest.mark.parametrize("name", STRATEGIES)
def test_an_exhausted_space_is_no_error(name):
    space = RouteSpace(("click",), 1, 2, gated=False)
    strategy = STRATEGIES[name](space, **KWARGS[name])
    trials = [Trial(space.route([i]), float(i)) for i in range(space.size)] * 2
    routes = strategy.propose(trials, 2, np.random.default_rng(0))
    assert set(routes) <= {trial.route for trial in trials}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_a_space_without_choice_is_no_error(name, num_layers):
    space = RouteSpace(("click", "buy"), num_layers, 1, dedup_singletons=True)
    assert space.size == 1
    strategy = STRATEGIES[name](space, **KWARGS[name])
    trials = [Trial(space.full_route(), float(i)) for i in range(9)]
    rng = np.random.default_rng(0)
    assert strategy.propose(trials, 2, rng) == [space.full_route()] * 2


@pytest.mark.parametrize("name", STRATEGIES)
def test_proposals_are_seeded(name):
    first, again, other = (
        search(make(name), num_rounds=3, count=4, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize("name", ["evolution", "surrogate"])
def test_routes_are_random_at_first(name):
    for strategy in (make(name), make("random")):
        routes = search(strategy, num_rounds=1, count=3)
        expected = search(make("random"), num_rounds=1, count=3)
        assert routes == expected


LEARNING = ("evolution", "surrogate")


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize(
    ("budget", "least"), [(None, 16), (64, 16), (32, 16), (24, 12), (16, 8)]
)
def test_half_of_a_small_search_learns(name, budget, least):
    strategy = STRATEGIES[name](SPACE)
    if budget is not None:
        strategy.plan(budget, 8)
    assert strategy.least_trials == least


def test_few_trials_are_enough_for_a_mean_or_a_tournament():
    for name, least in (("surrogate", 2), ("evolution", 4)):
        strategy = STRATEGIES[name](SPACE)
        strategy.plan(least + 1, 1)
        assert strategy.least_trials == least


@pytest.mark.parametrize("name", LEARNING)
def test_a_search_of_as_many_trials_as_it_needs_learns_from_half(name):
    # 16 trials, 8 at a time: the second 8 follow from the first.
    space = RouteSpace(("click", "buy"), 2, 4, dedup_singletons=True)
    strategy = STRATEGIES[name](space)
    random = STRATEGIES["random"](space)
    strategy.plan(16, 8)
    routes = strategy.propose([], 8, np.random.default_rng(0))
    trials = [Trial(route, float(len(route.reached()))) for route in routes]
    assert strategy.num_learned([], routes) == 0
    proposed = strategy.propose(trials, 8, np.random.default_rng(1))
    assert proposed != random.propose(trials, 8, np.random.default_rng(1))
    assert strategy.num_learned(trials, proposed) == 8


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize(
    ("budget", "per_round", "num_first"), [(8, 8, 0), (1, 1, 0), (4, 2, 4)]
)
def test_a_search_that_cannot_learn_says_so(name, budget, per_round, num_first):
    first = [SPACE.route([i, i]) for i in range(num_first)]
    strategy = STRATEGIES[name](SPACE, first)
    with pytest.warns(UserWarning, match=f"but the search makes {budget}, "):
        strategy.plan(budget, per_round)


def test_what_is_asked_for_is_not_cut_in_half():
    strategy = STRATEGIES["surrogate"](SPACE, num_random=16)
    with pytest.warns(UserWarning, match="after 16 trials, but the search mak"):
        strategy.plan(16, 8)
    assert strategy.least_trials == 16
    strategy.plan(24, 8)  # says nothing


def test_random_routes_claim_nothing():
    strategy = STRATEGIES["random"](SPACE)
    strategy.plan(1, 1)
    assert strategy.least_trials is None
    assert strategy.num_learned([], [SPACE.full_route()]) is None


@pytest.mark.parametrize("name", LEARNING)
def test_given_routes_are_not_learned(name):
    strategy = make(name, HAND_MADE)
    trials = [Trial(SPACE.route([i, 0]), float(i)) for i in range(5)]
    rng = np.random.default_rng(0)
    routes = strategy.propose(trials, 5, rng)
    assert routes[:2] == HAND_MADE
    assert strategy.num_learned(trials, routes) == 3


def test_drawing_is_the_subclass_s_duty():
    with pytest.raises(NotImplementedError):
        Strategy(SPACE).propose([], 1, np.random.default_rng(0))
