"""What the prediction of a row is worth to an agent that chose its path."""

from keras import ops

from mtnas_tf.data import TaskSpec
from mtnas_tf.losses import loss_for
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import Tensor


def row_rewards(
    task: TaskSpec,
    labels: Tensor,
    predictions: Tensor,
    sample_weight: Tensor = None,
    is_correctness: bool = False,
) -> tuple[Tensor, Tensor]:
    """The reward of every row, and its weight.

    Args:
        task: `TaskSpec`.
        labels: `(batch, 1)`, NaN where missing.
        predictions: `(batch, 1)` or `(batch, classes)`.
        sample_weight: `(batch, 1)`. Defaults to `None`, 1 each.
        is_correctness: bool. Whether a class that is predicted right earns 1
            and another -1, instead of minus the loss; a regression earns minus
            its loss in any case. Defaults to `False`.

    Returns:
        `(rewards, weights)`: float32 `(batch,)`, weights 0 where the label is
        missing.

    Example:
    >>> rewards, weights = row_rewards(
    ...     TaskSpec(name="click"),
    ...     np.array([[1.0], [0.0], [np.nan]]),
    ...     np.array([[0.9], [0.6], [0.5]]),
    ...     is_correctness=True,
    ... )
    >>> rewards.numpy()[:2].tolist(), weights.numpy().tolist()
    ([1.0, -1.0], [1.0, 1.0, 0.0])
    """
    losses, weights = loss_for(task).row_losses(
        labels, predictions, sample_weight
    )
    kind = TASK_KINDS[task.kind]
    if not is_correctness or not (kind.has_positives or kind.has_num_classes):
        return -losses, weights
    labels = ops.reshape(ops.cast(labels, "float32"), (-1,))
    if kind.has_num_classes:
        classes = ops.cast(ops.argmax(predictions, axis=-1), "float32")
    else:
        classes = ops.reshape(ops.cast(predictions >= 0.5, "float32"), (-1,))
    return ops.where(ops.equal(classes, labels), 1.0, -1.0), weights
