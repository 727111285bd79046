"""A training step that balances tasks.

Plain training passes through none of this.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf.balancing import LossBalancing
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


def balanced_step(
    model: Any, inputs: Inputs, labels: Any, sample_weight: Any = None
) -> tuple[TaskTensors, Tensor]:
    """One step of all weights; penalties of layers are added plainly.

    Args:
        model: `TrainableModel`, compiled with a balancing.
        inputs: the batch's.
        labels: as in `fit`.
        sample_weight: as in `fit`. Defaults to `None`.

    Returns:
        `(predictions, loss)`: before the step. The loss is that of plain
        training.
    """
    balancing: LossBalancing = model.balancing
    with tf.GradientTape() as tape:
        outputs = model(inputs, training=True)
        losses = model.task_losses(labels, outputs, sample_weight)
        penalties = [_scalar(penalty) for penalty in model.losses]
    loss = model.compute_loss(inputs, labels, outputs, sample_weight)
    scale = model.optimizer.scale_loss(ops.ones(()))
    stacked = ops.stack(losses)
    weights = _if_finite(stacked, lambda: balancing.weights(stacked))
    gradients = tape.gradient(
        [*losses, *penalties],
        model.trainable_variables,
        output_gradients=[
            *(scale * weight for weight in ops.unstack(weights, len(losses))),
            *(scale for _ in penalties),
        ],
    )
    model.optimizer.apply(gradients, model.trainable_variables)
    return outputs, loss


def _if_finite(losses: Tensor, weights: Callable[[], Tensor]) -> Tensor:
    """The weights of the tasks, 1 each where a loss is not finite.

    The state of the balancing then stays as it is.
    """
    is_finite = ops.all(ops.isfinite(losses))
    return tf.cond(is_finite, weights, lambda: ops.ones_like(losses))


def _scalar(penalty: Tensor) -> Tensor:
    return ops.sum(ops.cast(penalty, keras.config.floatx()))
