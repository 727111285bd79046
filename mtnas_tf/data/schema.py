"""What a data set offers a model: input fields, tasks, size of the table."""

import dataclasses
import functools
import json
import math
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing import local_path
from mtnas_tf.tasks import TASK_KINDS

INPUTS = ("ids", "values")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """One thing to predict.

    A label is a float, NaN where it was not observed. A missing label is
    masked in the loss, in every metric and in the reward.

    Args:
        name: string. Key of the task in labels, outputs and metrics.
        kind: `"binary"` (labels 0 and 1, the model predicts a probability),
            `"regression"` (any float) or `"multiclass"` (labels number the
            classes from 0, the model predicts a probability of each). Defaults
            to `"binary"`.
        condition: name of another binary task, or `None`. With a name, the
            label counts only in rows where that task's label counts and is 1
            ("likes it, if it was finished"); elsewhere it is missing. Defaults
            to `None`.
        num_classes: int >= 2 of a multi-class task, `None` of another.
            Defaults to `None`.
        mean: float, of a regression: what its labels scatter about in the
            training rows. Networks predict `(label - mean) / scale` inside, so
            that a loss weighs all tasks alike; predictions are in the labels'
            units. Defaults to `0.0`.
        scale: float > 0, of a regression: its labels' deviation. Defaults to
            `1.0`.

    Example:
    >>> like = TaskSpec(name="like", condition="click")
    >>> like.kind, like.num_outputs
    ('binary', 1)
    >>> seconds = TaskSpec(name="s", kind="regression", mean=30.0, scale=10.0)
    >>> seconds.scaled(50.0)
    2.0
    """

    name: str
    kind: str = "binary"
    condition: str | None = None
    num_classes: int | None = None
    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(
                f"`name` must be a text. Received: name={self.name!r}"
            )
        if self.name in INPUTS:
            raise ValueError(
                f"`name` must not be one of {INPUTS}, the inputs of a model. "
                f"Received: name={self.name!r}"
            )
        if self.kind not in TASK_KINDS:
            raise ValueError(
                f"`kind` must be one of {tuple(TASK_KINDS)}. "
                f"Received: kind={self.kind!r}"
            )
        count = self.num_classes
        rule, is_valid = "None", count is None
        if TASK_KINDS[self.kind].has_num_classes:
            rule = "an int of at least 2"
            is_valid = isinstance(count, int) and count >= 2
        if not is_valid:
            raise ValueError(
                f"`num_classes` must be {rule} for kind={self.kind!r}. "
                f"Received: num_classes={count!r}"
            )

        is_finite = math.isfinite(self.mean) and math.isfinite(self.scale)
        if (
            not is_finite
            or self.scale <= 0
            or (self.is_scaled and not TASK_KINDS[self.kind].has_scale)
        ):
            raise ValueError(
                "`scale` must be positive, and `mean` and `scale` finite, 0 "
                "and 1 of a kind that is not scaled. Received: "
                f"mean={self.mean}, scale={self.scale}, kind={self.kind!r}"
            )

    @property
    def is_scaled(self) -> bool:
        """Whether networks predict other numbers than the labels."""
        return (self.mean, self.scale) != (0.0, 1.0)

    def scaled(self, labels: Any) -> Any:
        """Labels as networks predict them: `(labels - mean) / scale`.

        Args:
            labels: array or tensor of floats.
        """
        return (labels - self.mean) / self.scale if self.is_scaled else labels

    def unscaled(self, outputs: Any) -> Any:
        """The inverse of `scaled`.

        Args:
            outputs: array or tensor of floats.
        """
        return outputs * self.scale + self.mean if self.is_scaled else outputs

    @property
    def num_outputs(self) -> int:
        """What a model predicts of a row: one number, or one for each class."""
        return self.num_classes or 1

    @property
    def label_rule(self) -> str:
        """What labels must be unless they are missing, in words."""
        return TASK_KINDS[self.kind].labels_of(self.num_classes)

    def are_labels(self, labels: np.ndarray) -> np.ndarray:
        """Which numbers the task may have as labels; bool, of their shape.

        Args:
            labels: array of floats. NaN is missing, and passes.
        """
        is_label = TASK_KINDS[self.kind].is_label(labels, self.num_classes)
        return is_label | np.isnan(labels)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetSchema:
    """Fields and tasks of a data set.

    Args:
        name: string. The data set's name.
        fields: tuple of `FieldSpec`, names distinct.
        tasks: tuple of `TaskSpec`, at least one, names distinct.
        num_buckets: int > 0. Rows of the embedding table that all hashed
            fields share. Defaults to `1_000_000`.

    Example:
    >>> schema = DatasetSchema(
    ...     name="log",
    ...     fields=(FieldSpec(name="u"), FieldSpec(name="age", kind="float")),
    ...     tasks=(TaskSpec(name="click"), TaskSpec(name="like")),
    ... )
    >>> schema.task_names, schema.input_widths
    (('click', 'like'), {'ids': 1, 'values': 1})
    """

    name: str
    fields: tuple[FieldSpec, ...]
    tasks: tuple[TaskSpec, ...]
    num_buckets: int = 1_000_000

    def __post_init__(self) -> None:
        odd = [task for task in self.tasks if not isinstance(task, TaskSpec)]
        if odd:
            raise ValueError(
                "`tasks` must hold `TaskSpec`s. "
                f"Received: {odd[0]!r} among them"
            )
        names = [task.name for task in self.tasks]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                "`tasks` must hold at least one task, under distinct names. "
                f"Received: tasks={names}"
            )
        for task in self.tasks:
            _check_condition(task, self.tasks)
        _ = self.preprocessor  # validates the fields
        leaks = sorted({field.name for field in self.fields} & set(names))
        if leaks:
            raise ValueError(
                "A task's column must not be a field, which would tell its "
                f"labels. Received: {leaks} among both"
            )

    @functools.cached_property
    def preprocessor(self) -> Preprocessor:
        return Preprocessor(self.fields, self.num_buckets)

    @property
    def task_names(self) -> tuple[str, ...]:
        return tuple(task.name for task in self.tasks)

    @property
    def num_outputs(self) -> dict[str, int]:
        """Task name -> `TaskSpec.num_outputs`."""
        return {task.name: task.num_outputs for task in self.tasks}

    @property
    def input_widths(self) -> dict[str, int]:
        """Columns of the arrays that a model reads: `ids` and/or `values`."""
        preprocessor = self.preprocessor
        widths = {
            "ids": preprocessor.num_ids,
            "values": preprocessor.num_values,
        }
        return {name: width for name, width in widths.items() if width}

    def with_tasks(self, names: Sequence[str]) -> "DatasetSchema":
        """The schema with some of its tasks, in its order.

        A condition on a task that is left out is dropped: labels are masked
        by then.

        Args:
            names: names of tasks.
        """
        unknown = set(names) - set(self.task_names)
        if unknown or isinstance(names, str):
            raise ValueError(
                f"`names` must be a list of some of {self.task_names}. "
                f"Received: names={names!r}"
            )
        tasks = tuple(
            task
            if task.condition in names
            else dataclasses.replace(task, condition=None)
            for task in self.tasks
            if task.name in names
        )
        return dataclasses.replace(self, tasks=tasks)

    def mask(self, labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Labels with those missing whose task's condition does not hold.

        Args:
            labels: dict task name -> float array, NaN where missing.
        """
        conditions = {task.name: task.condition for task in self.tasks}
        masked = {}
        for name in self.task_names:
            label = labels[name]
            # A condition counts only where its own holds.
            above = conditions[name]
            while above is not None:
                label = np.where(labels[above] == 1, label, np.float32(np.nan))
                above = conditions[above]
            masked[name] = label
        return masked

    def save(self, path: str | Path) -> None:
        """Writes the schema as JSON, to be edited and loaded again."""
        local_path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "DatasetSchema":
        """The inverse of `save`.

        Raises:
            ValueError: if the file is no schema; it names the file.
        """
        try:
            return cls.from_dict(
                json.loads(local_path(path).read_text(encoding="utf-8"))
            )
        except ValueError as error:
            raise ValueError(f"{path} must be a schema: {error}") from error

    def to_json(self) -> str:
        """The text that `save` writes."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The schema as plain data, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "DatasetSchema":
        """The inverse of `to_dict`.

        Raises:
            ValueError: if a key is unknown or absent, or a value not of its
                kind.
        """
        try:
            return cls(
                name=data["name"],
                fields=tuple(FieldSpec(**field) for field in data["fields"]),
                tasks=tuple(TaskSpec(**task) for task in data["tasks"]),
                num_buckets=data["num_buckets"],
            )
        except KeyError as error:
            raise ValueError(f"it lacks the key {error}") from error
        except TypeError as error:
            raise ValueError(str(error)) from error


def _check_condition(task: TaskSpec, tasks: Sequence[TaskSpec]) -> None:
    """Refuses a condition on no binary task, or in the end on the task."""
    by_name = {other.name: other for other in tasks}
    chain = [task.name]
    while (name := by_name[chain[-1]].condition) is not None:
        if name not in by_name or name in chain:
            raise ValueError(
                "`condition` must name another task, which is not itself "
                f"conditional on the task. Received: {' if '.join(chain)} if "
                f"{name}, with tasks {list(by_name)}"
            )
        if not TASK_KINDS[by_name[name].kind].has_positives:
            raise ValueError(
                "`condition` must name a binary task, whose label can be 1. "
                f"Received: condition={name!r}, a {by_name[name].kind} task, "
                f"of {chain[-1]!r}"
            )
        chain.append(name)
