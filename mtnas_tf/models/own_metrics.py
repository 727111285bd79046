"""The metrics that a user adds to a model."""

import itertools
from collections.abc import Iterable
from typing import Any

import keras

from mtnas_tf.metrics import GroupedAUC
from mtnas_tf.metrics import RowMetric
from mtnas_tf.tasks import TASK_KINDS


class OwnMetrics:
    """Metrics given to `compile`, parted into two sorts.

    Those Keras can update inside a compiled step are left to it. A `RowMetric`
    needs all rows, outside of any step: `evaluate` computes it.

    Args:
        tasks: names of the tasks. Defaults to `()`.
        metrics: as `keras.Model.compile` takes them. Defaults to `None`.
        weighted_metrics: as `keras.Model.compile` takes them. Defaults to
            `None`.

    Raises:
        ValueError: if a `RowMetric` is not given by task, a dict has a key
            that is no task's, two metrics of a task share a name, a metric
            has the name of another task's result, or is a `GroupedAUC`, which
            Keras gives no groups.
    """

    def __init__(
        self,
        tasks: Iterable[str] = (),
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        self._given = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        self.in_steps: dict[str, Any] = {}
        self._of_rows: dict[str, tuple[str, RowMetric, bool]] = {}
        for argument, given in self._given.items():
            _check(argument, given, tuple(tasks))
            _check_names(argument, given, tuple(tasks))
            self.in_steps[argument] = _without_rows(given)
            for task, metric in _of_rows(given):
                self._add(task, metric, argument == "weighted_metrics")

    @property
    def are_in_steps(self) -> bool:
        """Whether Keras has any to compute."""
        return any(metrics is not None for metrics in self.in_steps.values())

    def of_rows(
        self, labels: Any, predictions: Any, weights: Any
    ) -> dict[str, Any]:
        """Values of the metrics that need all rows: `<task>_<metric>`.

        Args:
            labels: dict task name -> array.
            predictions: dict task name -> array.
            weights: dict task name -> array, of the tasks that have weights.
        """
        results = {}
        for key, (task, metric, is_weighted) in self._of_rows.items():
            metric.reset_state()
            metric.update_state(
                labels[task],
                predictions[task],
                weights.get(task) if is_weighted else None,
            )
            results[key] = metric.result()
            metric.reset_state()
        return results

    def get_config(self) -> dict[str, Any]:
        """The arguments of `compile`, serialised."""
        return {
            argument: keras.saving.serialize_keras_object(given)
            for argument, given in self._given.items()
        }

    def _add(self, task: str, metric: RowMetric, is_weighted: bool) -> None:
        key = f"{task}_{metric.name}"
        if key in self._of_rows:
            raise ValueError(
                "The metrics of a task must have distinct names. "
                f"Received: {key!r} twice"
            )
        if isinstance(metric, GroupedAUC):
            raise ValueError(
                "A `GroupedAUC` needs the groups of rows, which Keras does not "
                "pass: call `mtnas_tf.metrics.evaluate_groups` instead. "
                f"Received: {key!r} in `compile`"
            )
        self._of_rows[key] = (task, metric, is_weighted)


def _check(argument: str, given: Any, tasks: tuple[str, ...]) -> None:
    if isinstance(given, dict):
        unknown = sorted(set(given) - set(tasks))
        if unknown:
            raise ValueError(
                f"`{argument}` must be keyed by the tasks {tasks}. "
                f"Received: {unknown} too"
            )
    elif any(isinstance(m, RowMetric) for m in keras.tree.flatten(given)):
        raise ValueError(
            f"`{argument}` must be a dict task name -> metrics where one of "
            f"them keeps rows. Received: {argument}={given}"
        )


def _check_names(argument: str, given: Any, tasks: tuple[str, ...]) -> None:
    """Refuses what would hide another task's result.

    Of `buy` and `buy_log` a metric `log_loss` of the first has the name of the
    second's loss.
    """
    names = {"loss"}.union(*(kind.metrics for kind in TASK_KINDS.values()))
    results: dict[str, set[str]] = {}
    for task, name in itertools.product(tasks, names):
        results.setdefault(f"{task}_{name}", set()).add(task)
    for task, metrics in given.items() if isinstance(given, dict) else ():
        for metric in _listed(metrics):
            key = f"{task}_{getattr(metric, 'name', metric)}"
            others = results.get(key, set()) - {task}
            if others:
                raise ValueError(
                    f"`{argument}` must not have the name of another task's "
                    f"result: give the metric another `name`. Received: "
                    f"{key!r} of {task!r}, which is one of {sorted(others)}"
                )


def _without_rows(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    kept = {
        task: [m for m in _listed(metrics) if not isinstance(m, RowMetric)]
        for task, metrics in given.items()
    }
    return {task: metrics for task, metrics in kept.items() if metrics} or None


def _of_rows(given: Any) -> list[tuple[str, RowMetric]]:
    if not isinstance(given, dict):
        return []
    return [
        (task, metric)
        for task, metrics in given.items()
        for metric in _listed(metrics)
        if isinstance(metric, RowMetric)
    ]


def _listed(metrics: Any) -> list[Any]:
    return list(metrics) if isinstance(metrics, list | tuple) else [metrics]
