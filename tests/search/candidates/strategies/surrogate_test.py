import numpy as np
import pytest

from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.route_features import route_features
from mtnas_tf.search.candidates.strategies import RandomSearch
from mtnas_tf.search.candidates.strategies import Surrogate
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from mtnas_tf.search.candidates.strategies.ridge import PENALTIES

SPACE = RouteSpace(
    ("click", "buy"), 2, 4, dedup_singletons=True, value_scope="all_prev"
)


def random_routes(count, seed=0):
    rng = np.random.default_rng(seed)
    return [SPACE.random_route(rng) for _ in range(count)]


def true_score(route):
    """Linear in counts of sub-networks."""
    return 0.1 * len(route.reached("click")) - 0.2 * len(route.reached("buy"))


def noisy_trials(count, noise, seed=0):
    rng = np.random.default_rng(seed)
    return [
        Trial(route, true_score(route) + noise * rng.normal())
        for route in random_routes(count, seed)
    ]


def ridge(features, scores, penalty, new):
    """Expected scores by the normal equations; the mean has no penalty."""
    centre = features.mean(axis=0)
    x = features - centre
    matrix = x.T @ x + penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(matrix, x.T @ (scores - scores.mean()))
    return scores.mean() + (new - centre) @ weights


def left_out_error(features, scores, penalty):
    """Mean squared error of refits without one row, on that row."""
    errors = []
    for i in range(len(scores)):
        others = np.arange(len(scores)) != i
        expected = ridge(features[others], scores[others], penalty, features[i])
        errors.append((scores[i] - expected) ** 2)
    return np.mean(errors)


def test_ridge_by_the_least_leave_one_out_error():
    chosen = set()
    new = random_routes(7, seed=9)
    for seed in range(12):
        trials = noisy_trials(8, noise=0.3, seed=seed)
        features = np.stack([route_features(t.route) for t in trials])
        centre, spread = features.mean(axis=0), features.std(axis=0)
        spread[spread == 0] = 1
        features = (features - centre) / spread
        scores = np.array([trial.score for trial in trials])
        penalty = min(
            PENALTIES, key=lambda p: left_out_error(features, scores, p)
        )
        unseen = np.stack([route_features(route) for route in new])
        expected = ridge(features, scores, penalty, (unseen - centre) / spread)
        received = Surrogate(SPACE).expected_scores(trials, new)
        np.testing.assert_allclose(received, expected, atol=1e-9)
        chosen.add(penalty)
    assert chosen == set(PENALTIES)


def test_finds_the_better_half():
    trials = noisy_trials(40, noise=0.2)
    routes = random_routes(200, seed=5)
    expected = Surrogate(SPACE).expected_scores(trials, routes)
    scores = np.array([true_score(route) for route in routes])
    assert np.corrcoef(expected, scores)[0, 1] > 0.7
    is_better = expected > np.median(expected)
    assert scores[is_better].mean() > np.median(scores)
    assert scores[~is_better].mean() < np.median(scores)


def test_proposes_the_best_expected_of_a_pool():
    trials = noisy_trials(40, noise=0.2)
    strategy = Surrogate(SPACE, pool_size=50)
    rng = np.random.default_rng(3)
    routes = strategy.propose(trials, 8, rng)
    assert len(set(routes)) == 8
    others = [true_score(route) for route in random_routes(200, seed=5)]
    for route in routes:
        assert true_score(route) > np.median(others)
    (best,) = strategy.propose(trials, 1, np.random.default_rng(4))
    rng = np.random.default_rng(4)
    pool = [proposed_route(SPACE, rng) for _ in range(50)]
    expected = strategy.expected_scores(trials, pool)
    assert best == pool[int(np.argmax(expected))]


def test_equal_scores_expect_the_same_of_all():
    trials = [Trial(route, 0.5) for route in random_routes(16)]
    expected = Surrogate(SPACE).expected_scores(trials, random_routes(5, 1))
    np.testing.assert_allclose(expected, 0.5)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_random": 1}, "`num_random` must be at least 2.*num_random=1"),
        ({"pool_size": 0}, "`pool_size` must be at least 1.*pool_size=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        Surrogate(SPACE, **kwargs)


def test_it_learns_which_task_should_have_a_table():
    space = RouteSpace(("click", "buy", "like"), 1, 4, num_tables=2)
    rng = np.random.default_rng(0)

    def in_common(route):
        """Tables that like has in common with each other task."""
        own = set(route.roots_of("like"))
        others = [set(route.roots_of(task)) for task in ("click", "buy")]
        return sum(len(own & other) for other in others)

    strategy = Surrogate(space, num_random=2)
    routes = RandomSearch(space).propose([], 60, rng)
    trials = [Trial(route, -float(in_common(route))) for route in routes]
    drawn = RandomSearch(space).propose([], 60, rng)
    proposed = strategy.propose(trials, 6, rng)
    assert np.mean([in_common(route) for route in drawn]) > 1.5
    assert np.mean([in_common(route) for route in proposed]) < 0.5
