"""A model that trains one task in each step."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf  # gradients of rows have no counterpart in keras.ops
from keras import ops

from mtnas_tf.metrics import TaskScores
from mtnas_tf.models.portable_model import PortableModel
from mtnas_tf.optimizers import RowAdam
from mtnas_tf.types import Batch
from mtnas_tf.types import Config
from mtnas_tf.types import Inputs
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor


class TaskStepModel(PortableModel):
    """Classifies rows of several tasks, a batch of one task at a time.

    A step of `fit` updates what the batch's task reads, and no row of another
    task, see `RowAdam`. Curves and results are means over tasks; `evaluate`
    gives the accuracy of each task as well, see `TaskScores`.

    A subclass has `logits` and `penalty`.

    Args:
        tasks: sequence of task names. A batch names its task by the index.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(self, tasks: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tuple(tasks)
        self.scores = TaskScores(self.tasks)

    def logits(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Logits of the classes, `(batch, classes)`.

        Args:
            inputs: dict with `task`, int scalar.
            training: bool. Defaults to `False`.
        """
        raise NotImplementedError

    def penalty(self, task: Tensor) -> Tensor:
        """The loss of a task beside its cross-entropy.

        Args:
            task: int scalar. Index of the task.
        """
        raise NotImplementedError

    def compile(
        self,
        optimizer: Optimizer = None,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.compile`, less the loss and metrics.

        Args:
            optimizer: defaults to `RowAdam(1e-4)`.
            jit_compile: bool, or `"auto"`: on a GPU, where XLA is faster, and
                not on a CPU, whose convolutions it makes slower. Defaults to
                `"auto"`.
            **kwargs: `run_eagerly` and `steps_per_execution` of
                `keras.Model.compile`.
        """
        super().compile(
            optimizer=optimizer or RowAdam(),
            jit_compile=jit_compile,
            **kwargs,
        )
        self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config: Config) -> None:
        # Keras compiles a loaded model only if `compile` is its own.
        config = keras.saving.deserialize_keras_object(config)
        names = ("optimizer", "jit_compile", "run_eagerly")
        self.compile(
            steps_per_execution=config.get("steps_per_execution", 1),
            **{name: config[name] for name in names},
        )

    def train_step(self, data: Batch) -> dict[str, Tensor]:
        inputs, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        variables = self.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.logits(inputs, training=True)
            loss = _cross_entropy(labels, logits)
            total = loss + self.penalty(inputs["task"])
        gradients = tape.gradient(total, [v.value for v in variables])
        self.optimizer.apply(
            [self._for_optimizer(gradient) for gradient in gradients], variables
        )
        self._score(inputs, labels, logits, loss)
        return self.scores.means()

    def test_step(self, data: Batch) -> dict[str, Tensor]:
        inputs, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        logits = self.logits(inputs)
        loss = _cross_entropy(labels, logits)
        self._score(inputs, labels, logits, loss)
        return self.scores.result()

    def get_metrics_result(self) -> dict[str, Tensor]:
        return self.scores.result()

    def _for_optimizer(self, gradient: Tensor) -> Tensor:
        # Keras's own would square the gradients of a row read twice one by one.
        if isinstance(self.optimizer, RowAdam) or gradient is None:
            return gradient
        return tf.convert_to_tensor(gradient)

    def _score(
        self, inputs: Inputs, labels: Tensor, logits: Tensor, loss: Tensor
    ) -> None:
        classes = ops.argmax(logits, axis=-1)
        self.scores.update_state(inputs["task"], loss, labels, classes)


def _cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    losses = keras.losses.sparse_categorical_crossentropy(
        labels, logits, from_logits=True
    )
    return ops.mean(losses)
