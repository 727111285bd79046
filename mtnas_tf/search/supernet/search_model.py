"""Alternating search: steps of the route logits and steps of the weights.

One training step (arXiv:2009.00387, algorithm 1):

1. draw routes from the policy;
2. one step of the route logits, by the rewards of routes on a validation batch;
3. one gradient step of the weights, through a route, on the training batch.

An estimator decides which routes are drawn, how the logits are learned and
which route trains the weights: see `mtnas_tf.search.supernet.estimators`.
"""

from typing import Any
from typing import Self

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.models.trainable_model import TrainableModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers.ordering import after
from mtnas_tf.routes import Route
from mtnas_tf.search.supernet import estimators
from mtnas_tf.search.supernet import paper
from mtnas_tf.search.supernet.estimators import Estimator
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.search.supernet.rewards import Reward
from mtnas_tf.search.supernet.rewards import get_reward
from mtnas_tf.types import Batch
from mtnas_tf.types import Config
from mtnas_tf.types import Inputs
from mtnas_tf.types import Optimizer
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SearchModel(TrainableModel):
    """Searches the routes of a supernet.

    Trains on pairs of a training batch and a reward batch, as
    `MultiTaskData.search` yields them. The supernet's weights see only the
    training batch, its route logits only the other. Evaluated or
    called, it is the supernet at its most probable route, which is the one that
    `mtnas_tf.derive.derive_route` returns. Either batch may have sample
    weights, dicts by task name: those of the reward batch weigh its rows in the
    reward.

    With batch normalization a route is scored and evaluated with the batch
    statistics of its own activations: the moving averages of a supernet mix
    the routes drawn so far. Otherwise it is evaluated as the network that is
    derived, so that `EarlyStopping("val_loss")` judges that network.

    Args:
        supernet: a supernet, such as `mtnas_tf.models.MTNAS`.
        **kwargs: Passed to `keras.Model`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> search = SearchModel(mt.models.MTNAS(data.schema, num_layers=1))
    >>> search.compile(estimator="reinforce")
    >>> search.fit(data.search, validation_data=data.valid)  # doctest: +SKIP
    >>> print(search.route)  # doctest: +SKIP

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.2-3.3.
    """

    cannot_be_balanced = "a search, whose steps train one network after another"

    def __init__(self, supernet: SupernetModel, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_instances(SupernetModel, supernet=supernet)
        self.supernet = supernet
        self.schema = supernet.schema
        self.reward_tracker = keras.metrics.Mean(name="reward")
        self.skipped_tracker = keras.metrics.Sum(name="skipped_tasks")
        self.built = True

    @classmethod
    def paper(
        cls, schema: DatasetSchema, seed: int = 0, **kwargs: Any
    ) -> "SearchModel":
        """The search of Chen et al., with every value that their paper gives.

        Training batches have 512 rows and reward batches 1024 (section 4.2), as
        `mtnas_tf.data.load` has by default. The route is the
        argmax of all local routes (section 3.3), and its weights are inherited.

        Args:
            schema: `DatasetSchema`.
            seed: int. Seed of the draws. Defaults to `0`.
            **kwargs: Passed to `compile`, in place of the paper's.

        Returns:
            `SearchModel`, compiled; `mtnas_tf.search.supernet.paper` has the
            source of every value.
        """
        search = cls(paper.new_supernet(schema, seed))
        search.compile(**{**paper.compilation(), **kwargs})
        return search

    @property
    def route(self) -> Route:
        """The most probable local route of every block, as searched so far.

        Raises:
            ValueError: if a route logit is not finite.
        """
        return self.supernet.route

    def compile(
        self,
        optimizer: Optimizer = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: bool | str = True,
        *,
        estimator: str | Estimator = "reinforce",
        route_optimizer: Optimizer = None,
        reward: str | Reward = "auc_sum",
        warmup_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        """Configures the search.

        Args:
            optimizer: of the weights. Defaults to `SparseAdam(1e-3,
                weight_decay=5e-4)`.
            loss: see `TrainableModel.compile`.
            metrics: see `TrainableModel.compile`.
            jit_compile: see `TrainableModel.compile`. Defaults to `True`.
            estimator: how the route logits learn: `"reinforce"`, `"paper"`,
                `"mixture"`, `"two_path"`, `"gumbel"`, `"progressive"`,
                `"uniform"` or an
                `mtnas_tf.search.supernet.estimators.Estimator`. Defaults to
                `"reinforce"`. `"paper"` is the paper's estimator alone; see
                `SearchModel.paper` for its whole setting.
            route_optimizer: of the route logits. Defaults to the estimator's
                own.
            reward: reward of a route, for estimators that do not follow the
                gradient of the loss: `"auc_sum"`, `"negative_loss"` or a
                callable, see `mtnas_tf.search.supernet.rewards`. Defaults to
                `"auc_sum"`.
            warmup_steps: int >= 0. First steps that train weights alone, on
                uniform routes. Defaults to `0`.
            **kwargs: Passed to `keras.Model.compile`.
        """
        get_reward(reward)
        check_ints(0, warmup_steps=warmup_steps)
        estimator = estimators.get(estimator)
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
        if not estimator.built:
            estimator.build(len(self.schema.tasks))
        self.estimator = estimator
        self.route_optimizer = keras.optimizers.get(
            route_optimizer or estimator.default_optimizer()
        )
        self.reward = reward
        self.warmup_steps = warmup_steps
        self.route_optimizer.build([self.supernet.policy.logits])

    def call(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        logits = self.supernet.route_logits(
            inputs,
            self.supernet.body.best_choices(),
            training=training,
            use_batch_statistics=True,
        )
        return self.supernet.activate(logits)

    def train_step(self, data: tuple[Batch, Batch]) -> dict[str, Tensor]:
        (inputs, labels, weights), (reward_inputs, *judged) = (
            keras.utils.unpack_x_y_sample_weight(batch) for batch in data
        )
        reward_root = self.reward_root(reward_inputs)
        if "ids" in inputs:
            inputs = {**inputs, "ids": after(reward_root, inputs["ids"])}
        draw = self.estimator.draw(self.supernet.policy)
        if not self.warmup_steps:
            self.route_step(draw, reward_root, *judged)
        else:
            tf.cond(
                self.optimizer.iterations >= self.warmup_steps,
                lambda: self.route_step(draw, reward_root, *judged),
                lambda: None,
            )
        outputs = self.weight_step(draw, inputs, labels, weights)
        logs = self.compute_metrics(inputs, labels, outputs, weights)
        return {**logs, "entropy": ops.mean(self.supernet.policy.entropy())}

    def reward_root(self, inputs: Inputs) -> Tensor:
        """The root feature of a reward batch, computed once for all routes."""
        return self.supernet.encoder(inputs)

    def route_step(
        self,
        draw: Any,
        root: Tensor,
        labels: TaskTensors,
        sample_weight: SampleWeights = None,
    ) -> None:
        """One step of the route logits by a reward batch; no weight changes."""
        rewards, is_defined = self.estimator.step(
            self.supernet.policy,
            draw,
            self._reward_batch(root, labels, sample_weight),
            self.route_optimizer,
        )
        self.reward_tracker.update_state(
            ops.sum(ops.where(is_defined[:, None], rewards, 0.0), axis=0)
        )
        self.skipped_tracker.update_state(ops.logical_not(is_defined))

    def weight_step(
        self,
        draw: Any,
        inputs: Inputs,
        labels: TaskTensors,
        sample_weight: SampleWeights = None,
    ) -> TaskTensors:
        """One gradient step of the weights; returns the predictions."""
        with tf.GradientTape() as tape:
            root = self.supernet.encoder(inputs)
            logits = self.estimator.training_logits(self.supernet, root, draw)
            outputs = self.supernet.activate(logits)
            loss = self.compute_loss(inputs, labels, outputs, sample_weight)
            scaled_loss = self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss)
        gradients = tape.gradient(scaled_loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return outputs

    def score(
        self,
        choices: Tensor,
        root: Tensor,
        labels: TaskTensors,
        sample_weight: SampleWeights = None,
    ) -> tuple[Tensor, Tensor]:
        """Rewards of routes on one batch.

        Args:
            choices: int `(routes, blocks)`.
            root: `(batch, root_units)`: the batch's `reward_root`.
            labels: dict task name -> `(batch, 1)`.
            sample_weight: as in `fit`. Defaults to `None`.

        Returns:
            `(rewards, is_defined)`: `(tasks, routes)` and bool `(tasks,)`.
        """
        batch = self._reward_batch(root, labels, sample_weight)
        return batch.rewards(choices)

    def get_config(self) -> Config:
        return {
            "name": self.name,
            "supernet": keras.saving.serialize_keras_object(self.supernet),
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: object = None) -> Self:
        supernet = keras.saving.deserialize_keras_object(config["supernet"])
        return cls(**{**config, "supernet": supernet})

    def get_compile_config(self) -> Config:
        if not self.compiled:
            return {}
        serialized = keras.saving.serialize_keras_object
        return {
            **super().get_compile_config(),
            "estimator": serialized(self.estimator),
            "route_optimizer": serialized(self.route_optimizer),
            "reward": serialized(self.reward),
            "warmup_steps": self.warmup_steps,
        }

    def _reward_batch(
        self, root: Tensor, labels: TaskTensors, sample_weight: SampleWeights
    ) -> RewardBatch:
        reward = get_reward(self.reward)
        return RewardBatch(self.supernet, reward, root, labels, sample_weight)
