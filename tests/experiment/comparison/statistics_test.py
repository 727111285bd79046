import math

import numpy as np
import pytest
from scipy import stats

from mtnas_tf.experiment.comparison.statistics import clustered_mean
from mtnas_tf.experiment.comparison.statistics import holm
from mtnas_tf.search.candidates.mean_and_error import mean_and_error

VALUES = [0.61, 0.64, 0.6, 0.66, 0.63]
RNG = np.random.default_rng(0)


def test_mean_and_error_by_hand():
    # Deviations -2, 0, 2: variance 4, error sqrt(4 / 3).
    assert mean_and_error([1.0, 3.0, 5.0]) == (3.0, pytest.approx(4 / 12**0.5))


def test_mean_and_error_of_scipy():
    mean, error = mean_and_error(VALUES)
    assert mean == pytest.approx(np.mean(VALUES))
    assert error == pytest.approx(stats.sem(VALUES))


def test_one_value_has_no_error():
    mean, error = mean_and_error([0.5])
    assert mean == 0.5
    assert math.isnan(error)


def test_a_cluster_of_one_value_each_is_a_t_test():
    found = clustered_mean(VALUES, range(5))
    assert found["mean"] == pytest.approx(np.mean(VALUES))
    assert found["std_error"] == pytest.approx(stats.sem(VALUES))
    assert found["p_value"] == pytest.approx(
        stats.ttest_1samp(VALUES, 0).pvalue
    )
    assert found["num_clusters"] == 5


def test_values_of_a_cluster_count_as_their_mean():
    # Clusters in any order, of any size: means 2, 8 and 5.
    found = clustered_mean([1.0, 8.0, 3.0, 5.0, 5.0, 5.0], list("abaccc"))
    assert found["mean"] == 5.0
    assert found["std_error"] == pytest.approx(3 / 3**0.5)
    # t = 5 / sqrt(3) with two degrees of freedom.
    p_value = 2 * stats.t.sf(5 / 3**0.5, df=2)
    assert found["p_value"] == pytest.approx(p_value)


def test_repeats_within_clusters_are_no_evidence():
    values, clusters = [0.1, 0.3, 0.2], [0, 1, 2]
    once = clustered_mean(values, clusters)
    often = clustered_mean(values * 50, clusters * 50)
    assert often == pytest.approx(once)


def test_false_alarms_are_as_rare_as_the_p_value_says():
    # Ten pairs of five splits, no difference, half of the variance a split's.
    wrong = 0
    for _ in range(2000):
        pairs = RNG.normal(size=5).repeat(2) + RNG.normal(size=10)
        clusters = np.arange(5).repeat(2).tolist()
        wrong += clustered_mean(pairs.tolist(), clusters)["p_value"] < 0.05
    # A hundred are expected, within four standard errors.
    assert abs(wrong - 100) < 4 * (2000 * 0.05 * 0.95) ** 0.5


def test_one_cluster_has_an_error_and_no_p_value():
    found = clustered_mean(VALUES, [7] * 5)
    assert found["std_error"] == pytest.approx(stats.sem(VALUES))
    assert math.isnan(found["p_value"])
    assert found["num_clusters"] == 1


@pytest.mark.parametrize("value", [0.5, 0.1 + 0.2, 0.0])
def test_no_p_value_without_spread(value):
    # Means of other counts of .1 + .2 differ in their last digit.
    found = clustered_mean([value] * 7, [0, 1, 1, 1, 2, 2, 2])
    assert found["mean"] == pytest.approx(value)
    assert math.isnan(found["p_value"])


def test_holm_by_hand():
    # 4 x .01, then 3 x .02, then 2 x .025 < .06, then .5.
    received = holm([0.5, 0.025, 0.01, 0.02])
    assert received == pytest.approx([0.5, 0.06, 0.04, 0.06])


def test_holm_of_none_one_and_certain():
    assert holm([]) == []
    assert holm([0.3]) == [0.3]
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_what_is_no_test_is_not_counted():
    received = holm([math.nan, 0.02, math.nan, 0.01])
    assert received[1::2] == pytest.approx([0.02, 0.02])
    assert math.isnan(received[0]) and math.isnan(received[2])


def test_holm_rejects_no_more_than_bonferroni_of_the_smallest():
    for _ in range(20):
        values = RNG.uniform(0, 0.2, 8)
        corrected = np.array(holm(values.tolist()))
        assert corrected.min() == pytest.approx(min(1, 8 * values.min()))
        order = values.argsort()
        assert (np.diff(corrected[order]) >= 0).all()
        assert (corrected >= values).all()
