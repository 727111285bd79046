"""Gradient surgery: no gradient keeps what opposes another."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class PCGrad(GradientBalancing):
    """Projects conflicting gradients onto each other's normal planes.

    Each task's gradient passes the others' in a random order, and wherever it
    opposes one loses the part along it:

        g_i <- g_i - min(<g_i, g_j>, 0) / <g_j, g_j> g_j

    The sum of the results is descended. Two tasks have but one order.

    Args:
        seed: int >= 0. Seed of the orders of three tasks or more. Defaults to
            `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> balancing = PCGrad()
    >>> tasks = [mt.data.TaskSpec(name=name) for name in ("click", "buy")]
    >>> balancing.build(tasks, num_variables=0)
    >>> products = np.array([[4.0, -1.0], [-1.0, 1.0]], "f")
    >>> np.asarray(balancing.coefficients(products, None)).tolist()
    [1.25, 2.0]

    Reference:
    - [Yu et al., 2020](https://arxiv.org/abs/2001.06782), algorithm 1.
    """

    def __init__(self, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_ints(0, seed=seed)
        self.seed = seed

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        super().build(tasks, num_variables)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.seed_state = self.seed_generator.state  # else not saved

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        shape = (self.num_tasks, self.num_tasks)
        if self.num_tasks == 2:
            order = ops.broadcast_to(ops.arange(2), shape)
        else:
            noise = keras.random.uniform(shape, seed=self.seed_generator)
            order = ops.argsort(noise, axis=1)
        return ops.sum(projected(products, order), axis=0)

    def get_config(self) -> Config:
        return {**super().get_config(), "seed": self.seed}


def projected(products: Tensor, order: Tensor) -> Tensor:
    """The gradients after the surgery, as sums of those before.

    Args:
        products: `(tasks, tasks)`. Inner products of the gradients.
        order: int `(tasks, tasks)`. In row i, the order of the gradients that
            gradient i passes; itself among them, without effect.

    Returns:
        `(tasks, tasks)`. In row i, the coefficients of gradient i.
    """
    num_tasks = products.shape[0]
    identity = ops.eye(num_tasks)
    rows = identity
    for step in range(num_tasks):
        other = ops.one_hot(order[:, step], num_tasks)
        product = ops.sum(ops.matmul(rows, products) * other, axis=1)
        norm = ops.matmul(other, ops.diagonal(products))
        is_self = ops.sum(other * identity, axis=1) > 0
        is_opposed = ops.logical_and(product < 0, ops.logical_not(is_self))
        share = ops.where(is_opposed, product / ops.where(norm > 0, norm, 1), 0)
        rows -= share[:, None] * other
    return rows
