"""A training step that balances tasks.

Plain training passes through none of this.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf.balancing import GradientBalancing
from mtnas_tf.balancing import LossBalancing
from mtnas_tf.layers import BankNormalization
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.models.task_gradients import task_gradients
from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers import TableReads
from mtnas_tf.types import Inputs
from mtnas_tf.types import Labels
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


def balanced_step(
    model: keras.Model,
    inputs: Inputs,
    labels: Labels,
    sample_weight: SampleWeights = None,
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
    variables = model.trainable_variables
    is_by_gradients = isinstance(model.balancing, GradientBalancing)
    tables = [v for v in variables if isinstance(v, Table)]
    with tf.GradientTape(persistent=is_by_gradients) as tape:
        reads = TableReads(tape)
        with reads.recorded(tables if is_by_gradients else []):
            outputs = model(inputs, training=True)
        losses = model.task_losses(labels, outputs, sample_weight)
        penalties = [_scalar(penalty) for penalty in model.losses]
    loss = model.compute_loss(inputs, labels, outputs, sample_weight)
    scale = model.optimizer.scale_loss(ops.ones(()))
    combine = _of_gradients if is_by_gradients else _of_losses
    gradients = combine(model, tape, reads, losses, penalties, scale)
    model.optimizer.apply(gradients, variables)
    if getattr(model.balancing, "needs_losses_after", False):
        _observe(model, losses, inputs, labels, sample_weight)
    return outputs, loss


def _of_losses(
    model: keras.Model,
    tape: tf.GradientTape,
    reads: TableReads,
    losses: list[Tensor],
    penalties: list[Tensor],
    scale: Tensor,
) -> list[Tensor | None]:
    """The gradients of weighted losses, times `scale`."""
    balancing: LossBalancing = model.balancing
    stacked = ops.stack(losses)
    weights = _if_finite(
        stacked, lambda: balancing.weights(stacked), stacked.shape
    )
    seeds = [scale * weight for weight in ops.unstack(weights, len(losses))]
    gradients: list[Tensor | None] = tape.gradient(
        [*losses, *penalties],
        model.trainable_variables,
        output_gradients=[*seeds, *(scale for _ in penalties)],
    )
    return gradients


def _observe(
    model: keras.Model,
    losses: list[Tensor],
    inputs: Inputs,
    *targets: Labels | SampleWeights,
) -> None:
    """Shows the balancing the losses after the step."""
    # Moving averages and seeds have had their step.
    with keras.StatelessScope():
        outputs = model(inputs, training=True)
    labels, sample_weight = targets
    after = ops.stack(model.task_losses(labels, outputs, sample_weight))
    before = ops.stack(losses)
    tf.cond(
        ops.all(ops.isfinite(before) & ops.isfinite(after)),
        lambda: model.balancing.observe(before, after),
        lambda: None,
    )


def _of_gradients(
    model: keras.Model,
    tape: tf.GradientTape,
    reads: TableReads,
    losses: list[Tensor],
    penalties: list[Tensor],
    scale: Tensor,
) -> list[Tensor | None]:
    """The tasks' gradients, combined, times `scale`."""
    balancing: GradientBalancing = model.balancing
    variables = model.trainable_variables
    gradients = task_gradients(
        tape,
        losses,
        sum(penalties[1:], penalties[0]) if penalties else None,
        variables,
        reads,
        _num_blocks(model),
        scale,
    )
    blocks = [
        g.products() / scale**2 if g.is_shared else None for g in gradients
    ]
    shape = (len(losses), len(losses))
    products = ops.stack(
        [ops.zeros(shape) if b is None else _of_shared(b) for b in blocks]
    )
    if not balancing.is_by_variable:
        products = ops.sum(products, axis=0)
    coefficients = _if_finite(
        products,
        lambda: balancing.coefficients(products, ops.stack(losses)),
        products.shape[:-1],
    )
    return [
        g.total(_by_block(balancing, coefficients, index, products))
        for index, (g, products) in enumerate(
            zip(gradients, blocks, strict=True)
        )
    ]


def _by_block(
    balancing: GradientBalancing,
    coefficients: Tensor,
    index: int,
    products: Tensor,
) -> Tensor:
    """Coefficients of one variable, `(blocks, tasks)`: 1 where not shared."""
    is_by_variable = balancing.is_by_variable
    shared = coefficients[index] if is_by_variable else coefficients
    own = shared if balancing.weighs_own else ops.ones_like(shared)
    if products is None:
        return own[None]
    return ops.where(_is_shared(products)[:, None], shared[None], own[None])


def _of_shared(products: Tensor) -> Tensor:
    """Sums products over the shared blocks: `(tasks, tasks)`."""
    is_shared = _is_shared(products)[:, None, None]
    # A number that is not finite is not hidden.
    is_counted = ops.logical_or(
        is_shared, ops.logical_not(ops.isfinite(products))
    )
    return ops.sum(ops.where(is_counted, products, 0.0), axis=0)


def _is_shared(products: Tensor) -> Tensor:
    """Which blocks more than one task reaches: bool `(blocks,)`."""
    norms = ops.diagonal(products, axis1=1, axis2=2)
    return ops.sum(ops.cast(norms > 0, "int32"), axis=1) > 1


def _num_blocks(model: keras.Model) -> dict[int, int]:
    """Sub-networks in each variable that holds a bank of them, by its id."""
    return {
        id(variable): variable.shape[0]
        for layer in model._flatten_layers()
        if isinstance(layer, SubNetworkBank | BankNormalization)
        for variable in layer.trainable_variables
    }


def _if_finite(
    known: Tensor, weights: Callable[[], Tensor], shape: tuple[int, ...]
) -> Tensor:
    """Weights of the tasks; 1 each if a number they follow from is not finite.

    The state of the balancing then stays as it is.
    """
    is_finite = ops.all(ops.isfinite(known))
    return tf.cond(
        is_finite,
        lambda: ops.cast(weights(), "float32"),
        lambda: ops.ones(shape),
    )


def _scalar(penalty: Tensor) -> Tensor:
    return ops.sum(ops.cast(penalty, keras.config.floatx()))
