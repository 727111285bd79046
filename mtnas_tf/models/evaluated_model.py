"""Exact metrics, common to all models of the library."""

import itertools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.metrics import evaluate_tasks
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models.array_checks import check_arrays
from mtnas_tf.models.array_checks import check_batches
from mtnas_tf.models.own_metrics import OwnMetrics
from mtnas_tf.models.result_keys import LOSS
from mtnas_tf.models.result_keys import result_keys
from mtnas_tf.models.settled_model import SettledModel
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.stages import counted
from mtnas_tf.types import Array
from mtnas_tf.types import Batch
from mtnas_tf.types import Dataset
from mtnas_tf.types import Inputs
from mtnas_tf.types import Labels
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskMetrics
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


class EvaluatedModel(SettledModel):
    """A model whose `evaluate` computes exact metrics of every task."""

    _own_metrics = OwnMetrics()

    @property
    def _result_keys(self) -> dict[tuple[str, str], str]:
        return result_keys(self.schema.tasks, self._own_metrics.pairs)

    def evaluate(
        self,
        x: Dataset | Inputs | None = None,
        y: Labels = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: SampleWeights = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        _use_cached_eval_dataset: bool = False,
    ) -> Any:
        """Exact metrics of every task.

        A rank statistic such as AUC is not a mean over batches: predictions of
        the whole pass are collected, and every metric is computed from them in
        float64. Results do not depend on the batch size.

        Args:
            x: a `tf.data.Dataset` of `(inputs, labels)` or `(inputs, labels,
                sample_weights)` batches, or a dict of input arrays.
            y: dict task name -> labels `(rows, 1)`, NaN where missing, or a
                list of labels in the tasks' order, if `x` is a dict of arrays.
            batch_size: int. Rows per step for arrays. Defaults to 4096.
            verbose: 0 or `"auto"` for silence, else the results are printed.
                Defaults to `"auto"`.
            sample_weight: dict task name -> weights `(rows, 1)`, for arrays. A
                task left out is not weighted.
            steps: int. Batches to read. Defaults to all.
            callbacks: list of callbacks.
            return_dict: bool. Whether to return a dict instead of a list.
                Defaults to `False`.
            _use_cached_eval_dataset: used by `fit`, without effect.
                Defaults to `False`.

        Returns:
            `loss` (the unweighted sum over tasks of the mean cross-entropy, or
            squared error in units of variance), then `<task>_auc` and
            `<task>_log_loss`, or `<task>_mse` and `<task>_mae` in the labels'
            units, or `<task>_accuracy` and `<task>_log_loss`, by sample
            weight; and the metrics given to
            `compile`. An undefined one is NaN, and a task without labels adds
            nothing to the loss. Where a name of this form would mean two of
            them, `result_keys` tells which has more underscores.
        """
        check_batches(x)
        batches = x
        if isinstance(x, dict):
            check_arrays(self.schema.tasks, y, sample_weight)
            y = task_labels(self.schema.tasks, y)
            sample_weight = task_weights(self.schema.tasks, sample_weight)
            batches = _array_batches(x, y, sample_weight, batch_size)
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = keras.callbacks.CallbackList(callbacks, model=self)
        callbacks.on_test_begin()
        results = self.logs_of(self.evaluate_by_task(batches, steps))
        if self._own_metrics.are_in_steps:
            keras_results = super().evaluate(
                x,
                y,
                batch_size=batch_size,
                sample_weight=sample_weight,
                steps=steps,
                verbose=0,
                return_dict=True,
            )
            results = {**keras_results, **results}
        callbacks.on_test_end(results)
        if verbose not in (0, "auto"):
            print(" - ".join(f"{k}: {v:.4f}" for k, v in results.items()))
        return results if return_dict else list(results.values())

    def _predict_rows(self, inputs: Inputs) -> TaskTensors:
        if self.distribute_strategy.num_replicas_in_sync == 1:
            return self.predict_on_batch(inputs)
        # `predict_on_batch` would give every replica the whole batch.
        return super().predict(
            inputs, batch_size=EVALUATION_BATCH_SIZE, verbose=0
        )

    def _labels_and_predictions(
        self, batch: Batch
    ) -> tuple[TaskTensors, TaskTensors, TaskTensors]:
        inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(batch)
        labels = task_labels(self.schema.tasks, labels)
        predictions = self._predict_rows(inputs)
        weights = task_weights(self.schema.tasks, weights) or {}
        given = {k: v for k, v in weights.items() if v is not None}
        return labels, predictions, given

    def collect(
        self, batches: Dataset, steps: int | None = None
    ) -> tuple[
        dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]
    ]:
        """One pass: `(labels, predictions, weights)` of all rows, by task."""
        total = _number_of(batches) if steps is None else steps
        few = itertools.islice(batches, steps)
        passes = [
            self._labels_and_predictions(batch)
            for batch in counted(few, "evaluation", total, "batches")
        ]
        if not passes:
            raise ValueError("`x` must hold at least one batch. Received: none")
        labels, predictions, weights = (
            {
                name: np.concatenate([np.asarray(part[name]) for part in parts])
                for name in parts[0]
            }
            for parts in zip(*passes, strict=True)
        )
        return labels, predictions, weights

    def exact_metrics(
        self,
        labels: Mapping[str, Array],
        predictions: Mapping[str, Array],
        weights: Mapping[str, Array],
    ) -> TaskMetrics:
        """The metrics of every task, from all rows.

        Args:
            labels: dict task name -> array.
            predictions: dict task name -> array.
            weights: dict task name -> array, of the tasks that have weights.
        """
        tasks = self.schema.tasks
        metrics = evaluate_tasks(tasks, labels, predictions, weights or None)
        own = self._own_metrics.of_rows(labels, predictions, weights)
        return {
            task: {**own.get(task, {}), **values}
            for task, values in metrics.items()
        }

    def evaluate_by_task(
        self, batches: Dataset, steps: int | None = None
    ) -> TaskMetrics:
        """The exact metrics of `evaluate`, by task.

        Args:
            batches: a `tf.data.Dataset`, see `evaluate`.
            steps: int. Batches to read. Defaults to all.

        Returns:
            dict task name -> metric -> value. `mtl_loss` makes the loss of it.
        """
        return self.exact_metrics(*self.collect(batches, steps))

    def logs_of(self, metrics: TaskMetrics) -> dict[str, float]:
        """Metrics by task under the names that Keras logs: `<task>_<metric>`.

        Args:
            metrics: what `evaluate_by_task` returns.

        Returns:
            dict, `loss` first, as `evaluate` returns it.
        """
        keys = self._result_keys
        return {
            LOSS: mtl_loss(self.schema.tasks, metrics),
            **{
                keys[task, name]: value
                for task, values in metrics.items()
                for name, value in values.items()
            },
        }

    def names_of_logs(self) -> dict[str, tuple[str, str]]:
        """What the names that Keras logs mean: name -> `(task, metric)`."""
        return {name: pair for pair, name in self._result_keys.items()}


def _number_of(batches: Dataset) -> int | None:
    """The number of batches, if it is known."""
    try:
        return len(batches)
    except TypeError:
        return None


def _array_batches(
    x: Inputs,
    y: TaskTensors,
    sample_weight: dict[str, Tensor | None] | None,
    batch_size: int | None,
) -> list[Batch]:
    arrays = (x, y) if sample_weight is None else (x, y, sample_weight)
    num_rows = len(next(iter(x.values())))
    size = batch_size or EVALUATION_BATCH_SIZE
    return [
        tuple(
            {
                name: values[start : start + size]
                for name, values in part.items()
                if values is not None
            }
            for part in arrays
        )
        for start in range(0, num_rows, size)
    ]
