"""Sends the input of every task through the experts that it chose."""

from collections.abc import Sequence

from keras import ops

from mtnas_tf.layers.experts import Experts
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


def build_task_paths(experts: Sequence[Experts], shape: Shape) -> None:
    """Builds layers of experts that `run_task_paths` runs.

    Args:
        experts: one `Experts` a layer.
        shape: that of the input of the first layer, `(batch, input_dim)`.
    """
    for layer in experts:
        layer.build(shape)
        shape = (None, None, 1, layer.units)  # (tasks, batch, 1, units)


def run_task_paths(
    hidden: Tensor,
    experts: Sequence[Experts],
    weights: Sequence[Tensor],
    training: bool = False,
) -> Tensor:
    """Weighted sums of experts, layer by layer, apart for each task.

    An expert has the same weights for all tasks, and from layer 2 on an input
    for each: `x_t = sum_k w_tk e_k(x_t)`, one such step a layer.

    Args:
        hidden: `(batch, input_dim)`.
        experts: one `Experts` a layer.
        weights: one a layer, `(tasks, experts)`, or `(tasks, batch, experts)`
            for weights of each row.
        training: bool. Defaults to `False`.

    Returns:
        `(tasks, batch, units)`.
    """
    x = hidden
    for layer, given in zip(experts, weights, strict=True):
        if layer is not experts[0]:
            x = x[:, :, None, :]  # each task's input, read by all experts
        outputs = layer(x, training=training)  # (tasks, batch, experts, units)
        own = given if len(given.shape) == 3 else given[:, None, :]
        own = ops.cast(own, outputs.dtype)
        x = ops.sum(own[..., None] * outputs, axis=-2)
    return x
