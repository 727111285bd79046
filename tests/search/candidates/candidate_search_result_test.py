import types

import numpy as np
import pytest

from mtnas_tf.population import Candidate
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import CandidateSearchResult

SPACE = RouteSpace(("click",), 1, 4, gated=False)
A, B, C, D = (SPACE.route([i]) for i in range(4))
COSTS = {A: 8.0, B: 6.0, C: 3.0, D: 1.0}
# A has the best mean, B and C one of a few standard errors below.
SCORES = {A: [0.8, 0.9, 0.85], B: [0.82, 0.78], C: [0.6, 0.7], D: [0.1]}


def score(candidate):
    return candidate.valid["score"]


def make_result(scores=SCORES, cost=COSTS.get):
    """A result that took each route's starts at once."""
    trainer = types.SimpleNamespace(population=types.SimpleNamespace())
    result = CandidateSearchResult(trainer, None, score, cost, 0, 4.0)
    for index, (route, values) in enumerate(scores.items()):
        candidates = [
            Candidate(route, seed, seed + 1, {"score": value})
            for seed, value in enumerate(values)
        ]
        trainer.network = lambda place, index=index: (index, place)
        result.add(candidates, trainer)
    return result


def test_the_best_candidate_and_its_network_are_kept():
    result = make_result()
    assert result.best == Candidate(A, 1, 2, {"score": 0.9})
    assert result.network == (0, 1)
    assert result.scores() == sum(SCORES.values(), [])
    assert result.epochs == 6 + 3 + 3 + 1
    assert str(result) == "8 networks trained, best score 0.9000"


def test_routes_by_their_means():
    result = make_result()
    assert result.best_routes(3) == [A, B, C]
    assert result.route == A
    result.finalists = [D, C, B]
    assert result.best_routes(2) == [B, C]
    assert result.route == B


def test_all_routes_with_cost_and_mean():
    expected = [(D, 1, 0.1), (C, 3, 0.65), (B, 6, 0.8), (A, 8, 0.85)]
    assert make_result().routes() == [
        (route, cost, pytest.approx(mean)) for route, cost, mean in expected
    ]


@pytest.mark.parametrize(("errors", "expected"), [(0, A), (2, B), (9, C)])
def test_cheapest_route_that_is_not_measurably_worse(errors, expected):
    result = make_result()
    result.finalists = [A, B, C]
    # Sums of squares about the means, over the degrees of freedom.
    variance = (0.005 + 0.0008 + 0.005) / (2 + 1 + 1)
    error = np.sqrt(variance / 3)
    assert 0.05 < 2 * error < 0.2 < 9 * error
    assert result.cheapest_route(errors) == expected
    # At the very edge.
    edge = 0.05 / error
    assert result.cheapest_route(edge * 1.001) == B
    assert result.cheapest_route(edge * 0.999) == A


def test_contenders_are_within_the_error_of_a_difference():
    result = make_result()
    result.finalists = [A, B, C]
    variance = (0.005 + 0.0008 + 0.005) / (2 + 1 + 1)
    error = np.sqrt(variance * (1 / 3 + 1 / 2))  # of three starts and two
    edge = 0.05 / error
    assert result.contenders(edge * 1.001) == [A, B]
    assert result.contenders(edge * 0.999) == [A]
    assert result.contenders(99.0) == [A, B, C]


def test_one_start_each_tells_no_error():
    result = make_result(
        {route: values[:1] for route, values in SCORES.items()}
    )
    result.finalists = [A, C]
    assert result.contenders() == [A, C]
    result.finalists = []
    assert result.best_routes(1) == [B]
    assert result.cheapest_route() == D
    assert result.cheapest_route(errors=0) == B


def test_pareto_set():
    result = make_result(
        {A: [0.7, 0.6], B: [0.8], C: [0.8, 0.4], D: [0.5]},
        {A: 8.0, B: 6.0, C: 3.0, D: 3.0}.get,
    )
    front = [(C, 3, pytest.approx(0.6)), (B, 6, 0.8)]
    assert result.pareto_set() == front
