"""Expected improvements by formula, by draws, and in searches."""

import itertools
import warnings

import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import ExpectedImprovement
from mtnas_tf.search.candidates.strategies import RandomSearch
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies.ridge import PENALTIES
from mtnas_tf.search.candidates.strategies.ridge import Ridge

SPACE = RouteSpace(
    ("click", "buy"), 2, 4, dedup_singletons=True, value_scope="all_prev"
)


def routes_of(count, seed=0):
    rng = np.random.default_rng(seed)
    return RandomSearch(SPACE).propose([], count, rng)


def planted(route):
    """Best where two tasks have nothing in common and read much."""
    click, buy = (set(route.reached(task)) for task in SPACE.tasks)
    return 0.1 * len(click | buy) - 0.3 * len(click & buy)


def trials_of(count, noise=0.2, seed=0):
    rng = np.random.default_rng(seed)
    return [
        Trial(route, planted(route) + noise * rng.normal())
        for route in routes_of(count, seed)
    ]


@pytest.mark.parametrize("has_pending", [False, True])
def test_deviations_are_those_of_the_posterior(has_pending):
    rng = np.random.default_rng(0)
    known, new, more = (rng.normal(size=(n, 3)) for n in (30, 5, 4))
    targets = known @ [1.0, -2.0, 0.0] + rng.normal(size=30)
    model = Ridge(known, targets)
    penalty = min(PENALTIES, key=lambda p: left_out_error(known, targets, p))
    centre, spread = known.mean(axis=0), known.std(axis=0)
    x, z, w = ((each - centre) / spread for each in (known, new, more))
    hat = x @ np.linalg.solve(x.T @ x + penalty * np.eye(3), x.T)
    residuals = targets - targets.mean() - hat @ (targets - targets.mean())
    noise = np.sum(residuals**2) / (30 - np.trace(hat) - 1)
    assert model.noise == pytest.approx(noise)
    rows = np.concatenate([x, w]) if has_pending else x
    # The prior's precision and that of the rows, in units of the noise's.
    precision = penalty * np.eye(3) + rows.T @ rows
    variance = noise * (
        np.diag(z @ np.linalg.inv(precision) @ z.T) + 1 / len(rows)
    )
    received = model.deviations(new, more if has_pending else None)
    np.testing.assert_allclose(received, np.sqrt(variance), rtol=1e-9)


def left_out_error(features, targets, penalty):
    x = (features - features.mean(axis=0)) / features.std(axis=0)
    hat = x @ np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T)
    hat += 1 / len(x)
    residuals = targets - hat @ targets
    return np.mean((residuals / (1 - np.diag(hat))) ** 2)


def test_improvements_are_means_of_draws():
    trials, routes = trials_of(20), routes_of(6, seed=5)
    strategy = ExpectedImprovement(SPACE)
    model = strategy.fitted(trials)
    features = strategy.features(routes)
    best = strategy.expected_scores(trials, [t.route for t in trials]).max()
    rng = np.random.default_rng(0)
    draws = model.expected(features) + model.deviations(features) * rng.normal(
        size=(200_000, 1)
    )
    expected = np.maximum(draws - best, 0).mean(axis=0)
    received = strategy.improvements(trials, routes)
    np.testing.assert_allclose(received, expected, rtol=0.05, atol=1e-4)
    assert (received > 0).all()


def test_a_proposal_is_the_best_of_its_pool():
    trials = trials_of(20)
    strategy = ExpectedImprovement(SPACE, pool_size=40)
    (proposed,) = strategy.propose(trials, 1, np.random.default_rng(4))
    rng = np.random.default_rng(4)
    tried = {trial.route for trial in trials}
    drawn = [strategy.draw(trials, rng) for _ in range(40)]
    pool = [route for route in drawn if route not in tried]
    worth = strategy.improvements(trials, pool)
    assert proposed == pool[int(np.argmax(worth))]
    # What is on trial already has less to tell.
    again = strategy.improvements(trials, pool, [proposed])
    assert again[int(np.argmax(worth))] < worth.max()
    assert (again <= worth + 1e-12).all()


SEEDS = range(10)
MANY = RouteSpace(tuple("abcdef"), 1, 4, dedup_singletons=True)


def agreement(route):
    """Share of pairs of tasks that are together, or apart, as planted."""
    reached = {task: set(route.reached(task)) for task in MANY.tasks}
    right = [
        bool(reached[one] & reached[two]) == ((one in "abc") == (two in "abc"))
        for one, two in itertools.combinations(MANY.tasks, 2)
    ]
    return float(np.mean(right))


def searched(strategy, seed, num_rounds, noise):
    """Trials of a search of eight routes a round."""
    rng, trials = np.random.default_rng(seed), []
    strategy.plan(num_rounds * 8, 8)
    for _ in range(num_rounds):
        trials += [
            Trial(route, agreement(route) + noise * rng.normal())
            for route in strategy.propose(trials, 8, rng)
        ]
    return trials


def test_it_proposes_better_than_random_routes():
    strategy = ExpectedImprovement(MANY, pool_size=40)
    found, drawn = [], []
    for seed in range(3):
        trials = searched(RandomSearch(MANY), seed, num_rounds=4, noise=0.05)
        rng = np.random.default_rng(100 + seed)
        proposed = strategy.propose(trials, 4, rng)
        found += [agreement(route) for route in proposed]
        drawn += [agreement(trial.route) for trial in trials]
    assert np.mean(found) > np.mean(drawn) + np.std(drawn) / 2


@pytest.mark.slow
def test_its_search_picks_better_routes_than_a_random_one():
    picked = [
        [
            agreement(max(trials, key=lambda trial: trial.score).route)
            for trials in (searched(strategy, seed, 5, 0.05) for seed in SEEDS)
        ]
        for strategy in (
            ExpectedImprovement(MANY, pool_size=40),
            RandomSearch(MANY),
        )
    ]
    assert np.mean(picked[0]) > np.mean(picked[1]) + 0.03


def test_equal_scores_are_a_warning():
    trials = [Trial(route, 0.5) for route in routes_of(16)]
    strategy = ExpectedImprovement(SPACE, pool_size=3)
    with pytest.warns(UserWarning, match="random routes: all of 16 trials"):
        strategy.propose(trials, 1, np.random.default_rng(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        strategy.propose(trials_of(16), 1, np.random.default_rng(0))


def test_it_says_that_trials_are_too_few():
    strategy = ExpectedImprovement(SPACE)
    assert strategy.why_blind(trials_of(16)) == ""
    expected = " (given or random routes: 3 of the 16 trials"
    assert strategy.why_blind(trials_of(3)).startswith(expected)
    with pytest.warns(UserWarning, match="ExpectedImprovement proposes by"):
        strategy.plan(8, 8)
