"""Means over deals of the same rows, with errors that are not too small."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


@dataclasses.dataclass(frozen=True)
class Resampled:
    """A mean over deals, and how far it is known.

    Args:
        mean: float.
        std_error: float.
        low: float. Lower end of the 95 % interval.
        high: float. Upper end.
        p_loss: float. Of the one-sided t test against values of 0 and above.
    """

    mean: float
    std_error: float
    low: float
    high: float
    p_loss: float


def resampled(
    values: Sequence[float] | np.ndarray, valid_share: float
) -> Resampled:
    """The corrected resampled t test.

    Deals have training rows in common, so that their values depend on one
    another and their spread says too little. The variance of the mean is taken
    as `s^2 (1 / deals + validation rows / training rows)`.

    Args:
        values: one for each deal, at least two.
        valid_share: validation rows by training rows.

    Example:
    >>> found = resampled([1.0, 2.0, 3.0], valid_share=0.0)
    >>> found.mean, round(found.std_error, 4)
    (2.0, 0.5774)

    Reference:
    - [Nadeau and Bengio, 2003](https://doi.org/10.1023/A:1024068626366),
      section 3.
    """
    array = np.asarray(values, float)
    mean, variance = float(array.mean()), float(array.var(ddof=1))
    error = math.sqrt(variance * (1 / len(array) + valid_share))
    if math.isnan(mean) or error == 0:
        return Resampled(mean, error, mean, mean, math.nan)
    of_t = stats.t(len(array) - 1)
    width = float(of_t.ppf(0.975)) * error
    p_loss = float(of_t.cdf(mean / error))
    return Resampled(mean, error, mean - width, mean + width, p_loss)
