"""Gains and bounds on planted scores."""

import numpy as np
import pytest

from mtnas_tf.experiment.advice.gains import TOTAL
from mtnas_tf.experiment.advice.gains import best_network
from mtnas_tf.experiment.advice.gains import bound_of_search
from mtnas_tf.experiment.advice.gains import gains_by_pair
from mtnas_tf.experiment.advice.gains import gains_from_sharing
from mtnas_tf.experiment.advice.gains import is_loss
from mtnas_tf.experiment.advice.groupings import groupings
from mtnas_tf.experiment.advice.groupings import name_of

TASKS = ("a", "b", "c")
NETWORKS = ["alone", *map(name_of, groupings(TASKS))]
SHARE = 0.25  # validation rows by training rows, of five deals


def planted(seed, losses=None, noise=0.01, deals=5, common_noise=0.5):
    """Scores of deals whose level varies, less what networks lose by task."""
    rng = np.random.default_rng(seed)
    level = rng.normal(1.5, 0.1, (deals, len(TASKS)))
    # A part of the noise is that of rows, which deals have in common.
    common = rng.normal(0, noise * common_noise, (len(NETWORKS), 1, 3))
    return {
        name: level
        + shift
        + rng.normal(0, noise, level.shape)
        - np.array((losses or {}).get(name, (0, 0, 0)))
        for name, shift in zip(NETWORKS, common, strict=True)
    }


def test_gains_are_paired_by_deal():
    scores = planted(0, {"a+b+c": (0.1, 0.2, 0.0)}, noise=1e-6)
    found = gains_from_sharing(TASKS, scores, SHARE)
    assert [*found] == [*TASKS, TOTAL]
    means = [found[name]["mean"] for name in found]
    assert means == pytest.approx([-0.1, -0.2, 0.0, -0.3], abs=1e-5)
    assert [is_loss(found[name]) for name in ("a", "b", TOTAL)] == [True] * 3
    assert best_network(planted(0, {"alone": (0, 0.1, 0)})) != "alone"


def test_pairs_tell_with_whom_a_task_loses():
    scores = planted(1, {"a+b | c": (0.1, -0.2, 0.0)})
    found = gains_by_pair(TASKS, scores, SHARE)
    assert {k: [*v] for k, v in found.items()} == {
        "a": ["b", "c"],
        "b": ["a", "c"],
        "c": ["a", "b"],
    }
    losses = [(t, o) for t in found for o in found[t] if is_loss(found[t][o])]
    assert losses == [("a", "b")]
    assert found["b"]["a"]["mean"] == pytest.approx(0.2, abs=0.02)


def test_without_a_conflict_one_is_seldom_found():
    found = [
        gains_from_sharing(TASKS, planted(seed), SHARE) for seed in range(300)
    ]
    rate = np.mean([any(map(is_loss, gains.values())) for gains in found])
    assert rate < 0.05 + 0.04  # three standard errors


def test_a_conflict_is_found_in_nine_of_ten():
    losses = {"a+b+c": (0.05, 0.05, 0.0)}
    found = [
        gains_from_sharing(TASKS, planted(seed, losses), SHARE)
        for seed in range(100)
    ]
    assert np.mean([any(map(is_loss, g.values())) for g in found]) >= 0.9


def test_the_sum_tells_where_chance_decides_who_loses():
    scores = planted(0)
    loser = np.array([0, 1, 0, 1, 0])
    scores["a+b+c"][np.arange(5), loser] -= 1.0
    found = gains_from_sharing(TASKS, scores, SHARE)
    assert [is_loss(gain) for gain in found.values()] == [False] * 3 + [True]


def test_the_best_of_noise_is_no_gain():
    found = [
        bound_of_search(planted(seed, common_noise=0.0), SHARE)
        for seed in range(200)
    ]
    means = [bound["mean"] for bound in found]
    error = np.std(means) / np.sqrt(len(means))
    assert abs(np.mean(means)) < 4 * error
    assert np.mean([bound["naive"] for bound in found]) > 5 * error
    assert np.mean([b["low"] <= 0 <= b["high"] for b in found]) > 0.9


def test_a_gain_that_no_single_network_has():
    # Task a is best together, b and c are best apart.
    losses = {name: (0.2, 0.2, 0.2) for name in NETWORKS}
    losses |= {"a+b+c": (0.0, 0.2, 0.2), "alone": (0.2, 0.0, 0.0)}
    bound = bound_of_search(planted(3, losses, noise=1e-3), SHARE)
    assert bound["mean"] == pytest.approx(0.2, abs=0.01)
    assert bound["low"] > 0
    assert best_network(planted(3, losses)) == "alone"


def test_scores_that_are_not_defined_choose_nothing():
    scores = planted(0)
    for values in scores.values():
        values[:, 2] = np.nan
    scores["a | b+c"][:, 0] += 1.0
    gains = gains_from_sharing(TASKS, scores, SHARE)
    assert np.isnan(gains["c"]["mean"]) and not is_loss(gains["c"])
    assert np.isfinite(gains[TOTAL]["mean"])
    assert best_network(scores) == "a | b+c"
    assert np.isfinite(bound_of_search(scores, SHARE)["mean"])
