"""The policy by listing its routes, and its steps by hand."""

import itertools
import math

import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import Reinforce
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies.route_policy import RoutePolicy

TASKS = ("click", "buy")
SPACES = {
    "one layer": RouteSpace(TASKS, 1, 2, "root", dedup_singletons=True),
    "queries": RouteSpace(TASKS, 1, 2, dedup_singletons=True),
    "two layers": RouteSpace(
        ("click",), 2, 2, "root", dedup_singletons=True, value_scope="all_prev"
    ),
    "tables": RouteSpace(
        TASKS, 1, 3, "root", dedup_singletons=True, num_tables=3
    ),
    "linear": RouteSpace(
        TASKS, 1, 2, "root", dedup_singletons=True, has_linear=True
    ),
}
COUNT = 2000


def random_policy(space, seed=0):
    policy = RoutePolicy(space)
    rng = np.random.default_rng(seed)
    policy.move({k: rng.normal(size=v.shape) for k, v in policy.logits.items()})
    return policy


@pytest.fixture(params=SPACES)
def policy(request):
    return random_policy(SPACES[request.param])


def drawn(policy, count=COUNT):
    rng = np.random.default_rng(1)
    return [policy.draw(rng) for _ in range(count)]


def test_probabilities_of_all_routes_add_up_to_one(policy):
    routes = set(drawn(policy, 2 * COUNT))
    total = sum(math.exp(policy.log_probability(route)) for route in routes)
    assert 0.95 < total < 1 + 1e-9  # some are too rare to have been drawn


def test_routes_are_as_frequent_as_the_policy_says(policy):
    routes = drawn(policy)
    for route in set(routes):
        expected = math.exp(policy.log_probability(route))
        error = math.sqrt(expected / COUNT)
        assert abs(routes.count(route) / COUNT - expected) < 5 * error + 1e-3


def test_all_draws_are_of_the_space(policy):
    for route in set(drawn(policy, 200)):
        policy.space.check(route)


def test_gradients_are_those_of_finite_differences(policy):
    step = 1e-6
    for route in list(dict.fromkeys(drawn(policy, 20)))[:5]:
        gradient = policy.gradient(route)
        for key, of_decision in gradient.items():
            for index in range(len(of_decision)):
                change = np.zeros_like(of_decision)
                change[index] = step
                before = policy.log_probability(route)
                policy.move({key: change})
                after = policy.log_probability(route)
                policy.move({key: -change})
                found = (after - before) / step
                assert of_decision[index] == pytest.approx(found, abs=1e-4)


def test_without_scores_all_blocks_are_equally_likely():
    space = SPACES["one layer"]
    policy = RoutePolicy(space)
    routes = [
        space.route(choices)
        for choices in itertools.product(range(3), repeat=2)
    ]
    for route in routes:
        assert policy.log_probability(route) == pytest.approx(-math.log(9))


def test_extreme_logits_are_no_error():
    policy = RoutePolicy(SPACES["tables"])
    for size in (-800.0, 800.0):
        policy.move(
            {k: np.full_like(v, size) for k, v in policy.logits.items()}
        )
        (route,) = drawn(policy, 1)
        assert np.isfinite(policy.log_probability(route))
        assert all(
            np.isfinite(v).all() for v in policy.gradient(route).values()
        )
        policy.move({k: -v for k, v in policy.logits.items()})


def test_a_step_is_the_estimator():
    space = SPACES["one layer"]
    strategy = Reinforce(space, learning_rate=0.5)
    strategy.per_round = 3
    routes = [space.route(choices) for choices in ((0, 1), (2, 2), (1, 0))]
    scores = np.array([3.0, 1.0, -1.0])
    found = strategy.policy(
        [Trial(r, s) for r, s in zip(routes, scores, strict=True)]
    )
    # Of two edges, not both 0, each is there with 2/3.
    bits = np.array([[1, 0], [0, 1], [1, 1]], float)
    advantages = (scores - 1) / np.sqrt(8 / 3)
    for task, (first, second, third) in (
        ("click", (0, 2, 1)),
        ("buy", (1, 2, 0)),
    ):
        taken = bits[[first, second, third]]
        expected = 0.5 * (advantages[:, None] * (taken - 2 / 3)).mean(axis=0)
        np.testing.assert_allclose(found.logits["edges", task], expected)


def test_rounds_are_compared_within_themselves():
    space = SPACES["one layer"]
    strategy = Reinforce(space)
    strategy.plan(8, 2)
    routes = [space.route(choices) for choices in ((0, 1), (2, 2), (1, 0))]
    trials = [Trial(routes[0], 0.0), Trial(routes[1], 1.0)]
    apart = [Trial(trial.route, trial.score + 9) for trial in trials]
    one, other = map(strategy.policy, (trials, apart))
    for key in one.logits:
        np.testing.assert_allclose(one.logits[key], other.logits[key])
    # A route without another of its round tells nothing.
    more = strategy.policy([*trials, Trial(routes[2], 5.0)])
    for key in one.logits:
        np.testing.assert_array_equal(one.logits[key], more.logits[key])


def test_given_routes_move_nothing():
    space = SPACES["one layer"]
    given = [space.full_route(), space.hand_made.disjoint()]
    strategy = Reinforce(space, first=given)
    policy = strategy.policy([Trial(r, float(i)) for i, r in enumerate(given)])
    assert not any(each.any() for each in policy.logits.values())
    assert strategy.least_trials == 4


def test_the_policy_settles_on_what_scores_best():
    space = RouteSpace(("a", "b", "c"), 1, 4, "root", dedup_singletons=True)
    strategy = Reinforce(space)
    strategy.plan(400, 8)
    rng = np.random.default_rng(0)
    trials = []
    for _ in range(30):
        for route in [strategy.draw(trials, rng) for _ in range(8)]:
            of = {task: set(route.reached(task)) for task in space.tasks}
            score = len(of["a"] & of["b"]) - len((of["a"] | of["b"]) & of["c"])
            trials.append(Trial(route, score + rng.normal()))
    last = [trial.score for trial in trials[-40:]]
    first = [trial.score for trial in trials[:40]]
    assert np.mean(last) > np.mean(first) + 1.5
