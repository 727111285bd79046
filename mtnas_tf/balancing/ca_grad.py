"""The best worst task, near the mean gradient."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.balancing.simplex import lowest_on_simplex
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CAGrad(GradientBalancing):
    """Conflict-averse gradient descent.

    Of all directions `d` near the mean gradient, the one along which the
    slowest task falls fastest:

        max_d min_t <g_t, d>,  |d - g_0| <= c |g_0|,  g_0 = mean_t g_t.

    It is `d = g_0 + c |g_0| g_w / |g_w|`, with `g_w = sum_t w_t g_t` of the
    convex combination that minimizes `<g_w, g_0> + c |g_0| |g_w|`.

    The direction is times the number of tasks: with `c = 0` it is plain
    training. Differs from the paper in that a task without a gradient in a step
    is left out.

    Args:
        c: float >= 0. How far the direction may be from the mean; from 1 on,
            it converges as MGDA does. Defaults to `0.5`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> products = np.array([[4.0, -1.0], [-1.0, 1.0]], "f")
    >>> CAGrad(c=0.0).coefficients(products, None).numpy().tolist()
    [1.0, 1.0]

    Reference:
    - [Liu et al., 2021](https://arxiv.org/abs/2110.14048), equations 3 and 4,
      algorithm 1.
    """

    def __init__(self, c: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_at_least(0, c=c)
        self.c = c

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        is_active = ops.cast(ops.diagonal(products) > 0, products.dtype)
        count = ops.maximum(ops.sum(is_active), 1.0)
        slopes = ops.matmul(products, is_active) / count  # <g_t, g_0>
        mean_norm = ops.sum(slopes * is_active) / count
        radius = self.c * ops.sqrt(ops.maximum(mean_norm, 0.0))
        weights = lowest_on_simplex(products, slopes, radius)
        norm = ops.sum(weights * ops.matmul(products, weights))
        # Where gradients cancel, any direction is as good: none is added.
        norm = ops.sqrt(ops.maximum(norm, 1e-8 * ops.max(products) + 1e-30))
        return is_active + count * radius / norm * weights

    def get_config(self) -> Config:
        return {**super().get_config(), "c": self.c}
