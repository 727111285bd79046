"""`mtnas sweep`: a comparison for every variant of an experiment."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from mtnas_tf.config import Sweep
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison import sweep as sweeping
from mtnas_tf.experiment.comparison.checked_pairs import check_pairs
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.comparison.pages import write_sweep
from mtnas_tf.experiment.effort import task_names
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.row_file import ANY_ROWS
from mtnas_tf.experiment.row_file import ROWS
from mtnas_tf.experiment.row_file import rows_kept
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_inputs import files_of_plan
from mtnas_tf.experiment.run_inputs import inputs_of_comparison
from mtnas_tf.experiment.run_inputs import with_absolute_places
from mtnas_tf.experiment.workers import workers_of_run
from mtnas_tf.progress import shown_progress


def sweep(
    plan: Sweep,
    num_seeds: int,
    workdir: Path,
    say: Callable[[str], None] = print,
    num_splits: int = 1,
    executor: str | None = None,
) -> Results:
    """Compares every variant of a sweep into a new run directory.

    A sweep that was stopped, or failed, goes on after its last row.

    Args:
        plan: `Sweep`.
        num_seeds: see `run_sweep`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.
        num_splits: see `run_sweep`. Defaults to `1`.
        executor: see `named_executor`. Defaults to `None`, this process.

    Returns:
        The content of `sweep.json`.
    """
    check_is_new(workdir)
    check_pairs(plan.config, num_seeds, num_splits)
    config = with_absolute_places(plan.config)
    if config.table.path is not None:
        config = inputs_of_comparison(config, say).config
    plan = dataclasses.replace(plan, config=config)
    effort = sum(
        comparison_effort(each, num_seeds, num_splits, task_names(each))
        for each in plan.configs().values()
    )
    files = files_of_plan(plan, config)
    with run_directory(workdir, files, results=ANY_ROWS) as run:
        with (
            rows_kept(run / ROWS.format(num_seeds, num_splits)) as rows,
            workers_of_run(executor, run) as workers,
            shown_progress(effort, say) as progress,
        ):
            result = sweeping.run_sweep(
                plan,
                num_seeds,
                num_splits,
                runner.load_data,
                progress.say,
                rows.append,
                rows.known,
                **workers,
            )
        write_sweep(result, run)
    write_report(workdir)
    say(f"\n{sweeping.text_page(result)}\nwritten to {workdir}")
    return result
