"""What a person should know of a model before it is used."""

import dataclasses
import statistics
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import mtnas_tf
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec

NOT_STATED = "Not stated by whoever saved the model."
# A metric of one training, or of one for each seed; undefined ones are None.
Scores = float | None | Sequence[float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What only whoever trained a model knows of it.

    It becomes the `README.md` of a preset, beside what the model tells itself:
    its tasks, the columns that it reads and its cost. What is left out is named
    there as not stated.

    Args:
        data: text. What it was trained on: source, period, rows, how they were
            split. Defaults to `""`, not stated.
        license: text. The licence of the data. Defaults to `""`, not stated.
        made: text. How it was made: method, search, settings, command. Defaults
            to `""`, not stated.
        metrics: dict split -> task -> metric -> number, or sequence of numbers,
            one for each of `seeds`, of which the card has mean and standard
            deviation. Defaults to none.
        seeds: sequence of int, of the trainings that the metrics are of.
            Defaults to `()`, not stated.
        limits: text. What it should not be used for, and what was not tested.
            Defaults to `""`, not stated.

    Raises:
        ValueError: if a metric does not have as many numbers as there are
            seeds.

    Example:
    >>> card = ModelCard(
    ...     data="Clicks of May 2026, the last day as test rows",
    ...     metrics={"test": {"click": {"auc": [0.71, 0.73]}}},
    ...     seeds=(0, 1),
    ... )
    >>> [line for line in card.metric_lines() if "auc" in line]
    ['| test | click | auc | 0.7200 ± 0.0141 |']
    """

    data: str = ""
    license: str = ""
    made: str = ""
    metrics: Mapping[str, Mapping[str, Mapping[str, Scores]]] | None = None
    seeds: Sequence[int] = ()
    limits: str = ""

    def __post_init__(self) -> None:
        for split, task, metric, scores in self._scores():
            if isinstance(scores, Sequence) and len(scores) != len(self.seeds):
                raise ValueError(
                    "`metrics` must hold a number for each of `seeds`, or one. "
                    f"Received: {len(scores)} of {metric!r} of {task!r} in "
                    f"{split!r}, seeds={self.seeds}"
                )

    def metric_lines(self) -> list[str]:
        """The lines of the table of metrics."""
        lines = ["| split | task | metric | value |", "|---|---|---|---:|"]
        return lines + [
            f"| {split} | {_cell(task)} | {metric} | {_spread(scores)} |"
            for split, task, metric, scores in self._scores()
        ]

    def to_markdown(
        self,
        title: str,
        tasks: Sequence[TaskSpec],
        costs: Mapping[str, int],
        fields: Sequence[FieldSpec] = (),
    ) -> str:
        """The text of a preset's `README.md`.

        Args:
            title: what the model is.
            tasks: its `TaskSpec`s.
            costs: name -> number.
            fields: its `FieldSpec`s; a model of images has none. Defaults to
                `()`.
        """
        sections = {
            "Tasks": "\n".join(_task_lines(tasks)),
            **({"Columns": "\n".join(_field_lines(fields))} if fields else {}),
            "Data": self.data,
            "Licence of the data": self.license,
            "Metrics": self._metrics_text(),
            "Cost": "\n".join(f"- {k}: {n:,}" for k, n in costs.items()),
            "How it was made": self.made,
            "Limits": self.limits,
            "Use": _USE.replace(_CALL, _CALL if fields else ""),
        }
        parts = [f"# {title}", f"A preset of mtnas_tf {mtnas_tf.__version__}."]
        for heading, text in sections.items():
            parts.append(f"## {heading}\n\n{text or NOT_STATED}")
        return "\n\n".join(parts) + "\n"

    def _metrics_text(self) -> str:
        if not self.metrics:
            return ""
        return "\n".join([*self.metric_lines(), "", self._about_seeds()])

    def _about_seeds(self) -> str:
        seeds = ", ".join(map(str, self.seeds))
        if len(self.seeds) > 1:
            return f"±: standard deviation over trainings of the seeds {seeds}."
        of_seed = f" of seed {seeds}" if seeds else ""
        return (
            f"Of one training{of_seed}: how far another seed would be from it "
            "is not known."
        )

    def _scores(self) -> Iterator[tuple[str, str, str, Scores]]:
        for split, by_task in (self.metrics or {}).items():
            for task, by_metric in by_task.items():
                for metric, scores in by_metric.items():
                    yield split, task, metric, scores


_CALL = """\
rows = [...]  # dicts with the columns above; None is a missing value
predictions = model.predict(model.schema.preprocessor(rows))
"""
_USE = f"""\
```python
import mtnas_tf as mt

model = mt.models.from_preset("path/of/this/directory")
{_CALL}```

`config.json` has the architecture, `model.weights.h5` the weights,
`schema.json` the fields with their vocabularies and the tasks, `route.json` who
reads what, of a model that has a route. `preset.json` has a SHA-256 digest of
each file, and the versions of the libraries that wrote them: a preset with
another byte does not load, so write notes elsewhere."""


def _task_lines(tasks: Sequence[TaskSpec]) -> Iterator[str]:
    yield "| task | kind | outputs | relation |"
    yield "|---|---|---:|---|"
    for task in tasks:
        remarks = {
            "counts where": task.condition,
            "implies": task.requires,
        }
        remark = ", ".join(
            f"{text} {_cell(name)}" for text, name in remarks.items() if name
        )
        name = _cell(task.name)
        yield f"| {name} | {task.kind} | {task.num_outputs} | {remark} |"


def _field_lines(fields: Sequence[FieldSpec]) -> Iterator[str]:
    yield "| column | a row has | read as |"
    yield "|---|---|---|"
    for field in fields:
        has = {"vector": f"{field.size} floats"}.get(field.kind, field.kind)
        if field.max_length is not None:
            has = f"list, its last {field.max_length}: {field.kind}"
        yield f"| {_cell(field.name)} | {has} | {_reading(field)} |"


def _reading(field: FieldSpec) -> str:
    """What the network makes of a value."""
    if field.kind == "vector":
        return "as it is"
    if field.boundaries:
        return f"one of {len(field.boundaries) + 1:,} buckets"
    if field.kind == "float":
        return f"(value - {field.mean:.6g}) / {field.scale:.6g}"
    if field.rows_of is not None:
        return f"the values of {_cell(field.rows_of)}"
    if field.vocabulary is None:
        return "hashed"
    return f"one of {len(field.vocabulary):,} known values, or another"


def _spread(scores: Scores) -> str:
    if not isinstance(scores, Sequence):
        return "undefined" if scores is None else f"{scores:.4f}"
    if len(scores) == 1:
        return f"{scores[0]:.4f}"
    return f"{statistics.mean(scores):.4f} ± {statistics.stdev(scores):.4f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
