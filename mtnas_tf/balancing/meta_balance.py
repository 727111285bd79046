"""Gradients of auxiliary tasks as large as the target task's."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor

STRATEGIES = ("both", "reduce", "enlarge")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MetaBalance(GradientBalancing):
    """Brings the magnitudes of auxiliary gradients near the target's.

    In each variable by itself, with `m_t` a moving average of `|g_t|`:

        g_t <- g_t (r m_target / m_t + 1 - r),  m_t <- beta m_t + (1-beta) |g_t|

    Args:
        target: string. Name of the target task; all others are auxiliary.
            Defaults to `None`, the first.
        relax_factor: float in [0, 1), `r`. 0 is plain training. Defaults to
            `0.7`.
        beta: float in [0, 1). Defaults to `0.9`.
        strategy: `"reduce"` changes gradients that are larger than the
            target's alone, `"enlarge"` smaller ones alone, `"both"` all.
            Defaults to `"both"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> tasks = [mt.data.TaskSpec(name=name) for name in ("buy", "click")]
    >>> balancing = MetaBalance("buy", relax_factor=0.5)
    >>> balancing.build(tasks, num_variables=1)
    >>> products = np.array([[[1.0, 0.0], [0.0, 16.0]]], "f")
    >>> balancing.coefficients(products, None).numpy().tolist()
    [[1.0, 0.625]]

    Reference:
    - [He et al., 2022](https://arxiv.org/abs/2203.06801), algorithm 1 and
      strategies A to C; values of the authors' code.
    """

    is_by_variable = True

    def __init__(
        self,
        target: str | None = None,
        relax_factor: float = 0.7,
        beta: float = 0.9,
        strategy: str = "both",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_fractions(relax_factor=relax_factor, beta=beta)
        check_choices(STRATEGIES, strategy=strategy)
        self.target = target
        self.relax_factor = relax_factor
        self.beta = beta
        self.strategy = strategy

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        names = [task.name for task in tasks]
        if self.target is not None:
            check_choices(names, target=self.target)
        super().build(tasks, num_variables)
        self.target_index = names.index(self.target) if self.target else 0
        self.norms = self.add_weight(
            shape=(num_variables, len(names)),
            initializer="zeros",
            trainable=False,
            name="norms",
        )

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        given = ops.sqrt(ops.diagonal(products, axis1=1, axis2=2))
        norms = self.beta * self.norms + (1 - self.beta) * given
        self.norms.assign(norms)
        target = norms[:, self.target_index, None]
        is_known = ops.logical_and(norms > 0, target > 0)
        ratios = target / ops.where(is_known, norms, 1.0)
        ratios = ops.where(is_known, ratios, 1.0)
        if self.strategy == "reduce":
            ratios = ops.minimum(ratios, 1.0)
        if self.strategy == "enlarge":
            ratios = ops.maximum(ratios, 1.0)
        return self.relax_factor * ratios + 1 - self.relax_factor

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "target": self.target,
            "relax_factor": self.relax_factor,
            "beta": self.beta,
            "strategy": self.strategy,
        }
