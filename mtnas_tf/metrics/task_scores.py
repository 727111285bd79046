"""Loss and accuracy of every task, from batches of one task each."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_names
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TaskScores(keras.metrics.Metric):
    """Mean loss and accuracy of each task, and the means over tasks.

    A mean over tasks gives every task that was seen the same weight, however
    many rows it has.

    Args:
        tasks: sequence of task names.
        name: string. Defaults to `"task_scores"`.
        **kwargs: Passed to `keras.metrics.Metric`.

    Example:
    >>> scores = TaskScores(["latin", "greek"])
    >>> scores.update_state(1, 0.25, np.array([0, 1]), np.array([0, 0]))
    >>> results = scores.result()
    >>> {name: float(results[name]) for name in ("loss", "greek_accuracy")}
    {'loss': 0.25, 'greek_accuracy': 0.5}
    """

    def __init__(
        self, tasks: Sequence[str], name: str = "task_scores", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        check_names(tasks=tasks)
        self.tasks = tuple(tasks)
        self.rows, self.correct, self.losses = (
            self.add_variable((len(tasks),), "zeros", "float32", name=part)
            for part in ("rows", "correct", "losses")
        )

    def update_state(
        self, task: Tensor, loss: Tensor, labels: Tensor, classes: Tensor
    ) -> None:
        """Adds a batch.

        Args:
            task: int scalar. Index of its task.
            loss: float scalar. Mean over its rows.
            labels: int `(batch,)`.
            classes: int `(batch,)`. What was predicted.
        """
        row = ops.one_hot(task, len(self.tasks), dtype="float32")
        is_correct = ops.cast(
            ops.equal(ops.cast(labels, "int32"), ops.cast(classes, "int32")),
            "float32",
        )
        count = ops.cast(ops.shape(is_correct)[0], "float32")
        self.rows.assign_add(row * count)
        self.correct.assign_add(row * ops.sum(is_correct))
        self.losses.assign_add(row * count * ops.cast(loss, "float32"))

    def means(self) -> dict[str, Tensor]:
        """The means over the tasks seen: `accuracy` and `loss`."""
        is_seen = ops.cast(self.rows > 0, "float32")
        weights = is_seen / ops.maximum(self.rows, 1.0)
        num_seen = ops.sum(is_seen)
        return {
            "accuracy": ops.sum(weights * self.correct) / num_seen,
            "loss": ops.sum(weights * self.losses) / num_seen,
        }

    def result(self) -> dict[str, Tensor]:
        """The means, and `<task>_accuracy`; NaN of a task that was not seen."""
        accuracies = self.correct / self.rows
        return {
            **self.means(),
            **{
                f"{task}_accuracy": accuracies[index]
                for index, task in enumerate(self.tasks)
            },
        }

    def get_config(self) -> Config:
        return {**super().get_config(), "tasks": list(self.tasks)}
