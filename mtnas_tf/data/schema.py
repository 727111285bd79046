"""The schema of a data set: input fields, tasks, size of the table."""

import dataclasses
import functools
import json
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing import local_path
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies
from mtnas_tf.data.domains import Domains
from mtnas_tf.data.domains import domains_of
from mtnas_tf.data.domains import listed_domains
from mtnas_tf.data.field_roles import check_roles
from mtnas_tf.data.image_shape import check_image_shape
from mtnas_tf.data.task_relations import check_relations
from mtnas_tf.data.task_relations import kept_tasks
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config

NO_UNITS: dict[str, Any] = {"mean": 0.0, "scale": 1.0}


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetSchema:
    """Fields, or images, and tasks of a data set.

    Args:
        name: string. The data set's name.
        fields: tuple of `FieldSpec`, at least one, names distinct. Defaults to
            `()`, for images.
        tasks: tuple of `TaskSpec`, at least one, names distinct.
        num_buckets: int > 0. Rows of the embedding table that all hashed
            fields share. Defaults to `1_000_000`.
        domain: string. Name of the field that tells the domain, or scenario, of
            a row: a page, a tab, a country. Its vocabulary lists the domains.
            Defaults to `None`, one domain.
        entities: names of the fields that identify who and what meet in a row,
            such as user, item and author. Defaults to `()`.
        sequences: dict name of a list field -> name of the field that asks it:
            what a user has watched, asked by the video of the row. Defaults to
            `None`, none. `TargetAttentionEncoder` reads it.
        image_shape: `(height, width, channels)` of the images that a model
            reads in place of fields. They are arrays as they come: there is
            nothing to look up or to hash, and no `preprocessor`. Defaults to
            `None`, no images.

    Exports keep `domain`, `entities` and `sequences`.

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
    fields: tuple[FieldSpec, ...] = ()
    tasks: tuple[TaskSpec, ...]
    num_buckets: int = 1_000_000
    domain: str | None = None
    entities: tuple[str, ...] = ()
    sequences: dict[str, str] | None = dataclasses.field(
        default=None, hash=False
    )
    image_shape: tuple[int, ...] | None = None

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
        check_relations(self.tasks)
        if self.image_shape is None:
            _ = self.preprocessor  # validates the fields
        else:
            shape = check_image_shape(self.image_shape, self.fields)
            object.__setattr__(self, "image_shape", shape)
        object.__setattr__(self, "entities", tuple(self.entities))
        check_roles(
            self.fields, self.domain, self.entities, self.sequences or {}
        )
        leaks = sorted({field.name for field in self.fields} & set(names))
        if leaks:
            raise ValueError(
                "A task's column must not be a field, which would tell its "
                f"labels. Received: {leaks} among both"
            )

    @functools.cached_property
    def preprocessor(self) -> Preprocessor:
        """What turns raw rows into the arrays that a model reads.

        Raises:
            ValueError: if there are images in place of fields.
        """
        if self.image_shape is not None:
            raise ValueError(
                "`schema` must have fields: images are read by an "
                f"`ImageEncoder`. Received: image_shape={self.image_shape}"
            )
        return Preprocessor(self.fields, self.num_buckets)

    @property
    def task_names(self) -> tuple[str, ...]:
        return tuple(task.name for task in self.tasks)

    @property
    def num_outputs(self) -> dict[str, int]:
        """Task name -> `TaskSpec.num_outputs`."""
        return {task.name: task.num_outputs for task in self.tasks}

    @functools.cached_property
    def domains(self) -> Domains:
        """The domains that the vocabulary of the field `domain` lists.

        Raises:
            ValueError: if there is none, or its values are hashed.
        """
        return domains_of(self.preprocessor, self.domain)

    @property
    def lists_domains(self) -> bool:
        """Whether there are `domains`."""
        return bool(listed_domains(self.fields, self.domain))

    @property
    def input_widths(self) -> dict[str, int]:
        """Columns of the arrays that a model reads: `ids` and/or `values`.

        Empty for images.
        """
        if self.image_shape is not None:
            return {}
        preprocessor = self.preprocessor
        widths = {
            "ids": preprocessor.num_ids,
            "values": preprocessor.num_values,
        }
        return {name: width for name, width in widths.items() if width}

    def with_tasks(self, names: Sequence[str]) -> "DatasetSchema":
        """The schema with some of its tasks, in its order.

        A condition on a task that is left out is dropped: labels are masked
        by then. What a task requires by way of one that is left out, it still
        requires.

        Args:
            names: names of tasks.
        """
        unknown = set(names) - set(self.task_names)
        if unknown or isinstance(names, str):
            raise ValueError(
                f"`names` must be a list of some of {self.task_names}. "
                f"Received: names={names!r}"
            )
        tasks = kept_tasks(self.tasks, names)
        return dataclasses.replace(self, tasks=tasks)

    def with_task_named(self, name: str) -> "DatasetSchema":
        """The schema of one task with another name for it.

        Args:
            name: of the task.

        Raises:
            ValueError: if there are several tasks.
        """
        if len(self.tasks) > 1:
            raise ValueError(
                "`with_task_named` must be called of a schema of one task. "
                f"Received: {self.task_names}"
            )
        task = dataclasses.replace(self.tasks[0], name=name)
        return dataclasses.replace(self, tasks=(task,))

    @property
    def with_smallest_table(self) -> "DatasetSchema":
        """The schema with as few `num_buckets` as its vocabularies allow."""
        _, num_owned = rows_of_vocabularies(self.fields)
        return dataclasses.replace(self, num_buckets=num_owned + 1)

    @property
    def without_roles(self) -> "DatasetSchema":
        """The schema of the same arrays, without what only models read.

        That is `domain`, `entities`, `sequences`, `requires`, `score_weight`.
        """
        none: dict[str, Any] = {"requires": None, "score_weight": 1.0}
        tasks = tuple(dataclasses.replace(t, **none) for t in self.tasks)
        return dataclasses.replace(
            self, tasks=tasks, domain=None, entities=(), sequences=None
        )

    @property
    def of_networks(self) -> "DatasetSchema":
        """The schema without how floats are cut, which networks do not see."""
        fields = tuple(
            dataclasses.replace(
                f, boundaries=f.boundaries and (0.0,), **NO_UNITS
            )
            for f in self.fields
        )
        return dataclasses.replace(self, fields=fields)

    def mask(self, labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Labels, made missing where their task's condition does not hold.

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

    def to_dict(self) -> Config:
        """The schema as plain data, for JSON."""
        data = dataclasses.asdict(self)
        if self.image_shape is None:
            del data["image_shape"]
        for task in data["tasks"]:
            if task["score_weight"] == 1.0:
                del task["score_weight"]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "DatasetSchema":
        """The inverse of `to_dict`.

        Raises:
            ValueError: if a key is unknown or absent, or a value not of its
                kind.
        """
        unknown = set(data) - {spec.name for spec in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"it has unknown keys: {sorted(unknown)}")
        try:
            return cls(
                name=data["name"],
                fields=tuple(FieldSpec(**field) for field in data["fields"]),
                tasks=tuple(TaskSpec(**task) for task in data["tasks"]),
                num_buckets=data["num_buckets"],
                # Files of earlier versions lack these.
                domain=data.get("domain"),
                entities=tuple(data.get("entities", ())),
                sequences=data.get("sequences"),
                image_shape=data.get("image_shape"),
            )
        except KeyError as error:
            raise ValueError(f"it lacks the key {error}") from error
        except TypeError as error:
            raise ValueError(str(error)) from error
