"""The whole line on a made-up log: prepare, search, compare, export."""

import contextlib
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from mtnas_preprocessing import local_path
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import prepare
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.quickstart import report
from mtnas_tf.experiment.quickstart.config import PLANTED_GROUPS
from mtnas_tf.experiment.quickstart.config import get_config
from mtnas_tf.experiment.quickstart.contenders import effort_of_contenders
from mtnas_tf.experiment.quickstart.contenders import train_contenders
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.run_directory import new_directory
from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import MODEL
from mtnas_tf.experiment.run_files import load_model
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.verbs.derive import derive
from mtnas_tf.experiment.verbs.export import export
from mtnas_tf.experiment.verbs.predict import predict
from mtnas_tf.experiment.verbs.search import search
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.outcome import Outcome

NUM_CSV_ROWS = 100

Say = Callable[[str], None]


def run(workdir: Path, say: Say, seed: int) -> dict[str, Any]:
    """Runs every stage into `workdir`.

    Args:
        workdir: directory to make; must not exist.
        say: called with lines of text.
        seed: see `get_config`.

    Returns:
        The comparison: `rows`, and what they are about.
    """
    workdir = local_path(workdir)
    config = get_config(seed)
    config = with_section(config, "data", data_dir=str(workdir / "data"))
    with new_directory(workdir):
        say("1/4  a made-up log, with two groups of tasks that disagree")
        data = _made_up(config, workdir / "rows.csv", say)
        say(
            f"2/4  search: {trainings_of_search(config)} networks, side by side"
        )
        space = route_space(config, data.schema.task_names)
        trainer = new_trainer(config, data.schema, space)
        route, picked = _searched(config, data, trainer, workdir, say)
        say("3/4  MMoE, Shared-Bottom and single-task, restarted as often")
        result = _compared(config, data, trainer, route, picked, say)
        write_text(workdir / "comparison.json", strict_json(result))
        say("4/4  export to ONNX and SavedModel, prediction by ONNX Runtime")
        _served(workdir, say)
    write_report(workdir)
    return result


def summary(workdir: Path, result: dict[str, Any]) -> str:
    """The results, and the paths of their files."""
    run = workdir / "search"
    found = "found" if result["groups_found"] else "not found"
    return "\n".join(
        [
            "",
            report.text(result),
            f"The planted groups ({result['groups']}) were {found}.",
            "",
            f"route        {run / 'route.svg'}",
            f"model        {run / MODEL}",
            f"served model {run / 'export'}",
            f"predictions  {workdir / 'predictions.csv'}",
            f"comparison   {workdir / 'comparison.json'}",
            f"report       {workdir / 'report.html'}",
        ]
    )


def _made_up(config: ExperimentConfig, rows: Path, say: Say) -> MultiTaskData:
    """The data; also writes raw rows of the test split, to be served."""
    with shown_progress(1, say) as progress, _tfds_held():
        builder = prepare(config.data.name, data_dir=config.data.data_dir)
        data = runner.load_data(config)
        _write_rows(rows, builder, [field.name for field in data.schema.fields])
        progress.advance(1)
    return data


def _searched(
    config: ExperimentConfig,
    data: MultiTaskData,
    trainer: CandidateTrainer,
    workdir: Path,
    say: Say,
) -> tuple[Route, Outcome]:
    """The network that the search picked, and its route."""
    run = workdir / "search"
    found = search(config, run, say, trainer=trainer)
    derive(run, "inherit", say=_ignore)
    network = load_model(run, MODEL)
    picked = Outcome(
        config.seed,
        network.route,
        found["epochs"],
        found["train_seconds"],
        found["valid"],
        network.evaluate_by_task(data.test),
        trainings_of_search(config),
    )
    return network.route, picked


def _compared(
    config: ExperimentConfig,
    data: MultiTaskData,
    trainer: CandidateTrainer,
    route: Route,
    picked: Outcome,
    say: Say,
) -> dict[str, Any]:
    tasks = data.schema.tasks
    effort = effort_of_contenders(config, len(tasks))
    with shown_progress(effort, say):
        contenders = train_contenders(config, data, trainer, route)
    groups = ", ".join(" + ".join(group) for group in PLANTED_GROUPS)
    return {
        "dataset": config.data.name,
        "num_tasks": len(tasks),
        "num_rows": len(data.splits["test"]),
        "groups": groups,
        "groups_found": report.sharing(tasks, route) == groups,
        "rows": report.rows_of(tasks, contenders, picked),
    }


def _served(workdir: Path, say: Say) -> None:
    with shown_progress(2, say) as progress:
        export(workdir / "search", say=_ignore)
        progress.advance(1)
        predict(
            workdir / "search" / "export",
            workdir / "rows.csv",
            workdir / "predictions.csv",
            _ignore,
        )
        progress.advance(1)


def _write_rows(path: Path, builder: Any, fields: list[str]) -> None:
    split = f"test[:{NUM_CSV_ROWS}]"
    records = tfds.as_numpy(builder.as_dataset(split=split))
    with (
        whole_file(path) as beside,
        beside.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(records)


@contextlib.contextmanager
def _tfds_held() -> Any:
    """Keeps bars and lines of TFDS off the terminal."""
    tfds.disable_progress_bar()
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _ignore(line: str) -> None:
    """Ignores a line of text."""
