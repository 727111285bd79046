import math

import numpy as np
import pytest
from scipy import stats

from mtnas_tf.experiment.advice.resampled import resampled

VALUES = np.array([0.3, -0.1, -0.4, 0.1, -0.6])


def test_without_shared_rows_it_is_student_s_test():
    found = resampled(VALUES, valid_share=0.0)
    expected = stats.ttest_1samp(VALUES, 0.0, alternative="less")
    assert found.p_loss == pytest.approx(expected.pvalue)
    assert found.std_error == pytest.approx(stats.sem(VALUES))
    interval = stats.ttest_1samp(VALUES, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(interval))


def test_shared_rows_widen_errors():
    plain, wide = resampled(VALUES, 0.0), resampled(VALUES, 0.3)
    assert wide.std_error**2 == pytest.approx(plain.std_error**2 * (1 + 1.5))
    assert wide.mean == plain.mean
    assert wide.p_loss > plain.p_loss


def test_what_cannot_be_tested():
    same = resampled([0.5, 0.5], 0.1)
    assert (same.mean, same.low, same.high) == (0.5, 0.5, 0.5)
    assert math.isnan(same.p_loss)
    assert math.isnan(resampled([0.5, math.nan], 0.1).p_loss)
