"""Learned allocation of experts to tasks."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.layers.allocation import Allocation
from mtnas_tf.layers.task_paths import TaskPaths
from mtnas_tf.types import Config
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.GumbelAllocation"
)
class GumbelAllocation(TaskPaths):
    """Every task averages the experts that a learned bit allocates to it.

        a^l_tk ~ Bernoulli(p^l_tk), p learned, see `Allocation`
        x^l_t = sum_k a^l_tk e^l_k(x^(l-1)_t) / max(1, sum_k a^l_tk)
        h_t = x^L_t

    A task has one representation a layer, and an expert is applied to that of
    every task. Bits are drawn once a step for the whole batch, with the
    gradient of a Gumbel softmax whose temperature is `max(final, initial /
    sqrt(1 + step))`; steps are the calls in training. The body adds a loss,
    `budget_penalty * sum_t max(0, mean_lk p^l_tk - budget)`.

    The equations and defaults are those of the authors' code, in its experiment
    with clusters of tasks; of the paper's text only the abstract was at hand.
    Its penalty of the entropy, 0 there, is left out. Where no probability
    reaches 1/2, that code passes on zeros; here a task keeps its most probable
    expert, so that the allocation is a `Route`.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        initial_probability: float in (0, 1). Of every bit. The authors set 0.97
            for Omniglot. Defaults to `0.5`.
        initial_temperature: float > 0. Defaults to `50.0`.
        final_temperature: float > 0. Defaults to `0.5`.
        budget: float >= 0. Share of all experts that a task may use for free.
            Defaults to `0.5`.
        budget_penalty: float >= 0. Loss of a task for each whole network that
            it uses beyond the budget. Defaults to `1.0`.
        learning_rate_factor: float > 0. How much faster than weights the logits
            of the bits learn, with Adam. Defaults to `20.0`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Evaluated with one expert a layer this is `SharedBottom`.

    Example:
    >>> body = mt.layers.GumbelAllocation(
    ...     ["click", "like"], num_layers=1, num_experts=2, hidden_units=(5,)
    ... )
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])
    >>> print(body.route)
    click <- s1+s2
    like <- s1+s2

    References:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915).
    - Their code, `learning_parameter_allocation` in
      [google-research](https://github.com/google-research/google-research).
    """

    aggregation = "mean"  # of the experts that a task reads

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        initial_probability: float = 0.5,
        initial_temperature: float = 50.0,
        final_temperature: float = 0.5,
        budget: float = 0.5,
        budget_penalty: float = 1.0,
        learning_rate_factor: float = 20.0,
        seed: int = 0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tasks,
            num_layers,
            num_experts,
            hidden_units,
            stem_units,
            normalization,
            dropout_rate,
            **kwargs,
        )
        self.allocation = Allocation(
            len(self.tasks),
            num_layers,
            num_experts,
            initial_probability=initial_probability,
            initial_temperature=initial_temperature,
            final_temperature=final_temperature,
            budget=budget,
            budget_penalty=budget_penalty,
            keep_one=True,
            learning_rate_factor=learning_rate_factor,
            seed=seed,
            name="allocation",
        )

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        shares = self.allocation.shares(training=training)
        outputs = self.run(root, ops.unstack(shares, axis=1), training)
        if training and self.allocation.budget_penalty:
            self.add_loss(self.allocation.penalty())
        return outputs

    @property
    def probs(self) -> Tensor:
        """Probability of every bit: `(layers, tasks, experts)`."""
        return ops.swapaxes(self.allocation.probs, 0, 1)

    def get_config(self) -> Config:
        config = self.allocation.get_config()
        names = (
            *("initial_probability", "initial_temperature"),
            *("final_temperature", "budget", "budget_penalty"),
            *("learning_rate_factor", "seed"),
        )
        return {
            **super().get_config(),
            **{name: config[name] for name in names},
        }

    @staticmethod
    def _num_copies(num_tasks: int, num_experts: int) -> int:
        return max(1, num_tasks) * num_experts  # of each expert for each task

    def _probs(self) -> np.ndarray:
        probs: np.ndarray = ops.convert_to_numpy(self.probs)
        return probs

    def _chosen(self) -> dict[str, list[list[int]]]:
        return {
            task: [layer.nonzero()[0].tolist() for layer in layers]
            for task, layers in zip(
                self.tasks, self.allocation.allocated, strict=True
            )
        }
