"""Residual blocks that every task executes or skips."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.gumbel_choice import GumbelChoice
from mtnas_tf.layers.residual_block import ResidualBlock
from mtnas_tf.layers.skip_penalties import sharing_penalty
from mtnas_tf.layers.skip_penalties import sparsity_penalty
from mtnas_tf.layers.skip_schedule import check_schedule
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.step_counter import StepCounter
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

SHARING_FORMS = ("probs", "logits")


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.AdaShare"
)
class AdaShare(keras.layers.Layer):
    """Every task executes some of a stack of residual blocks, and skips others.

        x_t^0 = relu(norm(x W + b))                     the same for all tasks
        F_l(x) = relu(x + relu(norm(x W_l + b_l)) V_l + c_l)
        x_t^l = p_tl F_l(x_t^(l-1)) + (1 - p_tl) x_t^(l-1)
        h_t = x_t^L

    In training p is a Gumbel softmax of learned logits (execute, skip), drawn
    anew in every step; otherwise 1 where executing is at least as probable, and
    0 elsewhere. Steps are the calls in training:

    - The first `warmup_steps` execute all blocks, and the logits do not learn.
    - Then `annealing_steps` steps make an epoch of the policy. In epoch n the
      temperature is `initial_temperature * temperature_decay ** n`, and the
      last `n // curriculum_epochs + 1` blocks are drawn, others executed.

    After the warm-up the body adds a loss, with alpha the softmax of the
    logits, the first term over the n blocks that are drawn:

        sparsity_weight * sum_t mean_l -log(1 - alpha_tl)
        + sharing_weight * sum_(s<t) sum_l w_l |alpha_sl - alpha_tl|

    where `w_l = (L - l) / L` falls from the first block, l = 0, to the last.

    The authors train weights and policy in turns on two parts of the training
    rows, draw eight policies from alpha, and train a network for each. Here
    both learn in every step of `fit`, and the policy is the most probable one.
    A block reads what its tasks read so far and adds to it, so the policy is no
    `Route`, whose sub-networks are averaged.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers of the blocks, one block each; all inputs and outputs of
            blocks are as wide as the last. Defaults to `(64, 64, 64, 64)`.
        sparsity_weight: float >= 0. Defaults to `0.05`.
        sharing_weight: float >= 0. Defaults to `0.05`.
        sharing_form: `"probs"`, as above and in the paper, or `"logits"`, the
            authors' code: logits of executing in place of alpha, and
            `w_l = (l + 1) / L`. Defaults to `"probs"`.
        initial_temperature: float > 0. Defaults to `5.0`.
        temperature_decay: float in (0, 1]. Defaults to `0.965`.
        final_temperature: float > 0. Where the temperature stops; it has no
            floor in the code, whose training ends in time. Defaults to `0.05`.
        warmup_steps: int >= 0. The authors' share of a training of 2,000 steps.
            Defaults to `400`.
        annealing_steps: int > 0. As `warmup_steps`. Defaults to `5`.
        curriculum_epochs: int > 0. Defaults to `3`.
        learning_rate_factor: float > 0. How much faster than weights the logits
            learn, with Adam. Defaults to `10.0`.
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

    If all tasks skip all blocks this is `SharedBottom` with one hidden layer.

    Example:
    >>> body = mt.layers.AdaShare(["click", "like"], hidden_units=(8, 5))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])
    >>> body.policy
    {'click': (True, True), 'like': (True, True)}

    References:
    - [Sun et al., 2020](https://arxiv.org/abs/1911.12423), section 3.
    - [Code of the authors](https://github.com/sunxm2357/AdaShare).
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64, 64, 64, 64),
        sparsity_weight: float = 0.05,
        sharing_weight: float = 0.05,
        sharing_form: str = "probs",
        initial_temperature: float = 5.0,
        temperature_decay: float = 0.965,
        final_temperature: float = 0.05,
        warmup_steps: int = 400,
        annealing_steps: int = 5,
        curriculum_epochs: int = 3,
        learning_rate_factor: float = 10.0,
        seed: int = 0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, hidden_units=hidden_units)
        check_at_least(
            0, sparsity_weight=sparsity_weight, sharing_weight=sharing_weight
        )
        check_choices(SHARING_FORMS, sharing_form=sharing_form)
        check_schedule(
            initial_temperature,
            temperature_decay,
            final_temperature,
            warmup_steps,
            annealing_steps,
            curriculum_epochs,
        )
        self.tasks = RouteSpace(tasks, 1, 1).tasks
        self.hidden_units = tuple(map(int, hidden_units))
        self.sparsity_weight = sparsity_weight
        self.sharing_weight = sharing_weight
        self.sharing_form = sharing_form
        self.initial_temperature = initial_temperature
        self.temperature_decay = temperature_decay
        self.final_temperature = final_temperature
        self.warmup_steps = warmup_steps
        self.annealing_steps = annealing_steps
        self.curriculum_epochs = curriculum_epochs
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        width = self.hidden_units[-1]
        self.first = SubNetworkBank(1, width, name="first", **base)
        self.blocks = [
            ResidualBlock(units, name=f"block_{i + 1}", **base)
            for i, units in enumerate(self.hidden_units)
        ]
        self.counter = StepCounter(name="counter")
        self.choices = self._new_choices(learning_rate_factor, seed)

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        hidden, _ = self.stem.compute_output_shape(root_shape)
        self.first.build(hidden)
        for block in self.blocks:
            # (tasks, batch, 1, units): statistics are those of a task
            block.build((None, None, 1, self.hidden_units[-1]))

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        x = self.first(hidden, training=training)[None]
        executed = ops.cast(self._executed(training), self.compute_dtype)
        for block, own in zip(
            self.blocks, ops.unstack(executed, axis=0), strict=True
        ):
            own = own[:, None, None, None]  # (tasks, 1, 1, 1)
            x = own * block(x, training=training) + (1 - own) * x
        return {task: x[i, :, 0, :] for i, task in enumerate(self.tasks)}

    @property
    def probs(self) -> Tensor:
        """Probability of executing: `(blocks, tasks)`."""
        return self.choices.probs[..., 0]

    @property
    def policy(self) -> dict[str, tuple[bool, ...]]:
        """Task -> for each block, whether the evaluated body executes it."""
        is_executed: np.ndarray = self.choices.best() == 0
        return {
            task: tuple(is_executed[:, i].tolist())
            for i, task in enumerate(self.tasks)
        }

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        executed = np.array([*self.policy.values()])
        return [
            SharingMatrix(
                "blocks",
                self.tasks,
                [f"block {i + 1}" for i in range(len(self.blocks))],
                executed,
                "executed: 1, skipped: 0",
                probs=ops.convert_to_numpy(self.probs).T,
            )
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.hidden_units[-1])
        return dict.fromkeys(self.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": list(self.hidden_units),
            "sparsity_weight": self.sparsity_weight,
            "sharing_weight": self.sharing_weight,
            "sharing_form": self.sharing_form,
            "initial_temperature": self.initial_temperature,
            "temperature_decay": self.temperature_decay,
            "final_temperature": self.final_temperature,
            "warmup_steps": self.warmup_steps,
            "annealing_steps": self.annealing_steps,
            "curriculum_epochs": self.curriculum_epochs,
            "learning_rate_factor": self.choices.learning_rate_factor,
            "seed": self.choices.seed,
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    def _new_choices(
        self, learning_rate_factor: float, seed: int
    ) -> GumbelChoice:
        """Of each block and task, whether it is executed or skipped."""
        return GumbelChoice(
            (len(self.hidden_units), len(self.tasks), 2),
            hard=False,
            learning_rate_factor=learning_rate_factor,
            seed=seed,
            name="choices",
        )

    def _executed(self, training: bool) -> Tensor:
        """How far tasks execute blocks: float32 `(blocks, tasks)`."""
        step = self.counter.advance(training)
        is_warm = step >= self.warmup_steps
        epoch = (step - self.warmup_steps) // self.annealing_steps
        epoch = ops.maximum(epoch, 0.0)
        temperature = ops.maximum(
            self.initial_temperature * self.temperature_decay**epoch,
            self.final_temperature,
        )
        drawn = self.choices.draw(temperature, training=training)[..., 0]
        if not training:
            return drawn
        num_blocks = len(self.blocks)
        num_drawn = epoch // self.curriculum_epochs + 1
        is_drawn = np.arange(num_blocks) >= num_blocks - num_drawn
        is_drawn = ops.logical_and(is_drawn, is_warm)  # (blocks,)
        self._add_penalties(ops.cast(is_drawn, "float32"))
        return ops.where(is_drawn[:, None], drawn, 1.0)

    def _add_penalties(self, is_drawn: Tensor) -> None:
        logits = self.choices.logits
        penalty = self.sparsity_weight * sparsity_penalty(logits, is_drawn)
        sharing = sharing_penalty(logits, self.sharing_form == "logits")
        # The last block is drawn from the end of the warm-up on.
        penalty += self.sharing_weight * is_drawn[-1] * sharing
        self.add_loss(penalty)
