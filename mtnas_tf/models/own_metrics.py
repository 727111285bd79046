"""The metrics that a user adds to a model."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeAlias

import keras

from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import GroupedAUC
from mtnas_tf.metrics import RowMetric
from mtnas_tf.models.by_task import by_task
from mtnas_tf.models.result_keys import result_keys
from mtnas_tf.types import Array
from mtnas_tf.types import Config
from mtnas_tf.types import TaskMetrics
from mtnas_tf.types import Tensor

Pair = tuple[str, str]  # names of a task and of a metric
# In any form that Keras takes.
Metric: TypeAlias = keras.metrics.Metric | Callable[..., Tensor] | str


class OwnMetrics:
    """Metrics given to `compile`, of two kinds.

    Keras updates some inside a compiled step. A `RowMetric` needs all rows, so
    `evaluate` computes it.

    Args:
        tasks: `TaskSpec`s. Defaults to `()`.
        metrics: dict task name -> metrics, or a list in the tasks' order.
            Defaults to `None`.
        weighted_metrics: the same. Defaults to `None`.

    Raises:
        ValueError: if metrics are not given by task, one is given to what is no
            task, two of a task share a name, one has the name of another
            task's result, or is a `GroupedAUC`, which Keras gives no groups.
    """

    def __init__(
        self,
        tasks: Iterable[TaskSpec] = (),
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        tasks = tuple(tasks)
        names = [task.name for task in tasks]
        self._given = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        self.in_steps: dict[str, dict[str, list[Metric]] | None] = {}
        self._of_rows: dict[Pair, tuple[RowMetric, bool]] = {}
        in_steps: list[Pair] = []
        for argument, given in self._given.items():
            listed = _by_task(argument, given, names)
            of_steps: dict[str, list[Metric]] = {task: [] for task in listed}
            for task, metric in _pairs(listed):
                if isinstance(metric, RowMetric):
                    self._add(task, metric, argument == "weighted_metrics")
                else:
                    of_steps[task].append(metric)
                    in_steps.append((task, _name(metric)))
            kept = {task: given for task, given in of_steps.items() if given}
            self.in_steps[argument] = kept or None
        _check_distinct([*self._of_rows, *dict.fromkeys(in_steps)])
        self.pairs = tuple(dict.fromkeys([*in_steps, *self._of_rows]))
        _check_keys(tasks, self.pairs)

    @property
    def are_in_steps(self) -> bool:
        """Whether there are metrics for Keras to compute."""
        return any(self.in_steps.values())

    def of_rows(
        self,
        labels: Mapping[str, Array],
        predictions: Mapping[str, Array],
        weights: Mapping[str, Array],
    ) -> TaskMetrics:
        """Values of the metrics that need all rows, by task.

        Args:
            labels: dict task name -> array.
            predictions: dict task name -> array.
            weights: dict task name -> array, of the tasks that have weights.
        """
        results: TaskMetrics = {}
        for (task, name), (metric, is_weighted) in self._of_rows.items():
            metric.reset_state()
            metric.update_state(
                labels[task],
                predictions[task],
                weights.get(task) if is_weighted else None,
            )
            results.setdefault(task, {})[name] = metric.result()
            metric.reset_state()
        return results

    def get_config(self) -> Config:
        """The arguments of `compile`, serialised."""
        return {
            argument: keras.saving.serialize_keras_object(given)
            for argument, given in self._given.items()
        }

    def _add(self, task: str, metric: RowMetric, is_weighted: bool) -> None:
        pair = task, metric.name
        if pair in self._of_rows:
            _check_distinct([pair, pair])
        if isinstance(metric, GroupedAUC):
            raise ValueError(
                "A `GroupedAUC` needs the groups of rows, which Keras does not "
                "pass: call `mtnas_tf.metrics.evaluate_groups` instead. "
                f"Received: {metric.name!r} of task {task!r} in `compile`"
            )
        self._of_rows[pair] = (metric, is_weighted)


def _by_task(
    argument: str, given: Any, tasks: Sequence[str]
) -> dict[str, list[Metric]]:
    if given is None:
        return {}
    if len(tasks) == 1 and not isinstance(given, dict):
        given = {tasks[0]: given}  # a list of it, or one
    given = by_task(argument, given, tasks)
    if not isinstance(given, dict):
        raise ValueError(
            f"`{argument}` must be a dict task name -> metrics. "
            f"Received: {argument}={given}"
        )
    unknown = sorted(set(given) - set(tasks))
    if unknown:
        raise ValueError(
            f"`{argument}` must be keyed by the tasks {tuple(tasks)}. "
            f"Received: {unknown} too"
        )
    return {
        task: list(metrics) if isinstance(metrics, list | tuple) else [metrics]
        for task, metrics in given.items()
    }


def _pairs(listed: dict[str, list[Metric]]) -> list[tuple[str, Metric]]:
    return [(task, m) for task, metrics in listed.items() for m in metrics]


def _name(metric: Metric) -> str:
    """The name that Keras gives a metric: an object, a function or a text."""
    default = getattr(metric, "__name__", metric)
    return str(getattr(metric, "name", default))


def _check_distinct(pairs: Sequence[Pair]) -> None:
    for task, name in pairs:
        if pairs.count((task, name)) > 1:
            raise ValueError(
                "The metrics of a task must have distinct names. "
                f"Received: {name!r} twice, of task {task!r}"
            )


def _check_keys(tasks: Sequence[TaskSpec], own: Sequence[Pair]) -> None:
    """Refuses a metric that would hide another task's, or be hidden by it."""
    for (task, name), key in result_keys(tasks, own).items():
        if (task, name) in own and key != f"{task}_{name}":
            raise ValueError(
                "A metric must not have the name of another task's result: "
                f"give it another `name`. Received: {name!r} of task {task!r}, "
                f"logged as '{task}_{name}'"
            )
