"""Expected calibration error of a binary task.

`ece = sum_b (w_b / w) |mean label of b - mean prediction of b|`, over bins b of
the predictions, w_b being the weight of a bin's rows.
"""

import keras

from mtnas_tf.metrics.reliability_bins import check_binning
from mtnas_tf.metrics.reliability_bins import reliability_bins
from mtnas_tf.metrics.row_metric import RowMetric
from mtnas_tf.types import Config


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ExpectedCalibrationError(RowMetric):
    """Mean distance of predicted probabilities from observed rates.

    It compares the predicted probability of 1 with the rate of ones, not the
    confidence in the likelier class with its accuracy. Bins hold rows of equal
    weight by default: with rare positives nearly all rows would share the first
    of equally wide bins. With few rows in many bins the error is mostly noise:
    above 0 for a perfect model too.

    Computed from all rows kept, in float64; NaN without rows. A row of float32
    takes 5 bytes, at the peak of `result` 85.

    Args:
        num_bins: int > 0. Most bins; empty ones count nothing. Defaults to
            `15`.
        binning: `"equal_mass"` or `"equal_width"`, see `reliability_bins`.
            Defaults to `"equal_mass"`.
        name: string. Name of the metric. Defaults to `"ece"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, 0 or 1, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`, probabilities of 1.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Example:
    >>> ece = ExpectedCalibrationError(num_bins=2)
    >>> ece.update_state([0, 0, 1, float("nan")], [0.25, 0.25, 0.75, 0.5])
    >>> ece.result()
    0.25

    References:
    - [Guo et al., 2017](https://arxiv.org/abs/1706.04599), equation 3, with
      15 bins of equal width.
    - [Nixon et al., 2019](https://arxiv.org/abs/1904.01685), with equal mass.
    """

    def __init__(
        self,
        num_bins: int = 15,
        binning: str = "equal_mass",
        name: str = "ece",
    ) -> None:
        super().__init__(name=name)
        check_binning(num_bins, binning)
        self.num_bins = num_bins
        self.binning = binning

    def result(self) -> float:
        labels, probs, weights = self.rows()
        bins = reliability_bins(
            labels, probs, weights, self.num_bins, self.binning
        )
        return bins.error

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "binning": self.binning,
        }
