"""Log loss of a binary task relative to that of its base rate.

`ne = mean_i l_i / (-p log p - (1 - p) log(1 - p))`, with l_i the log loss of a
row and p the share of positives.
"""

import keras
from keras import ops

from mtnas_tf.metrics.log_loss import LogLoss
from mtnas_tf.metrics.masked_mean import ratio
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class NormalizedEntropy(LogLoss):
    """Log loss divided by the entropy of the base rate.

    1 is what predicting the share of positives for every row achieves, below 1
    is better. Comparable between tasks of different rates, which log losses are
    not. The base rate is the weighted share of positives among the same
    rows. NaN unless both classes are observed.

    Args:
        name: string. Name of the metric. Defaults to `"normalized_entropy"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, 0 or 1, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`, probabilities of 1.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Example:
    >>> float(NormalizedEntropy()([0.0, 1.0, float("nan")], [0.5, 0.5, 0.9]))
    1.0

    Reference:
    - [He et al., 2014](https://doi.org/10.1145/2648584.2648589), equation 1.
    """

    def __init__(self, name: str = "normalized_entropy") -> None:
        super().__init__(name=name)
        self.positives = self.add_sum("positives")

    def update_sums(
        self, labels: Tensor, predictions: Tensor, weights: Tensor
    ) -> None:
        super().update_sums(labels, predictions, weights)
        self.positives.assign_add(ops.sum(weights * labels))

    def result(self) -> Tensor:
        rate = ratio(self.positives, self.weight)
        # Where one of the two is 0 so is the sum; NaN stays NaN.
        entropy = -_x_log_x(rate) - _x_log_x(1.0 - rate)
        return ratio(super().result(), entropy)


def _x_log_x(x: Tensor) -> Tensor:
    return x * ops.log(ops.where(x > 0, x, 1.0))
