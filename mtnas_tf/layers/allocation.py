"""Learned bits that allocate components to tasks."""

from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_above
from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_below
from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.layers.gumbel_choice import GumbelChoice
from mtnas_tf.layers.step_counter import StepCounter
from mtnas_tf.layers.temperature import inverse_root_temperature
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Allocation(keras.layers.Layer):
    """Which components of each layer a task uses, as learned bits.

        a_tlc ~ Bernoulli(p_tlc)                    in training
        a_tlc = 1 if p_tlc >= 1/2 else 0            otherwise
        share_tlc = a_tlc / max(1, sum_c a_tlc)

    A bit has two logits, with `p = softmax(logits)_0`. In training it is drawn
    with Gumbel noise, and has the gradient of a softmax at the temperature
    `max(final, initial / sqrt(1 + step))`; steps are the calls of `shares` in
    training. A task without components in a layer has shares of 0 there.

    `penalty` is, for a task, with H the entropy of a bit in nats,

        budget_penalty * max(0, mean_lc p_tlc - budget)
        + entropy_penalty * (step / entropy_steps)^entropy_exponent * sum_lc H
        + disconnect_penalty * sum_l prod_c (1 - p_tlc)

    Args:
        num_tasks: int > 0.
        num_layers: int > 0.
        num_components: int > 0. Components of a layer.
        initial_probability: float in (0, 1). Of every bit. Defaults to `0.97`.
        initial_temperature: float > 0. Defaults to `50.0`.
        final_temperature: float > 0. Defaults to `0.5`.
        budget: float >= 0. Share of all components that a task may use for
            free. Defaults to `1.0`.
        budget_penalty: float >= 0. Defaults to `0.0`.
        entropy_penalty: float >= 0. What the weight of the entropy reaches at
            `entropy_steps`. Defaults to `0.0`.
        entropy_steps: int > 0. Steps of the whole training. Defaults to
            `160000`.
        entropy_exponent: float > 0. How late the weight of the entropy rises.
            Defaults to `1.0`.
        disconnect_penalty: float >= 0. Weight of the probability that a layer
            passes nothing on. Defaults to `0.0`.
        keep_one: bool. Whether out of training a task without components in a
            layer keeps its most probable one. Defaults to `False`.
        learning_rate_factor: float > 0. How much faster than weights the logits
            learn, with Adam. Defaults to `20.0`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> allocation = Allocation(num_tasks=2, num_layers=3, num_components=4)
    >>> allocation.shares(task=1).numpy()[0].tolist()
    [0.25, 0.25, 0.25, 0.25]
    >>> allocation.allocated.shape
    (2, 3, 4)

    References:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915).
    - Their code, `learning_parameter_allocation` in
      [google-research](https://github.com/google-research/google-research).
    """

    def __init__(
        self,
        num_tasks: int,
        num_layers: int,
        num_components: int,
        initial_probability: float = 0.97,
        initial_temperature: float = 50.0,
        final_temperature: float = 0.5,
        budget: float = 1.0,
        budget_penalty: float = 0.0,
        entropy_penalty: float = 0.0,
        entropy_steps: int = 160_000,
        entropy_exponent: float = 1.0,
        disconnect_penalty: float = 0.0,
        keep_one: bool = False,
        learning_rate_factor: float = 20.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_tasks=num_tasks, num_layers=num_layers)
        check_ints(num_components=num_components, entropy_steps=entropy_steps)
        _check_probability(initial_probability)
        check_positive(
            initial_temperature=initial_temperature,
            final_temperature=final_temperature,
            entropy_exponent=entropy_exponent,
        )
        penalties = {
            "budget_penalty": budget_penalty,
            "entropy_penalty": entropy_penalty,
            "disconnect_penalty": disconnect_penalty,
        }
        check_at_least(0, budget=budget, **penalties)
        check_bools(keep_one=keep_one)
        self.initial_probability = initial_probability
        self.initial_temperature = initial_temperature
        self.final_temperature = final_temperature
        self.budget = budget
        self.budget_penalty = budget_penalty
        self.entropy_penalty = entropy_penalty
        self.entropy_steps = entropy_steps
        self.entropy_exponent = entropy_exponent
        self.disconnect_penalty = disconnect_penalty
        self.keep_one = keep_one
        self.counter = StepCounter(name="counter")
        # Of each bit, whether it is 1 and whether it is 0.
        self.bits = GumbelChoice(
            (num_tasks, num_layers, num_components, 2),
            initial_probs=(initial_probability, 1 - initial_probability),
            learning_rate_factor=learning_rate_factor,
            seed=seed,
            name="bits",
        )
        self.bits.kernel.is_by_row = True  # see `RowAdam`
        self.built = True

    @property
    def probs(self) -> Tensor:
        """Probability of every bit: `(tasks, layers, components)`."""
        return self.bits.probs[..., 0]

    @property
    def allocated(self) -> np.ndarray:
        """The bits out of training: int `(tasks, layers, components)`."""
        bits: np.ndarray = ops.convert_to_numpy(self.draw())
        return bits.astype(int)

    def shares(self, task: Tensor = None, training: bool = False) -> Tensor:
        """The weights of components in the average that a task reads.

        Args:
            task: int scalar. Index of a task. Defaults to `None`, all tasks.
            training: bool. Whether bits are drawn, which counts as a step.
                Defaults to `False`.

        Returns:
            float32 `(layers, components)`, or `(tasks, layers, components)`.
        """
        bits = self.draw(task, training)
        counts = ops.sum(bits, axis=-1, keepdims=True)
        return bits / ops.maximum(counts, 1.0)

    def draw(self, task: Tensor = None, training: bool = False) -> Tensor:
        """The bits, drawn in training.

        Args:
            task: see `shares`. Defaults to `None`, all tasks.
            training: see `shares`. Defaults to `False`.

        Returns:
            float32 of 0 and 1, in the shape of `shares`.
        """
        temperature = inverse_root_temperature(
            self.counter.advance(training),
            self.initial_temperature,
            self.final_temperature,
        )
        bits = self.bits.draw(temperature, training=training, row=task)[..., 0]
        if training or not self.keep_one:
            return bits
        probs = self._probs_of(task)
        best = ops.one_hot(
            ops.argmax(probs, axis=-1), probs.shape[-1], dtype="float32"
        )
        is_empty = ops.sum(bits, axis=-1, keepdims=True) == 0
        return ops.where(is_empty, best, bits)

    def penalty(self, task: Tensor = None) -> Tensor:
        """The loss of a task, beside that of its predictions.

        Args:
            task: see `shares`. Defaults to `None`, the sum of all tasks.

        Returns:
            float32 scalar.
        """
        probs = self._probs_of(task)
        total: Tensor = ops.zeros(())
        if self.budget_penalty:
            excess = ops.maximum(
                ops.mean(probs, axis=(-2, -1)) - self.budget, 0.0
            )
            total += self.budget_penalty * ops.sum(excess)
        if self.entropy_penalty:
            step = ops.cast(self.counter.steps, "float32")
            weight = (step / self.entropy_steps) ** self.entropy_exponent
            total += self.entropy_penalty * weight * self._entropy(task)
        if self.disconnect_penalty:
            is_off = ops.prod(1.0 - probs, axis=-1)
            total += self.disconnect_penalty * ops.sum(is_off)
        return total

    def get_config(self) -> Config:
        num_tasks, num_layers, num_components, _ = self.bits.shape
        return {
            **super().get_config(),
            "num_tasks": num_tasks,
            "num_layers": num_layers,
            "num_components": num_components,
            "initial_probability": self.initial_probability,
            "initial_temperature": self.initial_temperature,
            "final_temperature": self.final_temperature,
            "budget": self.budget,
            "budget_penalty": self.budget_penalty,
            "entropy_penalty": self.entropy_penalty,
            "entropy_steps": self.entropy_steps,
            "entropy_exponent": self.entropy_exponent,
            "disconnect_penalty": self.disconnect_penalty,
            "keep_one": self.keep_one,
            "learning_rate_factor": self.bits.learning_rate_factor,
            "seed": self.bits.seed,
        }

    def _probs_of(self, task: Tensor) -> Tensor:
        return ops.softmax(self.bits.logits_of(task))[..., 0]

    def _entropy(self, task: Tensor) -> Tensor:
        log_probs = ops.log_softmax(self.bits.logits_of(task))
        return -ops.sum(ops.exp(log_probs) * log_probs)


def _check_probability(initial_probability: float) -> None:
    check_above(0, initial_probability=initial_probability)
    check_below(1, initial_probability=initial_probability)
