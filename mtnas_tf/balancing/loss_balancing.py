"""Base of the weights of losses."""

from mtnas_tf.balancing.balancing import Balancing
from mtnas_tf.types import Tensor


class LossBalancing(Balancing):
    """Trains on `sum_t w_t L_t`, with weights `w` of its own in every step.

    One backward pass, as in plain training. A subclass defines `weights`, and
    `observe` if `needs_losses_after`.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Attributes:
        needs_losses_after: bool. Whether the losses on the batch are computed
            again after the step, by one more forward pass.

    Example:
    >>> class Equal(mt.balancing.LossBalancing):
    ...     def weights(self, losses):
    ...         return 1 / losses
    >>> Equal().weights(np.array([0.5, 2.0])).tolist()
    [2.0, 0.5]
    """

    needs_losses_after = False

    def weights(self, losses: Tensor) -> Tensor:
        """The weights of the tasks' losses in this step.

        Args:
            losses: `(tasks,)`. Those of the batch, times `loss_weights`; 0 for
                a task without labels in it.

        Returns:
            `(tasks,)`. No gradient passes through them.
        """
        raise NotImplementedError

    def observe(self, losses: Tensor, losses_after: Tensor) -> None:
        """Learns from the losses on the same batch after the step.

        Args:
            losses: `(tasks,)`. What `weights` was given.
            losses_after: `(tasks,)`.
        """
