"""Base of what combines the gradients of tasks."""

from mtnas_tf.balancing.balancing import Balancing
from mtnas_tf.types import Tensor


class GradientBalancing(Balancing):
    """Combines the gradients of the tasks: `sum_t c_t g_t`.

    `g_t` is the gradient of task t's loss by the weights that the tasks share.
    Whatever lies in the span of the gradients has this form, and the
    coefficients follow from the inner products `<g_s, g_t>` alone. Those that
    only one task reaches, such as towers, get its plain gradient. One backward
    pass a task.

    Shared is a weight for which two tasks or more have a gradient. Banks of
    sub-networks are taken apart: an expert that one task reads is that task's
    own. A task whose gradient is zero in a step, for want of labels in the
    batch, has zeros in the products.

    A subclass defines `coefficients`.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Attributes:
        is_by_variable: bool. Whether each variable has coefficients of its own.
            Products and coefficients then have a first axis, of all trainable
            variables of the model.
        weighs_own: bool. Whether the coefficients also weigh the gradients of
            a task's own weights.

    Example:
    >>> class SameNorm(mt.balancing.GradientBalancing):
    ...     def coefficients(self, products, losses):
    ...         return 1 / np.sqrt(np.diagonal(products))
    >>> products = np.array([[4.0, 0.5], [0.5, 0.25]])
    >>> SameNorm().coefficients(products, None).tolist()
    [0.5, 2.0]
    """

    is_by_variable = False
    weighs_own = False

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        """The coefficients of the tasks' gradients in this step.

        Args:
            products: `(tasks, tasks)`, inner products of the gradients;
                `(variables, tasks, tasks)` if `is_by_variable`.
            losses: `(tasks,)`. Those of the batch, times `loss_weights`; 0 for
                a task without labels in it.

        Returns:
            `(tasks,)`; `(variables, tasks)` if `is_by_variable`.
        """
        raise NotImplementedError
