"""Log loss of a binary task with missing labels.

`l = -y log p - (1 - y) log(1 - p)`.
"""

import keras
from keras import ops

from mtnas_tf.metrics.masked_mean import MaskedMean
from mtnas_tf.types import Tensor

LOG_LOSS_CLIP = 1e-7


@keras.saving.register_keras_serializable(package="mtnas_tf")
class LogLoss(MaskedMean):
    """Cross-entropy of probabilities, over the observed labels.

    The weighted mean over the rows whose label is not NaN; NaN without any.
    Clips probabilities to `[1e-7, 1 - 1e-7]`. Computes in float64.

    Args:
        name: string. Name of the metric. Defaults to `"log_loss"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, 0 or 1, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`, probabilities of 1.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Example:
    >>> log_loss = LogLoss()([1.0, float("nan")], [0.5, 0.9])
    >>> round(float(log_loss), 4)
    0.6931
    """

    def __init__(self, name: str = "log_loss") -> None:
        super().__init__(name=name)

    def values(self, labels: Tensor, predictions: Tensor) -> Tensor:
        probs = ops.clip(predictions, LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP)
        return -labels * ops.log(probs) - (1.0 - labels) * ops.log1p(-probs)
