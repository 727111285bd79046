"""Arguments that a population refuses."""

import pytest
from toy_population import CANDIDATES
from toy_population import ROUTE
from toy_population import SCOPES
from toy_population import TASKS
from toy_population import make
from toy_population import make_space

from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.routes import RouteSpace


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"space": RouteSpace(TASKS[::-1], 1, 2)}, "`space` must have the.*'s"),
        ({"num_candidates": 0}, "`num_candidates` must.*num_candidates=0"),
        ({"root_query": "s1"}, "`root_query` must be.*root_query='s1'"),
    ],
)
def test_wrong_argument_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        make(**change)


@pytest.mark.parametrize(
    ("routes", "seeds", "message"),
    [
        ([ROUTE] * 2, [0] * 3, "`routes` and `seeds` must.* 2 routes, 3 seeds"),
        ([ROUTE] * 3, [0] * 4, "`routes` and `seeds` must.* 3 routes, 4 seeds"),
        (
            [make_space(**SCOPES).hand_made.one_layer()] * 3,
            [0] * 3,
            r"`route` must lie in.*click <- s1\+s2\+s3",
        ),
    ],
)
def test_routes_and_seeds_are_checked(routes, seeds, message):
    population = make()
    population.initialize([ROUTE] * CANDIDATES, [0] * CANDIDATES)
    with pytest.raises(ValueError, match=message):
        population.initialize(routes, seeds)
    assert population.routes == [ROUTE] * CANDIDATES


@pytest.mark.parametrize("option", ["clipnorm", "global_clipnorm"])
def test_norms_of_all_candidates_together_are_refused(option):
    population = make()
    with pytest.raises(ValueError, match=f"`optimizer` must.*{option}=0.1"):
        population.compile(SparseAdam(**{option: 0.1}))
