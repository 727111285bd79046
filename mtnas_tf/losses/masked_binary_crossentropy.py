"""Cross-entropy of a binary task with missing labels.

`l = -y log p - (1 - y) log(1 - p)`; of logits `log(1 + exp(z)) - y z`.
"""

import keras
from keras import ops

from mtnas_tf.losses.masked_loss import MaskedLoss
from mtnas_tf.types import Tensor

# Near 0 a float32 probability keeps its precision, near 1 it has none left.
# The bounds follow, so a confident miss of a rare positive still learns.
MIN_PROBABILITY = 1e-30
MAX_PROBABILITY = 1.0 - 1e-7


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MaskedBinaryCrossentropy(MaskedLoss):
    """Binary cross-entropy of probabilities, over the observed labels.

    The weighted mean over the rows whose label is not NaN; 0, with a zero
    gradient, when there is none; NaN with another label than 0 and 1. Computes
    in float32.

    The predictions of a model of the library come with their logits: loss and
    gradient are exact however confident a miss is. Probabilities alone are
    clipped to `[1e-30, 1 - 1e-7]`; a clipped one has no gradient.

    Args:
        name: string. Name of the loss. Defaults to
            `"masked_binary_crossentropy"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, 0 or 1, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`, probabilities of 1.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Output shape:
        `()`.

    Example:
    >>> loss = MaskedBinaryCrossentropy()([1.0, float("nan")], [0.5, 0.9])
    >>> round(float(loss), 4)
    0.6931
    """

    is_of_logits = True

    def __init__(self, name: str = "masked_binary_crossentropy") -> None:
        super().__init__(name=name)

    def are_labels(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return ops.logical_or(y_true == 0, y_true == 1)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        probs = ops.clip(y_pred, MIN_PROBABILITY, MAX_PROBABILITY)
        return -y_true * ops.log(probs) - (1.0 - y_true) * ops.log1p(-probs)

    def of_tower_outputs(self, y_true: Tensor, outputs: Tensor) -> Tensor:
        return ops.binary_crossentropy(y_true, outputs, from_logits=True)
