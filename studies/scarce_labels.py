"""What is sharing worth where half of eight tasks have few labels?"""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.harness import report
from benchmarks.harness.estimate import estimate
from benchmarks.harness.estimate import text
from benchmarks.harness.processes import progress
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import RowSplit
from mtnas_tf.data import Split
from mtnas_tf.data import from_dataframe
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.starts import fresh_starts
from mtnas_tf.types import TaskMetrics
from studies.ranking import draw_routes
from studies.raw_files import census_test_file
from studies.raw_files import raw_dir
from studies.raw_files import repeated
from studies.settings import Settings
from studies.standalone import train_routes

SPLITS = 3
EPOCHS = 6
MANY, FEW = "all", "1,500"
NUM_LABELS = 1500
NUM_RANDOM = 8
STARTS = 4
MODELS = ("single_task", "shared_bottom", "mmoe", "cgc")
REFERENCE = "mmoe"
SEARCHED, RANDOM = "searched route", "random routes"
FULL_TASKS = {
    "income": ("income_50k", "50000+."),
    "college": ("education", "Bachelors degree(BA AB BS)"),
    "householder": ("det_hh_summ", "Householder"),
    "nonfiler": ("tax_filer_stat", "Nonfiler"),
}
SCARCE_TASKS = {
    "never_married": ("marital_stat", "Never married"),
    "full_time": ("full_or_part_emp", "Full-time schedules"),
    "all_year": ("weeks_worked", 52),
    "nonmover": ("mig_same", "Yes"),
}
TASKS = {**FULL_TASKS, **SCARCE_TASKS}
# They tell a label, or are no column of a person.
EXCLUDED = {"det_hh_fam_stat", "instance_weight"}
EXCLUDED |= {"mig_chg_msa", "mig_chg_reg", "mig_move_reg", "mig_prev_sunbelt"}
PROTOCOL = """\
The test file of Census-Income, 99,762 persons, with eight columns as tasks:
{full} have all labels, {scarce} {labels:,} of the training rows each and as
large a share of the validation rows. Test rows have all. Other columns that
tell a label are left out. Methods have the library's default sizes and train
for at most {epochs} epochs, to the one of the least validation loss. Routes are
of the default space; {random} random ones are drawn uniformly, and the route of
a search (five rounds of four networks, and a final one) is trained again from
{starts} starts. AUCs are means over four tasks. ±: standard error over {splits}
splits, which deal the same rows."""


def run(settings: Settings) -> dict[str, Any]:
    """Trains every method with all labels and with few.

    Returns:
        `scarce_labels_gain`: method -> AUC of the scarce tasks minus MMoE's.
        `summary`: a method with many or few labels each. `rows`: the same on a
        split each.
    """
    splits = 1 if settings.is_smoke else SPLITS
    rows = [row for split in range(splits) for row in rows_of(settings, split)]
    kinds = dict.fromkeys((row["labels"], row["method"]) for row in rows)
    summary = [_summarize(*kind, rows) for kind in kinds]
    return {
        "scarce_labels_gain": {
            entry["method"]: entry["scarce_difference"]["mean"]
            for entry in summary
            if entry["labels"] == FEW
        },
        "splits": splits,
        "seeds": 1,
        "summary": summary,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of the methods."""
    protocol = PROTOCOL.format(
        full=_names(FULL_TASKS),
        scarce=_names(SCARCE_TASKS),
        labels=NUM_LABELS,
        epochs=EPOCHS,
        random=NUM_RANDOM,
        starts=STARTS,
        splits=section["splits"],
    )
    lines = [
        {
            "labels of the second four": entry["labels"],
            "method": entry["method"],
            "AUC, first four": text(entry["full"]),
            "minus MMoE, first four": text(
                entry["full_difference"], signed=True
            ),
            "AUC, second four": text(entry["scarce"]),
            "minus MMoE, second four": text(
                entry["scarce_difference"], signed=True
            ),
        }
        for entry in section["summary"]
    ]
    return f"{protocol}\n\n{report.table(lines)}"


def rows_of(settings: Settings, split: int) -> list[dict[str, Any]]:
    """A row of each method with many and with few labels.

    Args:
        settings: `Settings`.
        split: int >= 0. Of rows, labels and weights.
    """
    config = _config(settings, split)
    data = _census(settings, split)
    count = 50 if settings.is_smoke else NUM_LABELS
    rows = []
    for labels, rows_read in (
        (MANY, data),
        (FEW, with_few(data, count, split)),
    ):
        for method, tests in _trained(config, rows_read):
            progress(f"scarce labels: split {split}, {labels}, {method}")
            row = {"labels": labels, "method": method, "split": split}
            rows.append({**row, "auc": _aucs(tests)})
    return rows


def with_few(data: MultiTaskData, count: int, seed: int) -> MultiTaskData:
    """The same rows, whose scarce tasks lack most labels but for the test.

    Args:
        data: `MultiTaskData`.
        count: int > 0. Labels of a task on the training rows; as many for as
            many of the validation rows.
        seed: int. Of the rows that keep theirs.
    """
    rng = np.random.default_rng(seed)
    share = count / len(data.splits["train"])
    splits = dict(data.splits)
    for name in ("train", "valid"):
        split = data.splits[name]
        labels = dict(split.labels)
        for task in SCARCE_TASKS:
            kept = rng.permutation(len(split))[: round(share * len(split))]
            few = np.full_like(labels[task], np.nan)
            few[kept] = labels[task][kept]
            labels[task] = few
        splits[name] = Split(split.inputs, labels)
    return MultiTaskData(
        data.schema,
        splits["train"],
        splits["valid"],
        splits["test"],
        batch_size=data.batch_size,
        seed=data.seed,
    )


def _config(settings: Settings, split: int) -> ExperimentConfig:
    config = ExperimentConfig(seed=split)
    config = with_section(
        config, "optim", epochs=1 if settings.is_smoke else EPOCHS
    )
    if settings.is_smoke:
        config = with_section(config, "model", units=4)
    return with_section(
        config,
        "search.candidates",
        num_places=4,
        num_rounds=2 if settings.is_smoke else 5,
        num_finalists=2,
    )


def _census(settings: Settings, split: int) -> MultiTaskData:
    frame = census_test_file(raw_dir(settings))
    if settings.is_smoke:
        frame = repeated(frame)
    labels = {
        task: (frame[column] == value).astype(float)
        for task, (column, value) in TASKS.items()
    }
    told = {column for column, _ in TASKS.values()} | EXCLUDED
    frame = frame.drop(columns=sorted(told)).assign(**labels)
    return from_dataframe(
        frame,
        list(TASKS),
        split=RowSplit(seed=split),
        batch_size=min(512, len(frame) // 4),
        seed=split,
    )


def _trained(
    config: ExperimentConfig, data: MultiTaskData
) -> Iterator[tuple[str, list[TaskMetrics]]]:
    """Methods with the test metrics of their trainings."""
    for name in MODELS:
        model = building.build_model(name, config, data.schema)
        runner.train(model, config, data, verbose=0)
        yield name, [model.evaluate_by_task(data.test)]
    space = route_space(config, data.schema.task_names)
    trainer = new_trainer(config, data.schema, space)
    first, *_ = starts = fresh_starts(config.seed, STARTS)
    yield RANDOM, _tests(trainer, data, draw_routes(space, NUM_RANDOM), [first])
    found = search_candidates(config, data, trainer)
    yield SEARCHED, _tests(trainer, data, [found.route], starts)


def _tests(
    trainer: CandidateTrainer,
    data: MultiTaskData,
    routes: list[Route],
    starts: list[int],
) -> list[TaskMetrics]:
    trained = train_routes(trainer, data, routes, starts)
    return [outcome.test for outcomes in trained for outcome in outcomes]


def _aucs(tests: list[TaskMetrics]) -> dict[str, float]:
    """The mean AUC of each task."""
    return {
        task: float(np.mean([metrics[task]["auc"] for metrics in tests]))
        for task in TASKS
    }


def _summarize(
    labels: str, method: str, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """A method over splits."""
    found = {}
    for kind, tasks in (("full", FULL_TASKS), ("scarce", SCARCE_TASKS)):
        own, reference = (
            np.array(
                [
                    np.mean([row["auc"][task] for task in tasks])
                    for row in rows
                    if (row["labels"], row["method"]) == (labels, name)
                ]
            )
            for name in (method, REFERENCE)
        )
        found[kind] = estimate(own)
        found[f"{kind}_difference"] = estimate(own - reference)
    return {"labels": labels, "method": method, **found}


def _names(tasks: Mapping[str, Any]) -> str:
    return ", ".join(f"`{task}`" for task in tasks)
