"""The parts of the gradients on whose directions all tasks agree."""

import keras
from keras import ops

from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.types import Tensor

ROUNDING = 1e-5  # of a coordinate, relative to the largest


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GDOD(GradientBalancing):
    """Gradient descent by orthogonal decomposition, as we read it.

    The singular vectors `e_j` of the tasks' gradients are an orthonormal basis
    of their span. A direction is shared if the coordinates `<e_j, g_t>` of all
    tasks have one sign, else it is in conflict. Descended is the sum of the
    gradients without what they have along directions in conflict:

        sum_t sum_{j shared} <e_j, g_t> e_j.

    Without any conflict it is plain training.

    Our reading: the paper's abstract has the decomposition, its update rule
    was not at hand.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> products = np.array([[2.0, 1.0], [1.0, 2.0]], "f")
    >>> coefficients = GDOD().coefficients(products, None)
    >>> [round(float(c), 4) for c in coefficients]  # e_2 is along g_1 - g_2
    [1.0, 1.0]

    Reference:
    - [Dong et al., 2022](https://arxiv.org/abs/2301.13465), abstract.
    """

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        squares, axes = ops.linalg.eigh(products)
        # <e_j, g_t> in row t; e_j itself is sum_t axes_tj g_t / sqrt(square_j).
        coordinates = axes * ops.sqrt(ops.maximum(squares, 0.0))
        least = ROUNDING * ops.max(ops.abs(coordinates))
        has_positive = ops.any(coordinates > least, axis=0)
        has_negative = ops.any(coordinates < -least, axis=0)
        is_shared = ops.logical_not(ops.logical_and(has_positive, has_negative))
        sums = ops.where(is_shared, ops.sum(axes, axis=0), 0.0)
        return ops.matmul(axes, sums)
