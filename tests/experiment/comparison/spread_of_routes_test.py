"""The entry test against SciPy, on planted spreads, and its line of text."""

import numpy as np
import pytest
from scipy import stats
from toy_rows import make_row

from mtnas_tf.experiment.comparison.entry_lines import entry_lines
from mtnas_tf.experiment.comparison.spread_of_routes import entry_test

RANDOM, FOUND = ("random_route", "mean"), ("mtnas", "retrained")
PROTOCOL = {"config": {"search": {"compared": ["candidates"]}}}


def row(method, pair, scores):
    return {**make_row(pair, 1.0, method), "valid_scores": list(scores)}


def planted(of_routes, of_starts, rng, num_pairs=10):
    """Rows of 20 random routes and of two routes from four starts a pair."""
    rows = []
    for pair in range(num_pairs):
        level = rng.normal()  # that of the split
        routes = level + rng.normal(0, of_routes, 20)
        own = level + rng.normal(0, of_starts, 4)
        rows += [
            row(RANDOM, (pair, 0), routes + rng.normal(0, of_starts, 20)),
            row(FOUND, (pair, 0), own),
            # The same starts: they count once.
            row(("mtnas", "cost 1 retrained"), (pair, 0), own + 0.5),
        ]
    return rows


def test_spreads_are_pooled_within_pairs():
    rng = np.random.default_rng(0)
    routes, starts = rng.normal(size=(3, 7)), rng.normal(size=(3, 4))
    rows = []
    for index in range(3):
        rows.append(row(RANDOM, (index, 0), routes[index] + 10 * index))
        rows.append(row(FOUND, (index, 0), starts[index] - index))
    found = entry_test(rows)
    total = routes.var(axis=1, ddof=1).mean()
    own = starts.var(axis=1, ddof=1).mean()
    assert found["f"] == pytest.approx(total / own)
    assert found["degrees"] == (18, 9)
    assert found["p_value"] == pytest.approx(stats.f.sf(total / own, 18, 9))
    assert found["std_starts"] == pytest.approx(own**0.5)
    assert found["std_routes"] == pytest.approx(max(total - own, 0) ** 0.5)


def test_routes_that_do_not_matter_are_seldom_said_to():
    p_values = [
        entry_test(planted(0.0, 1.0, np.random.default_rng(seed)))["p_value"]
        for seed in range(400)
    ]
    # One in twenty is expected; four standard errors beside it.
    assert 0.05 - 0.044 < np.mean(np.less(p_values, 0.05)) < 0.05 + 0.044


def test_routes_that_matter_are_found():
    found = [
        entry_test(planted(2.0, 1.0, np.random.default_rng(seed)))
        for seed in range(50)
    ]
    assert all(test["p_value"] < 0.05 for test in found)
    spreads = [test["std_routes"] for test in found]
    assert np.mean(spreads) == pytest.approx(2, abs=0.1)


def test_the_routes_of_a_supernet_serve_where_there_are_no_others():
    rows = planted(1.0, 1.0, np.random.default_rng(0))
    expected = entry_test(rows)
    for each in rows:
        if each["model"] == "random_route":
            each["model"] = "random_supernet_route"
    assert entry_test(rows) == expected


def test_too_few_trainings():
    rows = planted(1.0, 1.0, np.random.default_rng(0), num_pairs=1)
    found = entry_test(rows)
    assert (found["degrees"], found["p_value"]) == ((19, 3), None)
    result = {"protocol": PROTOCOL, "entry_test": found}
    assert entry_lines(result)[0].endswith(
        "too few to tell whether routes matter."
    )
    # One training each, or rows of an earlier version, which tell only means.
    assert entry_test(rows[:1]) is None
    old = [{k: v for k, v in r.items() if k != "valid_scores"} for r in rows]
    assert entry_test(old) is None
    result["entry_test"] = None
    assert "not made, for want of several" in entry_lines(result)[0]


def test_scores_that_are_not_defined_are_no_test():
    rows = planted(1.0, 1.0, np.random.default_rng(0), num_pairs=2)
    rows[0]["valid_scores"][0] = np.nan
    assert entry_test(rows) is None


def test_no_evidence_is_said():
    result = {
        "protocol": PROTOCOL,
        "entry_test": {
            "std_routes": 0.0,
            "std_starts": 0.0123,
            "f": 0.9,
            "degrees": (31, 9),
            "p_value": 0.6,
        },
    }
    (line,) = entry_lines(result)
    assert "starts of one route spread by 0.0123" in line
    assert "F = 0.90 with 31 and 9 degrees of freedom, p = 0.6: no evid" in line
    result["protocol"] = {"config": {"search": {"compared": []}}}
    assert entry_lines(result) == []  # methods alone have no routes
