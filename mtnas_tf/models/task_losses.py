"""The loss of each task in a step, as Keras adds them up."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from mtnas_tf.types import Tensor


class TaskLosses:
    """Computes what Keras sums up to the loss of a step, task by task.

    Args:
        losses: dict task name -> loss, in any form that Keras takes for a task.
        loss_weights: dict task name -> float, or None for 1 each.

    Raises:
        ValueError: if a task has no loss.

    Example:
    >>> losses = TaskLosses({"click": "mse", "buy": "mae"}, {"click": 2.0})
    >>> labels = {"click": np.ones((3, 1)), "buy": np.ones((3, 1))}
    >>> outputs = {"click": np.zeros((3, 1)), "buy": np.ones((3, 1))}
    >>> [float(loss) for loss in losses(labels, outputs, None)]
    [2.0, 0.0]
    """

    def __init__(
        self, losses: dict[str, Any], loss_weights: dict[str, float] | None
    ) -> None:
        for task, loss in losses.items():
            if loss is None:
                raise ValueError(
                    "`loss` must hold a loss for each task to balance them. "
                    f"Received: None for {task!r}"
                )
        self._losses = {task: _loss(given) for task, given in losses.items()}
        self._weights = loss_weights or {}

    def __call__(
        self,
        labels: dict[str, Tensor],
        outputs: dict[str, Tensor],
        sample_weights: dict[str, Tensor] | None,
    ) -> list[Tensor]:
        """Loss of each task on a batch, times its weight.

        Args:
            labels: dict task name -> `(batch, 1)`.
            outputs: dict task name -> predictions, with the outputs of the
                towers that a model attaches to them.
            sample_weights: dict task name -> weights or None; or None.
        """
        sample_weights = sample_weights or {}
        return [
            self._weights.get(task, 1.0)
            * ops.cast(
                loss(labels[task], outputs[task], sample_weights.get(task)),
                "float32",
            )
            for task, loss in self._losses.items()
        ]


class _FunctionLoss(keras.losses.Loss):
    """The mean of a function of labels and predictions, by sample weight."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self.function(y_true, y_pred)


def _loss(given: Any) -> keras.losses.Loss:
    loss = keras.losses.get(given)
    if isinstance(loss, keras.losses.Loss):
        return loss
    return _FunctionLoss(loss)
