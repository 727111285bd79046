import math

import numpy as np
import pytest
from scipy import stats

from mtnas_tf.experiment.statistics import mean_and_error
from mtnas_tf.experiment.statistics import paired_difference

VALUES = [0.61, 0.64, 0.6, 0.66, 0.63]
BASELINE = [0.6, 0.65, 0.58, 0.61, 0.62]


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


def test_paired_difference_of_scipy():
    difference = paired_difference(VALUES, BASELINE)
    gaps = np.subtract(VALUES, BASELINE)
    assert difference["mean"] == pytest.approx(gaps.mean())
    assert difference["std_error"] == pytest.approx(stats.sem(gaps))
    expected = stats.ttest_rel(VALUES, BASELINE).pvalue
    assert difference["p_value"] == pytest.approx(expected)


def test_pairs_matter():
    spread = [1.0, 5.0, 9.0]
    paired = paired_difference(spread, [0.9, 4.8, 8.9])
    crossed = paired_difference(spread, [8.9, 4.8, 0.9])
    assert paired["mean"] == pytest.approx(crossed["mean"])
    assert paired["std_error"] < 0.05 < 1 < crossed["std_error"]


@pytest.mark.parametrize("count", [1, 3])
def test_no_p_value_without_spread(count):
    difference = paired_difference([1.5] * count, [1.0] * count)
    assert difference["mean"] == 0.5
    assert math.isnan(difference["p_value"])
