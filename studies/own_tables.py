"""Proposed schemas, compared with those of the builders' authors."""

import dataclasses
import os
import pathlib
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd

import tfds_builders
from benchmarks.harness import report
from benchmarks.harness.estimate import estimate
from benchmarks.harness.estimate import text
from benchmarks.harness.processes import progress
from mtnas_tf.data import CATALOG
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import RowSplit
from mtnas_tf.data import SchemaProposal
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import from_dataframe
from mtnas_tf.data import propose_schema
from mtnas_tf.models import MMoE
from studies.settings import Settings
from tfds_builders.census_income import parsing as census
from tfds_builders.kuairand import parsing as kuairand

RAW_DIR = "MTNAS_RAW_DIR"
SPLITS = 3
EPOCHS = 6
NUM_BUCKETS = 1_000_000
SMOKE_REPEATS = 30  # dummy files hold some ten rows
DUMMY_DATA = pathlib.Path(str(tfds_builders.__file__)).parent
PROTOCOL = f"""\
Two public tables, as a new user has them: the test file of Census-Income with
the names of its columns, and KuaiRand-Pure's second standard log joined with
its users and videos. Their schemas are proposed by `mtnas data infer`; columns
of KuaiRand that tell what a user did with the video are excluded by hand. They
are compared, on the same rows, with the fields that the authors of this
project's builders chose, including buckets they made. Each trains one MMoE with
the library's defaults for at most {EPOCHS} epochs, with early stopping on the
validation rows. AUCs are those of the test rows."""
LEAKS = ["is_follow", "is_comment", "is_forward", "is_hate", "play_time_ms"]
LEAKS += ["profile_stay_time", "comment_stay_time", "is_profile_enter"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Table:
    """A table, what its authors added to it, and what is excluded."""

    frame: pd.DataFrame
    added: pd.DataFrame
    tasks: tuple[str, ...]
    catalog: str
    exclude: list[str]

    @property
    def authors_schema(self) -> DatasetSchema:
        tasks = tuple(TaskSpec(name=task) for task in self.tasks)
        return dataclasses.replace(CATALOG[self.catalog], tasks=tasks)


def run(settings: Settings) -> dict[str, Any]:
    """Trains on both tables with either schema.

    Returns:
        `differences`: table -> `estimate` of the sum of AUCs with the proposed
        schema less that with the authors'. `rows`: a training each. `columns`:
        table -> what becomes of every column.
    """
    num_splits = 1 if settings.is_smoke else SPLITS
    rows: list[dict[str, Any]] = []
    columns = {}
    for name, read in _TABLES.items():
        table = read(_raw_dir(settings))
        if settings.is_smoke:
            table = _repeated(table)
        proposal = propose_schema(
            table.frame, table.tasks, exclude=table.exclude
        )
        columns[name] = _columns(proposal, table)
        for split in range(num_splits):
            progress(f"own tables: {name}, split {split}")
            rows += _train(name, table, proposal.schema, split)
    return {
        "differences": {name: _difference(name, rows) for name in _TABLES},
        "splits": num_splits,
        "seeds": 1,
        "rows": rows,
        "columns": columns,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, the AUCs, and the choice for every column."""
    parts = [PROTOCOL, report.table(_summary(section))]
    for name, columns in section["columns"].items():
        parts += [f"{name}, column by column:", report.table(columns)]
    return "\n\n".join(parts)


def _raw_dir(settings: Settings) -> pathlib.Path:
    if settings.is_smoke:
        return DUMMY_DATA
    if RAW_DIR not in os.environ:
        raise FileNotFoundError(
            f"{RAW_DIR} must name the folder of the raw files, with "
            "census_income_kdd/ and kuairand/ in it. Received: none"
        )
    return pathlib.Path(os.environ[RAW_DIR])


def _census(raw_dir: pathlib.Path) -> _Table:
    is_dummy = raw_dir == DUMMY_DATA
    path = "census_income/dummy_data/census-income.test"
    if not is_dummy:
        path = "census_income_kdd/census-income.test.gz"
    frame = pd.read_csv(
        raw_dir / path,
        names=list(census.COLUMNS),
        skipinitialspace=True,
        keep_default_na=False,
    )
    frame["income"] = frame.pop("income_50k").map(census.INCOMES)
    married = frame.pop("marital_stat")
    frame["never_married"] = (married == "Never married").astype(float)
    added = {
        f"{amount}_bucket": frame[amount].map(census.amount_bucket)
        for amount in ("wage_per_hour", "stock_dividends")
    }
    return _Table(
        frame=frame,
        added=pd.DataFrame(added),
        tasks=("income", "never_married"),
        catalog="census_income",
        exclude=[],
    )


def _kuairand(raw_dir: pathlib.Path) -> _Table:
    is_dummy = raw_dir == DUMMY_DATA
    folder = "kuairand/dummy_data" if is_dummy else "kuairand"
    data = raw_dir / folder / "KuaiRand-Pure" / "data"
    log = pd.read_csv(data / "log_standard_4_22_to_5_08_pure.csv")
    users = pd.read_csv(data / "user_features_pure.csv")
    videos = pd.read_csv(data / "video_features_basic_pure.csv")
    frame = log.merge(users, on="user_id", how="left")
    frame = frame.merge(videos, on="video_id", how="left")
    durations = frame.video_duration.fillna(-1).astype(int)
    tags = frame.tag.astype(object).where(frame.tag.notna(), "").map(str)
    added = {
        "hour": frame.hourmin // 100,
        "video_duration_bucket": durations.map(kuairand.duration_bucket),
        "first_tag": tags.str.partition(",")[0],
    }
    return _Table(
        frame=frame,
        added=pd.DataFrame(added),
        tasks=("is_click", "is_like", "long_view"),
        catalog="kuairand",
        exclude=LEAKS,
    )


_TABLES: dict[str, Callable[[pathlib.Path], _Table]] = {
    "census_income": _census,
    "kuairand": _kuairand,
}


def _repeated(table: _Table) -> _Table:
    def repeat(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame] * SMOKE_REPEATS, ignore_index=True)

    return dataclasses.replace(
        table, frame=repeat(table.frame), added=repeat(table.added)
    )


def _train(
    name: str, table: _Table, proposed: DatasetSchema, split: int
) -> list[dict[str, Any]]:
    """A training with either schema, of the same rows."""
    rows = []
    frame = table.frame.join(table.added)
    schemas = {"authors": table.authors_schema, "proposed": proposed}
    for schema_name, schema in schemas.items():
        data = from_dataframe(
            frame,
            schema=schema,
            num_buckets=NUM_BUCKETS,
            split=RowSplit(seed=split),
            batch_size=min(512, len(frame) // 4),
            seed=split,
        )
        keras.utils.set_random_seed(split)
        model = MMoE(data.schema)
        model.compile()
        model.fit(
            data.train,
            validation_data=data.valid,
            epochs=EPOCHS,
            shuffle=False,
            verbose=0,
            callbacks=[
                keras.callbacks.EarlyStopping(
                    "val_loss", patience=1, restore_best_weights=True
                )
            ],
        )
        found = model.evaluate_by_task(data.test)
        aucs = {task: found[task]["auc"] for task in table.tasks}
        rows.append(
            {"table": name, "schema": schema_name, "split": split, "auc": aucs}
        )
    return rows


def _columns(proposal: SchemaProposal, table: _Table) -> list[dict[str, str]]:
    """The proposal for a column, beside the authors' choice."""
    authors = {field.name: field.kind for field in table.authors_schema.fields}
    proposed = [
        {
            "column": column.name,
            "proposed": column.kind,
            "authors": authors.pop(column.name, "left out"),
            "why": column.why,
        }
        for column in proposal.columns
    ]
    added = [
        {"column": name, "proposed": "", "authors": f"{kind}, made by them"}
        for name, kind in authors.items()
    ]
    return [*proposed, *[{**row, "why": ""} for row in added]]


def _sums(name: str, schema: str, rows: list[dict[str, Any]]) -> np.ndarray:
    return np.array(
        [
            sum(row["auc"].values())
            for row in rows
            if (row["table"], row["schema"]) == (name, schema)
        ]
    )


def _difference(
    name: str, rows: list[dict[str, Any]]
) -> dict[str, float | None]:
    differences = _sums(name, "proposed", rows) - _sums(name, "authors", rows)
    return estimate(differences.tolist())


def _summary(section: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = section["rows"]
    return [
        {
            "table": name,
            "sum of AUCs, authors": text(
                estimate(_sums(name, "authors", rows).tolist())
            ),
            "sum of AUCs, proposed": text(
                estimate(_sums(name, "proposed", rows).tolist())
            ),
            "proposed - authors": text(difference, signed=True),
        }
        for name, difference in section["differences"].items()
    ]
