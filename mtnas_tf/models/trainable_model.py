"""Training, common to all models of the library."""

import functools
import inspect
from typing import Any

import keras

from mtnas_tf.layer_name import safe_name
from mtnas_tf.losses import loss_for
from mtnas_tf.models.array_checks import check_arrays
from mtnas_tf.models.array_checks import check_batches
from mtnas_tf.models.by_task import by_task
from mtnas_tf.models.evaluated_model import EvaluatedModel
from mtnas_tf.models.own_metrics import OwnMetrics
from mtnas_tf.models.result_keys import LOSS
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer

_FIT = inspect.signature(keras.Model.fit)


class TrainableModel(EvaluatedModel):
    """A model with defaults that fit its schema.

    See `EvaluatedModel` for its metrics, and `SettledModel` for its tables.
    """

    def compile(
        self,
        optimizer: Optimizer = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: Any = True,
        *,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
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
            loss_weights: dict task name -> float. Defaults to `None`, 1 each.
            weighted_metrics: as `metrics`, by sample weight.
            **kwargs: Passed to `keras.Model.compile`.

        A list in place of a dict is in the order of the schema's tasks.

        Raises:
            ValueError: if the model refuses the optimizer.
        """
        self.check_optimizer(optimizer)
        tasks, names = self.schema.tasks, self.schema.task_names
        self._own_metrics = OwnMetrics(tasks, metrics, weighted_metrics)
        loss = loss or {task.name: loss_for(task) for task in tasks}
        loss = by_task("loss", loss, names)
        loss_weights = by_task("loss_weights", loss_weights, names)
        super().compile(
            optimizer=optimizer or SparseAdam(),
            loss=_with_safe_names(loss),
            loss_weights=_with_safe_names(loss_weights),
            jit_compile=jit_compile,
            **self._own_metrics.in_steps,
            **kwargs,
        )
        for table in self.tables:
            table.take(None)  # the former optimizer settles
        self.optimizer.build(self.trainable_variables)

    def check_optimizer(self, optimizer: Optimizer) -> None:
        """Raises `ValueError` if the model cannot be trained with it."""

    def get_compile_config(self) -> Config:
        if not self.compiled:
            return {}
        return {
            **super().get_compile_config(),
            **self._own_metrics.get_config(),
        }

    def compile_from_config(self, config: Config) -> None:
        # Keras compiles a loaded model only if `compile` is its own.
        self.compile(**keras.saving.deserialize_keras_object(config))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
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
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        tasks = self.schema.tasks
        weights = task_weights(tasks, sample_weight)
        return super().compute_metrics(
            x, task_labels(tasks, y), y_pred, weights
        )

    def get_metrics_result(self) -> dict[str, Any]:
        keys = self._result_keys
        losses = {
            f"{safe_name(name)}_{LOSS}": keys[name, LOSS]
            for name in self.schema.task_names
        }
        # Of a single task Keras leaves out the name.
        prefix = f"{self.schema.task_names[0]}_" if len(losses) == 1 else ""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):  # of the user's metrics
                results |= {prefix + name: v for name, v in result.items()}
            else:
                results[losses.get(metric.name, metric.name)] = result
        return results

    @functools.wraps(keras.Model.fit)
    def fit(self, *args: Any, **kwargs: Any) -> Any:
        given = _FIT.bind(self, *args, **kwargs).arguments
        check_batches(given.get("x"))
        batches = (given.get("x"), given.get("y"), given.get("sample_weight"))
        for arrays in (batches, given.get("validation_data")):
            # A dataset cannot be read before: its losses tell, by NaN.
            if isinstance(arrays, tuple) and isinstance(arrays[0], dict):
                check_arrays(self.schema.tasks, *arrays[1:])
        return super().fit(*args, **kwargs)


def _with_safe_names(values: Any) -> Any:
    """Renames the keys of a dict by task for Keras."""
    if not isinstance(values, dict):
        return values
    return {safe_name(name): value for name, value in values.items()}
