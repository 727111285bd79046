"""Cross-entropy of a multi-class task with missing labels.

`l = -log p_y`, of the probability of the class that was observed.
"""

from typing import Any

import keras
from keras import ops

from mtnas_tf.losses.masked_binary_crossentropy import MIN_PROBABILITY
from mtnas_tf.losses.masked_loss import MaskedLoss


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MaskedCategoricalCrossentropy(MaskedLoss):
    """Cross-entropy of the probabilities of classes, over the observed labels.

    The weighted mean over the rows whose label is not NaN; 0, with a zero
    gradient, when there is none. A probability below 1e-30 counts as 1e-30, as
    does that of a label that is no class. Computes in float32.

    Args:
        name: string. Name of the loss. Defaults to
            `"masked_categorical_crossentropy"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, numbers of classes from 0, NaN where
            missing.
        y_pred: `(batch, classes)`, probabilities that add up to 1. Leading axes
            may be more, if those of `y_true` and `sample_weight` are.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Output shape:
        `()`.

    Example:
    >>> loss = MaskedCategoricalCrossentropy()
    >>> probs = [[0.25, 0.25, 0.5], [0.1, 0.2, 0.7]]
    >>> round(float(loss([2.0, float("nan")], probs)), 4)
    0.6931
    """

    def __init__(self, name: str = "masked_categorical_crossentropy") -> None:
        super().__init__(name=name)

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        # From here on a row has one prediction, the observed class's.
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
        num_classes = y_pred.shape[-1]
        y_pred = ops.reshape(y_pred, (-1, num_classes))
        y_true = ops.reshape(
            ops.convert_to_tensor(y_true, dtype="float32"), (-1,)
        )
        classes = ops.where(ops.isnan(y_true), 0.0, y_true)
        is_class = ops.one_hot(ops.cast(classes, "int32"), num_classes)
        observed = ops.sum(ops.where(is_class > 0, y_pred, 0.0), axis=-1)
        return super().__call__(y_true, observed, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return -ops.log(ops.maximum(y_pred, MIN_PROBABILITY))
