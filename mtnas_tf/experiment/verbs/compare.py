"""`mtnas compare`: every method on the same data."""

import json
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import config_digest
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.allocation.run import compare_allocations
from mtnas_tf.experiment.allocation.run import is_of_images
from mtnas_tf.experiment.budget import Plan
from mtnas_tf.experiment.budget import plan_comparison
from mtnas_tf.experiment.comparison import compare as comparison
from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison.checked_pairs import check_pairs
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.comparison.methods_only import methods_only
from mtnas_tf.experiment.comparison.pages import write_comparison
from mtnas_tf.experiment.comparison.provenance import BEGUN
from mtnas_tf.experiment.comparison.provenance import begun
from mtnas_tf.experiment.comparison.provenance import provenance
from mtnas_tf.experiment.pace import measure_pace
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.row_file import ANY_ROWS
from mtnas_tf.experiment.row_file import ROWS
from mtnas_tf.experiment.row_file import rows_kept
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_inputs import CONFIG
from mtnas_tf.experiment.run_inputs import inputs_of_comparison
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.experiment.workers import workers_of_run
from mtnas_tf.progress import shown_progress

BUDGET, PLAN = "budget.json", "plan.json"


def compare(
    config: ExperimentConfig,
    num_seeds: int,
    workdir: Path,
    say: Callable[[str], None] = print,
    num_splits: int = 1,
    budget: float | None = None,
    models: Sequence[str] = (),
    executor: str | None = None,
) -> Results:
    """Compares every method into a new run directory.

    A comparison that was stopped, or failed, goes on after its last row. On a
    data set of images allocations of components are compared, see
    `compare_allocations`.

    Args:
        config: `ExperimentConfig`.
        num_seeds: see `comparison.compare`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.
        num_splits: see `comparison.compare`. Defaults to `1`.
        budget: minutes that it may take, see `plan_comparison` for the parts
            that are left out. Defaults to `None`, no limit.
        models: names of the zoo, or `("all",)`, that are compared without a
            search, see `methods_only`. Defaults to `()`: a search, the config's
            baselines and the controls.
        executor: see `named_executor`. Defaults to `None`, this process.

    Returns:
        The content of `compare.json`.
    """
    if is_of_images(config):
        _check_of_images(num_splits, budget, models, executor)
        return compare_allocations(config, num_seeds, workdir, say)
    check_is_new(workdir)
    check_pairs(config, num_seeds, num_splits)
    if models:
        config = methods_only(config, models, num_seeds)
    say(f"config sha256 {config_digest(config)[:12]}")
    inputs = inputs_of_comparison(config, say)
    plan = Plan(inputs.config, num_seeds, num_splits)
    files = {**inputs.files, BUDGET: json.dumps({"minutes": budget})}
    with run_directory(workdir, files, results=ANY_ROWS) as run:
        begun_at = begun(run)
        with shown_progress(_effort(plan, inputs.data), say) as progress:
            if budget is not None:
                plan = _planned(plan, inputs.data, budget, run, progress.say)
                effort = _effort(plan, inputs.data)
                progress.expect(effort, 60 * plan.minutes)
            with workers_of_run(executor, run) as workers:
                result = _compared(
                    plan, inputs.data, run, progress.say, workers
                )
        result["protocol"]["provenance"] = provenance(config, begun_at)
        for name in (BUDGET, BEGUN):
            (run / name).unlink()
        inputs = inputs.with_config(plan.config)
        write_text(run / CONFIG, inputs.files[CONFIG])
        write_comparison(result, run)
    write_report(workdir)
    say(f"\n{report.text_page(result)}\nwritten to {workdir}")
    return result


def _check_of_images(
    num_splits: int,
    budget: float | None,
    models: Sequence[str],
    executor: str | None,
) -> None:
    """Refuses options that a comparison on images does not have."""
    if num_splits != 1 or budget is not None or models or executor:
        raise ValueError(
            "`--splits`, `--budget`, `--models` and `--executor` must be left "
            "out for images; `--set allocation.compared=learned,shared_bottom` "
            f"chooses methods. Received: num_splits={num_splits}, "
            f"budget={budget}, models={list(models)}, executor={executor!r}"
        )


def _compared(
    plan: Plan,
    data: MultiTaskData,
    run: Path,
    say: Callable[[str], None],
    workers: dict[str, Any],
) -> Results:
    """Trains the planned rows, except those kept in the run."""
    first = plan.config.data

    def load(config: ExperimentConfig) -> MultiTaskData:
        return data if config.data == first else runner.load_data(config)

    sizes = plan.num_seeds, plan.num_splits
    # Other pairs are another comparison.
    with rows_kept(run / ROWS.format(*sizes)) as rows:
        return comparison.compare(
            plan.config, *sizes, load, say, rows.append, rows.known, **workers
        )


def _planned(
    plan: Plan,
    data: MultiTaskData,
    budget: float,
    run: Path,
    say: Callable[[str], None],
) -> Plan:
    """The plan of a comparison; one that is resumed keeps its plan."""
    path = run / PLAN
    if path.is_file():
        return Plan.from_json(path.read_text(encoding="utf-8"))
    config = with_tuned(plan.config, SEARCHED)
    space = route_space(config, data.schema.task_names)
    pace = measure_pace(new_trainer(config, data.schema, space), data)
    sizes = plan.num_seeds, plan.num_splits
    tasks = data.schema.task_names
    plan = plan_comparison(plan.config, *sizes, tasks, pace, budget)
    plan.tell(budget, say)
    write_text(path, plan.to_json())
    return plan


def _effort(plan: Plan, data: MultiTaskData) -> float:
    sizes = plan.num_seeds, plan.num_splits
    return comparison_effort(plan.config, *sizes, data.schema.task_names)
