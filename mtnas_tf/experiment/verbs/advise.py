"""`mtnas advise`: do tasks conflict, and what may a search gain?"""

from collections.abc import Callable
from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.about import write_about
from mtnas_tf.experiment.advice.advice import advice_on
from mtnas_tf.experiment.advice.gradients import EFFORT
from mtnas_tf.experiment.advice.report import markdown_page
from mtnas_tf.experiment.advice.report import text_page
from mtnas_tf.experiment.advice.trainings import Trainings
from mtnas_tf.experiment.comparison.captions import counted
from mtnas_tf.experiment.reporting.write_report import ADVICE
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_inputs import new_inputs
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.progress import shown_progress


def advise(
    config: ExperimentConfig,
    workdir: Path,
    say: Callable[[str], None] = print,
    num_deals: int = 5,
    num_starts: int = 2,
) -> Results:
    """Trains tasks alone and together into a new run directory.

    Args:
        config: `ExperimentConfig`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.
        num_deals: int > 1. Ways to deal training and validation rows. Defaults
            to `5`.
        num_starts: int > 0. Trainings of each network on each. Defaults to `2`.

    Returns:
        The content of `advice.json`.
    """
    check_is_new(workdir)
    _check(num_deals, num_starts)
    inputs = new_inputs(with_tuned(config, SEARCHED), workdir, say)
    _check_data(inputs.data, num_deals)
    with run_directory(workdir, inputs.files) as run:
        trainings = Trainings(inputs.config, inputs.data.schema, num_starts)
        say(
            f"{num_deals * trainings.per_deal:,} trainings: each task alone "
            f"and {len(trainings.groupings)} groupings, on "
            f"{counted(num_deals, 'deal')} from "
            f"{counted(num_starts, 'start')} each"
        )
        effort = num_deals * (trainings.effort + EFFORT)
        with shown_progress(effort, say) as progress:
            advice = advice_on(
                inputs.config, inputs.data, trainings, num_deals, progress.say
            )
        made_by = f"mtnas advise --deals {num_deals} --starts {num_starts}"
        write_about(run, made_by, inputs.data)
        write_text(run / ADVICE, strict_json(advice))
        write_text(run / "advice.md", markdown_page(advice))
    write_report(workdir)
    say(f"\n{text_page(advice)}\n\nwritten to {workdir}")
    return advice


def _check(num_deals: int, num_starts: int) -> None:
    if num_deals < 2:
        raise ValueError(
            "`deals` must be at least 2, since errors are of their spread. "
            f"Received: deals={num_deals}"
        )
    if num_starts < 1:
        raise ValueError(
            f"`starts` must be positive. Received: starts={num_starts}"
        )


def _check_data(data: MultiTaskData, num_deals: int) -> None:
    tasks = data.schema.task_names
    if len(tasks) < 2:
        raise ValueError(
            "`tasks` must be at least two to share anything. "
            f"Received: tasks={tasks}"
        )
    most = sum(len(data.splits[name]) for name in ("train", "valid"))
    if num_deals > most:
        raise ValueError(
            "`deals` must be at most the number of training and validation "
            f"rows, {most:,}. Received: deals={num_deals}"
        )
