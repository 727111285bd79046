"""The inputs of a run, kept in its directory.

`config.json` repeats the run, `schema.json` describes the columns of the data,
and `table.json` has a digest of the table they came from. Later verbs read the
table by the run's own schema, and refuse another table.
"""

import dataclasses
import json
import os
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import Sweep
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.table_digest import table_digest

CONFIG, SCHEMA, TABLE = "config.json", "schema.json", "table.json"


@dataclasses.dataclass(frozen=True)
class RunInputs:
    """The inputs of a run.

    Args:
        config: `ExperimentConfig` with absolute paths.
        data: `MultiTaskData` of the config.
        files: name -> text of the files that record the inputs.
    """

    config: ExperimentConfig
    data: MultiTaskData
    files: Mapping[str, str]

    def with_config(self, config: ExperimentConfig) -> "RunInputs":
        """The same data with another config."""
        kept = ExperimentConfig.from_json(self.files[CONFIG])
        kept = dataclasses.replace(config, data=kept.data, table=kept.table)
        files = {**self.files, CONFIG: kept.to_json()}
        return RunInputs(config, self.data, files)


def new_inputs(
    config: ExperimentConfig,
    workdir: Path,
    say: Callable[[str], None] = print,
) -> RunInputs:
    """The inputs of a new run.

    Args:
        config: `ExperimentConfig`.
        workdir: where the run directory will be.
        say: called with lines about values chosen by the data. Defaults to
            `print`.
    """
    config, data = _loaded(config, say)
    files = {SCHEMA: data.schema.to_json()}
    kept = config
    if config.table.path is not None:
        rows = {name: len(split) for name, split in data.splits.items()}
        digest = table_digest(config.table.path)
        files[TABLE] = strict_json({**digest, "rows": rows})
        kept = _with_schema_of_run(config, workdir)
    files[CONFIG] = kept.to_json()
    return RunInputs(config, data, files)


def inputs_of_comparison(
    config: ExperimentConfig, say: Callable[[str], None] = print
) -> RunInputs:
    """The inputs of a new comparison, of several splits.

    Without a schema, one is inferred from the training rows of each split; the
    embedding table has the size of the first split's in all of them.

    Args:
        config: `ExperimentConfig`.
        say: called with lines about values chosen by the data. Defaults to
            `print`.
    """
    config, data = _loaded(config, say)
    num_buckets = data.schema.num_buckets
    if config.table.path is not None:
        config = with_section(config, "data", num_buckets=num_buckets)
    return RunInputs(config, data, files_of_plan(config, config))


def files_of_plan(
    plan: ExperimentConfig | Sweep, config: ExperimentConfig
) -> dict[str, str]:
    """Files that record the inputs of a comparison or a sweep.

    Args:
        plan: the planned comparison.
        config: its config, with absolute paths.
    """
    files = {CONFIG: plan.to_json()}
    if config.table.path is not None:
        files[TABLE] = strict_json(table_digest(config.table.path))
    if config.table.schema is not None:
        files[SCHEMA] = DatasetSchema.load(config.table.schema).to_json()
    return files


def inputs_of_run(
    workdir: Path, table: str | Path | None = None
) -> tuple[ExperimentConfig, MultiTaskData]:
    """A run's config, and its data by its own schema.

    Args:
        workdir: the run directory.
        table: where the run's table lies now. Defaults to where it lay.

    Raises:
        FileNotFoundError: if there is no table.
        ValueError: if the table is not the one that the run was made from.
    """
    config = load_config(workdir / CONFIG)
    if config.table.path is None:
        if table is not None:
            raise ValueError(
                "`table` must be None: the run was made from the data set "
                f"{config.dataset!r}. Received: table={table}"
            )
        return config, runner.load_data(config)
    if table is not None:
        config = with_section(config, "table", path=_absolute(table))
    if (workdir / TABLE).is_file():
        _check_table(workdir, config.table.path)
        config = _with_schema_of_run(config, workdir)
    return config, runner.load_data(config)


def check_schema(model: Any, data: MultiTaskData) -> None:
    """Raises `ValueError` unless a model was trained on data of the schema."""
    # Models trained before a schema told roles predict the same arrays.
    expected, received = model.schema.without_roles, data.schema.without_roles
    if expected != received:
        raise ValueError(
            "The data's schema must be the one that the run's model was "
            "trained with: search or train again in a new directory. "
            f"Received: another {_difference(expected, received)}"
        )


def with_absolute_places(config: ExperimentConfig) -> ExperimentConfig:
    """The config with absolute paths.

    In a config of a table, the name of the data set is that of the table.
    """
    table = config.table
    if table.path is not None:
        config = with_section(config, "data", name=config.dataset)
    config = with_section(
        config,
        "table",
        path=_absolute(table.path),
        schema=_absolute(table.schema),
    )
    data_dir = config.data.data_dir
    if data_dir is not None and "://" not in data_dir:  # not in a bucket
        config = with_section(config, "data", data_dir=_absolute(data_dir))
    tuned = _absolute(config.optim.tuned)
    return with_section(config, "optim", tuned=tuned)


def _loaded(
    config: ExperimentConfig, say: Callable[[str], None]
) -> tuple[ExperimentConfig, MultiTaskData]:
    """The config with values chosen by the data, and the data."""
    config = with_absolute_places(config)
    data = runner.load_data(config)
    if config.data.batch_size is None:
        say(
            f"{len(data.splits['train']):,} training rows in batches of "
            f"{data.batch_size} (data.batch_size)"
        )
    return with_section(config, "data", batch_size=data.batch_size), data


def _absolute(path: str | Path | None) -> str | None:
    return None if path is None else os.path.abspath(local_path(path))


def _with_schema_of_run(
    config: ExperimentConfig, workdir: Path
) -> ExperimentConfig:
    """The config for the run's schema, which has all choices about columns."""
    schema = _absolute(workdir / SCHEMA)
    config = with_section(config, "data", min_count=None)
    return with_section(config, "table", schema=schema, tasks=(), exclude=())


def _check_table(workdir: Path, path: str | None) -> None:
    known = json.loads((workdir / TABLE).read_text(encoding="utf-8"))
    if not Path(str(path)).exists():
        raise FileNotFoundError(
            f"There is no table {path}, which the run was made from. Say where "
            "it lies now: `--table FILE`"
        )
    found = table_digest(str(path))
    if found["sha256"] != known["sha256"]:
        raise ValueError(
            f"The table {path} is not the one that the run in {workdir} was "
            f"made from, of {known['bytes']:,} bytes and sha256 "
            f"{known['sha256'][:12]}. Name that one by `--table FILE`, or make "
            "a new run from this one. Received: a table of "
            f"{found['bytes']:,} bytes and sha256 {found['sha256'][:12]}"
        )


def _difference(expected: DatasetSchema, received: DatasetSchema) -> str:
    """The first thing that differs between two schemas."""
    pairs = (("fields", "field"), ("tasks", "task"))
    for attribute, noun in pairs:
        first, second = (
            {each.name: each for each in getattr(schema, attribute)}
            for schema in (expected, received)
        )
        names = [*first, *(name for name in second if name not in first)]
        for name in names:
            if first.get(name) != second.get(name):
                return f"{noun} `{name}`"
        if list(first) != list(second):
            return f"order of {attribute}"
    if expected.num_buckets != received.num_buckets:
        return f"`num_buckets`, {received.num_buckets}"
    return f"`name`, {received.name!r}"
