"""A comparison of allocations in a run directory."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import load
from mtnas_tf.data.catalog import IMAGES
from mtnas_tf.experiment.allocation.compare import compare
from mtnas_tf.experiment.allocation.pages import text_table
from mtnas_tf.experiment.allocation.pages import write_allocations
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.row_file import ANY_ROWS
from mtnas_tf.experiment.row_file import ROWS
from mtnas_tf.experiment.row_file import rows_kept
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_inputs import CONFIG
from mtnas_tf.experiment.run_inputs import with_absolute_places
from mtnas_tf.progress import shown_progress


def is_of_images(config: ExperimentConfig) -> bool:
    """Whether a config names a data set of images."""
    name = config.data.name.partition("/")[0]
    return config.table.path is None and name in IMAGES


def compare_allocations(
    config: ExperimentConfig,
    num_seeds: int,
    workdir: Path,
    say: Callable[[str], None] = print,
) -> Results:
    """Compares allocations of components into a new run directory.

    A comparison that was stopped, or failed, goes on after its last row, and
    where its last epoch was kept, in the midst of a training.

    Args:
        config: `ExperimentConfig` of images.
        num_seeds: see `compare`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The content of `compare.json`.
    """
    check_is_new(workdir)
    if num_seeds < 1:
        raise ValueError(
            f"`num_seeds` must be positive. Received: num_seeds={num_seeds}"
        )
    config = with_absolute_places(config)
    data = load(**dataclasses.asdict(config.data), seed=config.seed)
    config = with_section(config, "data", batch_size=data.batch_size)
    effort = float(num_seeds * len(config.allocation.compared))
    files = {CONFIG: config.to_json()}
    with run_directory(workdir, files, results=ANY_ROWS) as run:
        with (
            shown_progress(effort, say) as progress,
            rows_kept(run / ROWS.format(num_seeds, 1)) as rows,
        ):
            progress.skip(float(len(rows.known)))
            result = compare(
                config,
                num_seeds,
                data,
                progress.say,
                rows.append,
                rows.known,
                run,
            )
        write_allocations(result, run)
    write_report(workdir)
    say(f"\n{text_table(result)}\nwritten to {workdir}")
    return result
