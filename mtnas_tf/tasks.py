"""The kinds of tasks, one row each.

A row holds everything that differs between kinds; no other file depends on the
kind of a task. To add a kind, add a row, and the loss and the metrics that it
names.

Data, routes and reports read these rows without Keras. Functions of tensors are
therefore given by name, `"module:attribute"`, and looked up by
`pkgutil.resolve_name` where Keras is loaded anyway.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from mtnas_preprocessing.raw_value import LARGEST_FLOAT32


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskKind:
    """Labels, loss, metrics and score of a kind of tasks.

    Args:
        labels: string. Description of valid labels, in which `{num_classes}`
            stands for the task's.
        is_label: `(labels, num_classes) -> bool array`, which numbers of an
            array are labels; NaN, a missing one, is not.
        has_positives: bool. Whether labels are 0 and 1 and the prediction is
            the probability of 1: there are positives to count and to rank.
            Defaults to `False`.
        has_num_classes: bool. Whether a task has `num_classes`, and predicts
            one number for each. Defaults to `False`.
        has_scale: bool. Whether a task may have a `mean` and a `scale`.
            Defaults to `False`.
        activation: name of the Keras function logits -> predictions.
        onnx_activation: string. The same as an operator of ONNX.
        loss: name of a `MaskedLoss`.
        evaluate: name of a function `(task, labels, predictions, weights) ->
            {metric: value}`, in NumPy.
        metrics: tuple of strings. The keys of that dict.
        loss_metric: string. The metric that is the loss.
        score_metric: string. The metric that networks are compared by.
        score_sign: int. 1 if more of it is better, -1 if less is.
        batch_score: name of a function `(labels, logits, weights) -> (values,
            is_defined)`, the score of a batch for several routes at a time.
            Defaults to `None`: minus the loss.

    Example:
    >>> TASK_KINDS["binary"].metrics
    ('auc', 'log_loss')
    >>> TASK_KINDS["multiclass"].labels_of(3)
    'whole numbers in [0, 3)'
    """

    labels: str
    is_label: Callable[[np.ndarray, int | None], np.ndarray]
    has_positives: bool = False
    has_num_classes: bool = False
    has_scale: bool = False
    activation: str
    onnx_activation: str
    loss: str
    evaluate: str
    metrics: tuple[str, ...]
    loss_metric: str
    score_metric: str
    score_sign: int
    batch_score: str | None = None

    def labels_of(self, num_classes: int | None) -> str:
        """Description of the valid labels of a task.

        Args:
            num_classes: int or None, of the task.
        """
        return self.labels.format(num_classes=num_classes)


TASK_KINDS = {
    "binary": TaskKind(
        labels="0 or 1",
        is_label=lambda labels, num_classes: np.isin(labels, (0, 1)),
        has_positives=True,
        activation="keras.ops:sigmoid",
        onnx_activation="Sigmoid",
        loss="mtnas_tf.losses:MaskedBinaryCrossentropy",
        evaluate="mtnas_tf.metrics.binary_metrics:binary_metrics",
        metrics=("auc", "log_loss"),
        loss_metric="log_loss",
        score_metric="auc",
        score_sign=1,
        batch_score="mtnas_tf.metrics:batch_auc",
    ),
    "regression": TaskKind(
        labels="numbers that float32 can hold",
        is_label=lambda labels, num_classes: np.abs(labels) <= LARGEST_FLOAT32,
        has_scale=True,
        activation="keras.activations:linear",
        onnx_activation="Identity",
        loss="mtnas_tf.losses:MaskedMeanSquaredError",
        evaluate="mtnas_tf.metrics.regression_metrics:regression_metrics",
        metrics=("mse", "mae"),
        loss_metric="mse",
        score_metric="mse",
        score_sign=-1,
    ),
    "multiclass": TaskKind(
        labels="whole numbers in [0, {num_classes})",
        is_label=lambda labels, num_classes: np.isin(
            labels, np.arange(num_classes or 0)
        ),
        has_num_classes=True,
        activation="keras.ops:softmax",
        onnx_activation="Softmax",
        loss="mtnas_tf.losses:MaskedCategoricalCrossentropy",
        evaluate="mtnas_tf.metrics.multiclass_metrics:multiclass_metrics",
        metrics=("accuracy", "log_loss"),
        loss_metric="log_loss",
        score_metric="accuracy",
        score_sign=1,
        batch_score="mtnas_tf.metrics:batch_accuracy",
    ),
}
