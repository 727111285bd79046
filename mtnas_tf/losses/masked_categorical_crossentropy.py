"""Cross-entropy of a multi-class task with missing labels.

`l = -log p_y`, of the probability of the class that was observed.
"""

import keras
from keras import ops

from mtnas_tf.losses.masked_binary_crossentropy import MIN_PROBABILITY
from mtnas_tf.losses.masked_loss import MaskedLoss
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MaskedCategoricalCrossentropy(MaskedLoss):
    """Cross-entropy of the probabilities of classes, over the observed labels.

    The weighted mean over the rows whose label is not NaN; 0, with a zero
    gradient, when there is none; NaN with a label that is not a class. Computes
    in float32.

    The predictions of a model of the library come with their logits: loss and
    gradient are exact however confident a miss is. Probabilities without logits
    are clipped from below at 1e-30.

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

    is_of_logits = True

    def __init__(self, name: str = "masked_categorical_crossentropy") -> None:
        super().__init__(name=name)

    def rows(self, y_pred: Tensor) -> Tensor:
        """Predictions flattened to `(rows, classes)`."""
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
        return ops.reshape(y_pred, (-1, y_pred.shape[-1]))

    def are_labels(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        is_class = ops.logical_and(y_true >= 0, y_true < y_pred.shape[-1])
        return ops.logical_and(is_class, ops.floor(y_true) == y_true)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        probs = _of_class(y_true, y_pred)
        return -ops.log(ops.maximum(probs, MIN_PROBABILITY))

    def of_tower_outputs(self, y_true: Tensor, outputs: Tensor) -> Tensor:
        return -_of_class(y_true, ops.log_softmax(outputs))


def _of_class(y_true: Tensor, values: Tensor) -> Tensor:
    """The value of each row's class, NaN if it is no class."""
    classes = ops.cast(y_true, "int32")
    is_class = ops.one_hot(classes, values.shape[-1]) > 0
    found = ops.sum(ops.where(is_class, values, 0.0), axis=-1)
    return ops.where(ops.any(is_class, axis=-1), found, float("nan"))
