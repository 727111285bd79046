"""Alternating search: REINFORCE on the routes, gradient steps on the weights.

One training step (arXiv:2009.00387, algorithm 1):

1. draw routes A_1 .. A_S from the policy;
2. score them on a validation batch; one REINFORCE step of the route logits;
3. one gradient step of the weights, through A_1, on the training batch.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf.features import FeatureEncoder
from mtnas_tf.models import MTNAS
from mtnas_tf.models import Route
from mtnas_tf.models.trainable_model import TrainableModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers.ordering import after
from mtnas_tf.search import reinforce
from mtnas_tf.search.rewards import REWARDS
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

BASELINES = ("moving_average", "leave_one_out")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SearchModel(TrainableModel):
    """Searches the routes of a supernet.

    Trains on pairs of a training batch and a reward batch, as
    `MultiTaskData.search` yields them. The supernet's weights see only the
    training batch, its route logits only the reward of the other. Evaluated or
    called, it is the supernet at its most probable route.

    A route is scored and evaluated with the batch statistics of its own
    activations: the moving averages of a supernet mix the routes drawn so far.

    Args:
        supernet: `MTNAS`.
        **kwargs: Passed to `keras.Model`.

    Example:
    ```python
    search = SearchModel(supernet)
    search.compile(route_optimizer=keras.optimizers.Adam(1e-2))
    search.fit(data.search, validation_data=data.valid, epochs=3)
    ```

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.2-3.3.
    """

    def __init__(self, supernet: MTNAS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supernet = supernet
        self.schema = supernet.schema
        # Average reward of each task so far, NaN before the first.
        self.baseline_rewards = self.add_weight(
            shape=(len(self.schema.tasks),),
            initializer=keras.initializers.Constant(float("nan")),
            trainable=False,
            autocast=False,
            dtype="float32",
            aggregation="mean",
            name="baseline_rewards",
        )
        self.reward_tracker = keras.metrics.Mean(name="reward")
        self.skipped_tracker = keras.metrics.Sum(name="skipped_tasks")
        self.built = True

    @property
    def encoders(self) -> list[FeatureEncoder]:
        return self.supernet.encoders

    @property
    def route(self) -> Route:
        """The most probable local route of every block, as searched so far."""
        choices = ops.convert_to_numpy(self.supernet.best_choices())[0]
        return self.supernet.space.route(choices)

    def compile(
        self,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: Any = True,
        *,
        route_optimizer: Any = None,
        reward: str | Callable[..., Any] = "auc_sum",
        baseline: str = "moving_average",
        baseline_decay: float = 0.95,
        num_routes: int = 1,
        warmup_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        """Configures the search; the defaults are the paper's where it has one.

        Args:
            optimizer: of the weights. Defaults to `SparseAdam(1e-3,
                weight_decay=5e-4)`.
            loss: see `TrainableModel.compile`.
            metrics: see `TrainableModel.compile`.
            jit_compile: see `TrainableModel.compile`. Defaults to `True`.
            route_optimizer: of the route logits. Defaults to
                `keras.optimizers.Adam(1e-2)`.
            reward: `"auc_sum"`, `"negative_loss"` or a callable, see
                `mtnas_tf.search.rewards`. Defaults to `"auc_sum"`.
            baseline: `"moving_average"` of past rewards (the paper's), or
                `"leave_one_out"`: the mean over the other routes of the step,
                which share the batch and so its noise. Defaults to
                `"moving_average"`.
            baseline_decay: float in [0, 1). Of the moving average. Defaults to
                `0.95`.
            num_routes: int > 0. Routes drawn and scored in a step. Defaults to
                `1`.
            warmup_steps: int >= 0. First steps that train weights alone, on
                uniform routes. Defaults to `0`.
            **kwargs: Passed to `keras.Model.compile`.
        """
        _check_compile_arguments(
            reward, baseline, baseline_decay, num_routes, warmup_steps
        )
        if self.distribute_strategy.num_replicas_in_sync > 1:
            raise ValueError(
                "A search must run on one replica: its replicas would draw "
                "routes of their own. Received: num_replicas_in_sync="
                f"{self.distribute_strategy.num_replicas_in_sync}"
            )
        super().compile(
            optimizer=optimizer or SparseAdam(1e-3, weight_decay=5e-4),
            loss=loss,
            metrics=metrics,
            jit_compile=jit_compile,
            **kwargs,
        )
        self.route_optimizer = keras.optimizers.get(
            route_optimizer or keras.optimizers.Adam(1e-2)
        )
        self.reward = reward
        self.baseline = baseline
        self.baseline_decay = baseline_decay
        self.num_routes = num_routes
        self.warmup_steps = warmup_steps
        self.optimizer.build(self.trainable_variables)
        self.route_optimizer.build([self.supernet.policy.logits])

    def call(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        logits = self.supernet.route_logits(
            inputs,
            self.supernet.best_choices(),
            training=training,
            use_batch_statistics=True,
        )
        columns = {name: ops.transpose(z) for name, z in logits.items()}
        return self.supernet.activate(columns)

    def train_step(self, data: Any) -> Any:
        (inputs, labels, weights), (reward_inputs, reward_labels, _) = (
            keras.utils.unpack_x_y_sample_weight(batch) for batch in data
        )
        reward_root = self.reward_root(reward_inputs)
        if "ids" in inputs:
            inputs = {**inputs, "ids": after(reward_root, inputs["ids"])}
        choices = self.supernet.policy.sample(self.num_routes)
        if not self.warmup_steps:
            self.route_step(choices, reward_root, reward_labels)
        else:
            tf.cond(
                self.optimizer.iterations >= self.warmup_steps,
                lambda: self.route_step(choices, reward_root, reward_labels),
                lambda: None,
            )
        outputs = self.weight_step(choices[:1], inputs, labels, weights)
        logs = self.compute_metrics(inputs, labels, outputs, weights)
        return {**logs, "entropy": ops.mean(self.supernet.policy.entropy())}

    def reward_root(self, inputs: Inputs) -> Tensor:
        """The root feature of a reward batch, computed once for all routes."""
        return self.supernet.encoder(inputs, training=True)

    def route_step(
        self, choices: Tensor, root: Tensor, labels: TaskTensors
    ) -> None:
        """One REINFORCE step of the route logits; no weight changes."""
        rewards, is_defined = self.score(choices, root, labels)
        rewards = tf.stop_gradient(rewards)
        policy = self.supernet.policy
        gradient = reinforce.policy_gradient(
            policy.probs(),
            policy.one_hot(choices),
            self._advantages(rewards, is_defined),
        )
        self.route_optimizer.apply([gradient], [policy.logits])
        # The advantage is taken before its reward enters the baseline.
        self.baseline_rewards.assign(
            reinforce.updated_moving_average(
                rewards, is_defined, self.baseline_rewards, self.baseline_decay
            )
        )
        self.reward_tracker.update_state(
            ops.sum(ops.where(is_defined[:, None], rewards, 0.0), axis=0)
        )
        self.skipped_tracker.update_state(ops.logical_not(is_defined))

    def weight_step(
        self,
        choices: Tensor,
        inputs: Inputs,
        labels: TaskTensors,
        sample_weight: Any = None,
    ) -> TaskTensors:
        """One gradient step of the weights through one route, `(1, blocks)`.

        Returns:
            dict task name -> predictions `(batch, 1)`.
        """
        with tf.GradientTape() as tape:
            logits = self.supernet.route_logits(inputs, choices, training=True)
            outputs = self.supernet.activate(
                {name: ops.transpose(z) for name, z in logits.items()}
            )
            loss = self.compute_loss(
                inputs, labels, outputs, sample_weight, training=True
            )
            scaled_loss = self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss)
        gradients = tape.gradient(scaled_loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return outputs

    def score(
        self, choices: Tensor, root: Tensor, labels: TaskTensors
    ) -> tuple[Tensor, Tensor]:
        """Rewards of routes on one batch.

        Args:
            choices: int `(routes, blocks)`.
            root: `(batch, root_units)`: the batch's `reward_root`.
            labels: dict task name -> `(batch, 1)`.

        Returns:
            `(rewards, is_defined)`: `(tasks, routes)` and bool `(tasks,)`.
        """
        logits = self.supernet.root_route_logits(
            root, choices, use_batch_statistics=True
        )
        flat = {
            name: ops.reshape(ops.cast(label, "float32"), (-1,))
            for name, label in labels.items()
        }
        reward = self.reward
        if isinstance(reward, str):
            reward = REWARDS[reward]
        return reward(self.schema.tasks, flat, logits)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "supernet": keras.saving.serialize_keras_object(self.supernet),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Any:
        supernet = keras.saving.deserialize_keras_object(config["supernet"])
        return cls(**{**config, "supernet": supernet})

    def get_compile_config(self) -> dict[str, Any]:
        if not self.compiled:
            return {}
        return {
            **super().get_compile_config(),
            "route_optimizer": keras.saving.serialize_keras_object(
                self.route_optimizer
            ),
            "reward": keras.saving.serialize_keras_object(self.reward),
            "baseline": self.baseline,
            "baseline_decay": self.baseline_decay,
            "num_routes": self.num_routes,
            "warmup_steps": self.warmup_steps,
        }

    def _advantages(self, rewards: Tensor, is_defined: Tensor) -> Tensor:
        if self.baseline == "leave_one_out":
            return reinforce.leave_one_out_advantages(rewards, is_defined)
        return reinforce.moving_average_advantages(
            rewards, is_defined, self.baseline_rewards
        )


def _check_compile_arguments(
    reward: Any,
    baseline: str,
    baseline_decay: float,
    num_routes: int,
    warmup_steps: int,
) -> None:
    if not callable(reward) and reward not in REWARDS:
        raise ValueError(
            f"`reward` must be one of {sorted(REWARDS)} or a callable. "
            f"Received: reward={reward!r}"
        )
    if baseline not in BASELINES:
        raise ValueError(
            f"`baseline` must be one of {BASELINES}. "
            f"Received: baseline={baseline!r}"
        )
    if not 0 <= baseline_decay < 1:
        raise ValueError(
            "`baseline_decay` must lie in [0, 1). "
            f"Received: baseline_decay={baseline_decay}"
        )
    least = 2 if baseline == "leave_one_out" else 1
    if num_routes < least:
        raise ValueError(
            f"`num_routes` must be at least {least} for baseline {baseline!r}. "
            f"Received: num_routes={num_routes}"
        )
    if warmup_steps < 0:
        raise ValueError(
            "`warmup_steps` must not be negative. "
            f"Received: warmup_steps={warmup_steps}"
        )
