"""`mtnas train`: one model of the zoo."""

from collections.abc import Callable
from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.about import write_about
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_files import MODEL
from mtnas_tf.experiment.run_files import TENSORBOARD
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import logs_of
from mtnas_tf.experiment.run_files import metrics_text
from mtnas_tf.experiment.run_files import results_of
from mtnas_tf.experiment.run_files import write_run
from mtnas_tf.experiment.run_inputs import new_inputs
from mtnas_tf.experiment.sharing_board import SharingBoard
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.models import SharingMonitor
from mtnas_tf.plots.sharing_history_plot import draw_sharing_history
from mtnas_tf.search.candidates.outcome import READ_BATCHES


def train(
    config: ExperimentConfig,
    model: str,
    workdir: Path,
    say: Callable[[str], None] = print,
) -> Results:
    """Trains one model of the zoo into a new run directory.

    `sharing_by_epoch.svg` shows who reads what after each epoch, on the first
    batches of the validation split, of methods in which that is learned.

    Args:
        config: `ExperimentConfig`.
        model: key of `mtnas_tf.models.MODELS`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The content of `metrics.json`.
    """
    check_is_new(workdir)
    inputs = new_inputs(with_tuned(config, model), workdir, say)
    num_steps = inputs.config.optim.epochs * inputs.data.steps_per_epoch
    network = building.build_model(
        model, inputs.config, inputs.data.schema, num_steps=num_steps
    )
    with run_directory(workdir) as run, logs_of(run) as logs:
        sharing = SharingMonitor(inputs.data.valid, READ_BATCHES)
        board = SharingBoard(run / TENSORBOARD, inputs.data.valid, READ_BATCHES)
        training = runner.train(
            network, inputs.config, inputs.data, [*logs, sharing, board]
        )
        training.model.save(run / MODEL)
        if any(sharing.history):
            path = run / "sharing_by_epoch.svg"
            draw_sharing_history(sharing.history, path, f"{model}, by epoch")
        results = results_of(training)
        write_run(run, inputs.files, results)
        write_about(run, f"mtnas train --model {model}", inputs.data)
    write_report(workdir)
    say(metrics_text("valid", results))
    return results
