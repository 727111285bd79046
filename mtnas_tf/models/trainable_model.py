"""Training, common to all models of the library."""

import functools
import inspect
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf import balancing as balancings
from mtnas_tf.balancing import Balancing
from mtnas_tf.layer_name import safe_name
from mtnas_tf.losses import loss_for
from mtnas_tf.models.array_checks import check_arrays
from mtnas_tf.models.array_checks import check_batches
from mtnas_tf.models.balanced_step import balanced_step
from mtnas_tf.models.by_task import by_task
from mtnas_tf.models.evaluated_model import EvaluatedModel
from mtnas_tf.models.loss_weights import loss_weights_by_task
from mtnas_tf.models.own_metrics import OwnMetrics
from mtnas_tf.models.result_keys import LOSS
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_losses import TaskLosses
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.models.with_epoch_ends import with_epoch_ends
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.types import Batch
from mtnas_tf.types import Config
from mtnas_tf.types import Inputs
from mtnas_tf.types import Labels
from mtnas_tf.types import Optimizer
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

_FIT = inspect.signature(keras.Model.fit)


class TrainableModel(EvaluatedModel):
    """A model with defaults that fit its schema.

    See `EvaluatedModel` for its metrics, and `SettledModel` for its tables.

    Attributes:
        cannot_be_balanced: string. What the model is if it takes no
            `balancing`, else empty.
    """

    cannot_be_balanced = ""

    def compile(
        self,
        optimizer: Optimizer = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: bool | str = True,
        *,
        loss_weights: Mapping[str, float] | Sequence[float] | None = None,
        weighted_metrics: Any = None,
        balancing: str | Balancing | None = None,
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.compile`, with defaults that fit the schema.

        Args:
            optimizer: defaults to `SparseAdam()`.
            loss: dict task name -> loss. Defaults to the masked loss of each
                task's kind.
            metrics: dict task name -> Keras metrics, beside what `evaluate`
                always computes, which has precedence under the same name. Those
                of `mtnas_tf.metrics` leave out missing labels.
            jit_compile: bool. Defaults to `True`: XLA is faster here, and
                Keras's own `"auto"` leaves it off on a CPU. Pass `False` under
                `tf.distribute`.
            loss_weights: dict task name -> float > 0; 1 of a task that is left
                out. Only the loss that is trained is weighted: `evaluate`, and
                with it `val_loss`, is not. Defaults to `None`, 1 each.
            weighted_metrics: as `metrics`, by sample weight.
            balancing: how tasks are balanced: key of
                `mtnas_tf.balancing.BALANCINGS`, or a `Balancing`, whose state
                is kept. It works on the losses times `loss_weights`; the loss
                that is logged stays that of plain training. Defaults to
                `None`, the sum of the losses.
            **kwargs: Passed to `keras.Model.compile`.

        A list in place of a dict is in the order of the schema's tasks.

        Raises:
            ValueError: if the model refuses the optimizer or the balancing.
        """
        self.check_optimizer(optimizer)
        balancing = balancings.get(balancing)
        if balancing is not None:
            self.check_balancing(balancing)
        tasks, names = self.schema.tasks, self.schema.task_names
        self._own_metrics = OwnMetrics(tasks, metrics, weighted_metrics)
        loss = loss or {task.name: loss_for(task) for task in tasks}
        loss = by_task("loss", loss, names)
        loss_weights = loss_weights_by_task(loss_weights, names)
        self.__dict__["_loss_weights"] = loss_weights  # past Keras's tracking
        super().compile(
            optimizer=optimizer or SparseAdam(),
            loss=_with_safe_names(loss),
            loss_weights=_with_safe_names(loss_weights),
            jit_compile=jit_compile,
            **self._own_metrics.in_steps,
            **kwargs,
        )
        self._build_losses()
        for table in self.tables:
            table.take(None)  # the former optimizer settles
        self.optimizer.build(self.trainable_variables)
        self._balance_by(balancing, loss)

    @property
    def balancing(self) -> Balancing | None:
        """How tasks are balanced in training."""
        balancing: Balancing | None = vars(self).get("_balancing")
        return balancing

    @property
    def loss_weights(self) -> dict[str, float] | None:
        """The loss weight of each task in training; `None` for 1 each."""
        weights: dict[str, float] | None = vars(self).get("_loss_weights")
        return weights

    def check_optimizer(self, optimizer: Optimizer) -> None:
        """Raises `ValueError` if the model cannot be trained with it."""

    def check_balancing(self, balancing: Balancing) -> None:
        """Raises `ValueError` if the model cannot be trained with it."""
        tasks = self.schema.task_names
        num_replicas = self.distribute_strategy.num_replicas_in_sync
        if self.cannot_be_balanced:
            raise ValueError(
                f"`balancing` must be None for {self.cannot_be_balanced}. "
                f"Received: balancing={balancing.name!r}"
            )
        if len(tasks) < 2:
            raise ValueError(
                "`balancing` must be None for a single task. "
                f"Received: balancing={balancing.name!r}, tasks={tasks}"
            )
        if balancing.tasks not in ((), self.schema.tasks):
            raise ValueError(
                "`balancing` must be of the model's tasks "
                f"{list(tasks)}: make a new one. Received: "
                f"{[task.name for task in balancing.tasks]}"
            )
        if num_replicas > 1:
            raise ValueError(
                "`balancing` must be None on several replicas: each would "
                "balance its own part of the batch. "
                f"Received: num_replicas_in_sync={num_replicas}"
            )

    def get_compile_config(self) -> Config:
        if not self.compiled:
            return {}
        return {
            **super().get_compile_config(),
            **self._own_metrics.get_config(),
            "balancing": keras.saving.serialize_keras_object(self.balancing),
        }

    def compile_from_config(self, config: Config) -> None:
        # Keras compiles a loaded model only if `compile` is its own.
        self.compile(**keras.saving.deserialize_keras_object(config))

    def train_step(self, data: Batch) -> dict[str, Tensor]:
        if self.balancing is None:
            return super().train_step(data)
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        outputs, loss = balanced_step(self, x, y, sample_weight)
        num_rows = ops.shape(next(iter(outputs.values())))[0]
        self._loss_tracker.update_state(loss, sample_weight=num_rows)
        return self.compute_metrics(x, y, outputs, sample_weight)

    def task_losses(
        self,
        labels: Labels,
        outputs: TaskTensors,
        sample_weight: SampleWeights = None,
    ) -> list[Tensor]:
        """The loss of each task in order, times its loss weight.

        Args:
            labels: as in `fit`.
            outputs: dict task name -> predictions.
            sample_weight: as in `fit`. Defaults to `None`.
        """
        tasks = self.schema.tasks
        losses: list[Tensor] = self._task_losses(
            task_labels(tasks, labels),
            outputs,
            task_weights(tasks, sample_weight),
        )
        return losses

    def compute_loss(
        self,
        x: Inputs | None = None,
        y: Labels = None,
        y_pred: TaskTensors | None = None,
        sample_weight: SampleWeights = None,
        training: bool = True,
    ) -> Tensor:
        tasks = self.schema.tasks
        # Keras makes names of variables from the keys.
        columns = [
            _with_safe_names(part)
            for part in (
                task_labels(tasks, y),
                y_pred,
                task_weights(tasks, sample_weight),
            )
        ]
        return super().compute_loss(x, *columns, training)

    def compute_metrics(
        self,
        x: Inputs,
        y: Labels,
        y_pred: TaskTensors,
        sample_weight: SampleWeights = None,
    ) -> dict[str, Tensor]:
        tasks = self.schema.tasks
        weights = task_weights(tasks, sample_weight)
        return super().compute_metrics(
            x, task_labels(tasks, y), y_pred, weights
        )

    def get_metrics_result(self) -> dict[str, Tensor]:
        keys = self._result_keys
        losses = {
            f"{safe_name(name)}_{LOSS}": keys[name, LOSS]
            for name in self.schema.task_names
        }
        # Of a single task Keras leaves out the name.
        prefix = f"{self.schema.task_names[0]}_" if len(losses) == 1 else ""
        results: dict[str, Tensor] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):  # of the user's metrics
                results |= {prefix + name: v for name, v in result.items()}
            else:
                results[losses.get(metric.name, metric.name)] = result
        return results

    @functools.wraps(keras.Model.fit)
    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        given = _FIT.bind(self, *args, **kwargs).arguments
        check_batches(given.get("x"))
        batches = (given.get("x"), given.get("y"), given.get("sample_weight"))
        for arrays in (batches, given.get("validation_data")):
            # A dataset cannot be read before: its losses tell, by NaN.
            if isinstance(arrays, tuple) and isinstance(arrays[0], dict):
                check_arrays(self.schema.tasks, *arrays[1:])
        if self.balancing is not None:
            given["callbacks"] = with_epoch_ends(
                given.get("callbacks"), self.balancing, self
            )
        del given["self"]
        return super().fit(**given)

    def _build_losses(self) -> None:
        """Makes the means of the tasks' losses.

        Keras makes them in the first step, which is then traced twice.
        """
        labels, outputs = {}, {}
        for task in self.schema.tasks:
            name = safe_name(task.name)
            labels[name] = keras.KerasTensor((None, 1))
            outputs[name] = keras.KerasTensor((None, task.num_outputs))
        with self.distribute_strategy.scope():
            self._compile_loss.build(labels, outputs)

    def _balance_by(self, balancing: Balancing | None, loss: Any) -> None:
        # Past Keras, to which its state would be weights of the model.
        self.__dict__["_balancing"] = balancing
        if balancing is None:
            return
        names = self.schema.task_names
        losses = loss if isinstance(loss, dict) else dict.fromkeys(names, loss)
        self._task_losses = TaskLosses(
            {name: losses.get(name) for name in names}, self.loss_weights
        )
        if not balancing.built:
            balancing.build(self.schema.tasks, len(self.trainable_variables))


def _with_safe_names(values: Any) -> Any:
    """Renames the keys of a dict by task for Keras."""
    if not isinstance(values, dict):
        return values
    return {safe_name(name): value for name, value in values.items()}
