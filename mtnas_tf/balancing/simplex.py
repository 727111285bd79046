"""The lowest point of a function of task weights.

Two tasks' weights at a time move along the edge between them, where

    f(s) = b s + c sqrt(p + 2 q s + r s^2)

has its minimum in closed form. With two tasks that is the solution.
"""

import itertools

from keras import ops

from mtnas_tf.types import Tensor

SWEEPS = 64  # at most, over all pairs of three tasks or more
SETTLED = 1e-6  # movement of a sweep that is the last


def lowest_on_simplex(
    products: Tensor, slopes: Tensor, factor: Tensor
) -> Tensor:
    """Weights `w` of a convex combination where a convex function is lowest.

    The function is `sum_t slopes_t w_t + factor * |sum_t w_t g_t|`.

    Args:
        products: `(tasks, tasks)`. Inner products of the gradients `g`.
        slopes: `(tasks,)`.
        factor: `()`, at least 0.

    Returns:
        `(tasks,)`, which sum to 1. A task whose gradient is 0 has 0, unless
        all have.
    """
    num_tasks = products.shape[0]
    norms = ops.diagonal(products)
    is_active = ops.cast(norms > 0, products.dtype)
    # Of gradients of any magnitude, in the precision of floats.
    unit = ops.maximum(ops.max(norms), 1e-30)
    products = products / unit
    factor, slopes = factor / ops.sqrt(unit), slopes / unit
    weights = is_active / ops.maximum(ops.sum(is_active), 1.0)
    pairs = list(itertools.combinations(range(num_tasks), 2))

    def sweep(former: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        weights = former
        for pair in pairs:
            weights = _moved(weights, pair, products, slopes, factor, is_active)
        return weights, ops.max(ops.abs(weights - former))

    start = weights, ops.ones((), weights.dtype)
    if num_tasks == 2:
        return sweep(*start)[0]
    return ops.while_loop(
        lambda _, movement: movement > SETTLED,
        sweep,
        start,
        maximum_iterations=SWEEPS,
    )[0]


def _moved(
    weights: Tensor,
    pair: tuple[int, int],
    products: Tensor,
    slopes: Tensor,
    factor: Tensor,
    is_active: Tensor,
) -> Tensor:
    """Moves weight between two tasks, as far as the function falls."""
    first, second = pair
    num_tasks = weights.shape[0]
    direction = ops.one_hot(first, num_tasks) - ops.one_hot(second, num_tasks)
    along = ops.matmul(products, direction)
    b = ops.sum(slopes * direction)
    p = ops.sum(weights * ops.matmul(products, weights))
    q, r = ops.sum(along * weights), ops.sum(along * direction)
    r = ops.maximum(r, 1e-12)
    # Where the slope of the root is -b: its largest is `factor * sqrt(r)`.
    steepest = factor * ops.sqrt(r)
    sine = -b / ops.maximum(steepest, 1e-30)
    off_axis = ops.maximum(p - q * q / r, 0.0)  # nearest to 0 on the line
    cosine = ops.sqrt(ops.maximum(1.0 - sine * sine, 1e-12))
    step = sine / cosine * ops.sqrt(off_axis / r) - q / r
    step = ops.where(ops.abs(sine) < 1.0, step, ops.sign(sine))
    step = ops.clip(step, -weights[first], weights[second])
    return weights + is_active[first] * is_active[second] * step * direction
