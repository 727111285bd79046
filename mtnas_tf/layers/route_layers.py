"""Runs layers of sub-networks, each of which reads a weighted sum.

The forward pass that many routes take at once: those of a supernet, which share
their sub-networks, and those of a population, which do not.
"""

from collections.abc import Callable
from collections.abc import Sequence

from keras import ops

from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Tensor


def run_layers(
    first: Tensor,
    space: RouteSpace,
    run: Callable[[int, Tensor], Tensor],
    weigh: Callable[[int, Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """Runs all layers, up to the inputs of the towers.

    Args:
        first: outputs of layer 1, `(..., sub-networks, units)`. Its first axis
            may be 1 where that of later layers is not.
        space: `RouteSpace`.
        run: callable `(layer, mixed)` -> the outputs of a 0-based layer from
            what each of its sub-networks reads, both `(..., sub-networks,
            units)`.
        weigh: callable `(layer, queries)` -> weights of the blocks that read a
            0-based layer, `(..., blocks, values)`, from the outputs that may be
            their queries.

    Returns:
        `(weights, values)`: the tasks' weights, `(..., tasks, values)`, and the
        weighted values, `(..., values, units)`.
    """
    outputs = [first]
    for layer in range(1, space.num_layers):
        weights = weigh(layer - 1, _in_scope(outputs, space.query_scope))
        values = _in_scope(outputs, space.value_scope)
        mixed = ops.sum(weights[..., None] * values[..., None, :, :], axis=-2)
        outputs.append(run(layer, mixed))
    weights = weigh(space.num_layers - 1, _in_scope(outputs, space.query_scope))
    return weights, _in_scope(outputs, space.value_scope)


def _in_scope(outputs: Sequence[Tensor], scope: str) -> Tensor:
    """The last layer's outputs, or those of all layers side by side."""
    last = outputs[-1]
    if scope != "all_prev" or len(outputs) == 1:
        return last
    rows = (ops.shape(last)[0], *(1 for _ in last.shape[1:]))
    return ops.concatenate(
        [
            each * ops.ones(rows, each.dtype) if each.shape[0] == 1 else each
            for each in outputs
        ],
        axis=-2,
    )
