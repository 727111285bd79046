"""The shortest of all convex combinations of the gradients."""

import keras
from keras import ops

from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.balancing.simplex import lowest_on_simplex
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MGDA(GradientBalancing):
    """Multiple gradient descent: the point of least norm.

    Of all convex combinations of the tasks' gradients, the one that minimizes

        |sum_t w_t g_t|,  w_t >= 0,  sum_t w_t = 1.

    To descend it lowers every loss, or it is 0: no direction lowers all. The
    weights of two tasks are `w_1 = <g_2 - g_1, g_2> / |g_1 - g_2|^2` within
    [0, 1]. A small gradient weighs most, and the step is that of a mean, not
    of a sum.

    Differs from the paper's algorithm 2 in the solver: weights move between two
    tasks at a time, and not towards one task from all others, which approaches
    the same point slowly. A task without a gradient in a step is left out,
    where the point of least norm would be 0.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> products = np.array([[4.0, -1.0], [-1.0, 1.0]], "f")
    >>> weights = MGDA().coefficients(products, None)
    >>> [round(float(weight), 4) for weight in weights]
    [0.2857, 0.7143]

    Reference:
    - [Désidéri, 2012](https://doi.org/10.1016/j.crma.2012.03.014).
    - [Sener and Koltun, 2018](https://arxiv.org/abs/1810.04650), equations 3
      and 4, algorithm 2.
    """

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        slopes = ops.zeros((products.shape[0],))
        return lowest_on_simplex(products, slopes, ops.ones(()))
