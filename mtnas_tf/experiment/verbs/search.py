"""`mtnas search`: a sharing route, among candidates or in a supernet."""

import time
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

import keras

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.about import write_about
from mtnas_tf.experiment.budget import plan_search
from mtnas_tf.experiment.effort import search_effort
from mtnas_tf.experiment.pace import measure_pace
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.experiment.route_search import write_candidates
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import SEARCHED_MODEL
from mtnas_tf.experiment.run_files import TENSORBOARD
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import logs_of
from mtnas_tf.experiment.run_files import metrics_text
from mtnas_tf.experiment.run_files import results_of
from mtnas_tf.experiment.run_files import results_of_split
from mtnas_tf.experiment.run_files import write_route
from mtnas_tf.experiment.run_files import write_run
from mtnas_tf.experiment.run_inputs import RunInputs
from mtnas_tf.experiment.run_inputs import new_inputs
from mtnas_tf.experiment.sharing_board import SharingBoard
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.experiment.workers import workers_of_run
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.progress import shown_progress
from mtnas_tf.search import CandidateSearchResult

BEST_ROUTE = "best_mean_route.json"
MADE_BY = "mtnas search"


def search(
    config: ExperimentConfig,
    workdir: Path,
    say: Callable[[str], None] = print,
    budget: float | None = None,
    trainer: CandidateTrainer | None = None,
    executor: str | None = None,
) -> Results:
    """Searches a route into a new run directory.

    Args:
        config: `ExperimentConfig`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.
        budget: minutes that a search among candidates may take, by training
            fewer rounds. Defaults to `None`, no limit.
        trainer: `CandidateTrainer` of the config's space, for callers that go
            on with it. Defaults to `None`, a new one.
        executor: see `named_executor`; of a search among candidates. Defaults
            to `None`, this process.

    Returns:
        The content of `metrics.json`.
    """
    if config.optim.balancing is not None:
        raise ValueError(
            "`optim.balancing` must be None for a search, whose networks are "
            "trained side by side. "
            f"Received: optim.balancing={config.optim.balancing!r}"
        )
    if executor is not None and config.search.method != CANDIDATES:
        raise ValueError(
            "`executor` must be None for a search in a supernet, which is one "
            f"training. Received: executor={executor!r}, "
            f"search.method={config.search.method!r}"
        )
    check_is_new(workdir)
    inputs = new_inputs(with_tuned(config, SEARCHED), workdir, say)
    if config.search.method == CANDIDATES:
        results = _search_candidates(
            inputs, workdir, say, budget, trainer, executor
        )
    else:
        results = _search_supernet(inputs, workdir)
    write_report(workdir)
    say(metrics_text("valid", results))
    return results


def _search_candidates(
    inputs: RunInputs,
    workdir: Path,
    say: Callable[[str], None],
    budget: float | None,
    trainer: CandidateTrainer | None,
    executor: str | None,
) -> Results:
    """Searches among networks trained by themselves; keeps the best one."""
    config, data = inputs.config, inputs.data
    if trainer is None:
        space = route_space(config, data.schema.task_names)
        trainer = new_trainer(config, data.schema, space)
    start = time.perf_counter()
    with run_directory(workdir) as run:
        with shown_progress(search_effort(config), say) as progress:
            if budget is not None:
                pace = measure_pace(trainer, data)
                plan = plan_search(config, pace, budget)
                plan.tell(budget, progress.say)
                config = plan.config
                inputs = inputs.with_config(config)
                progress.expect(search_effort(config), 60 * plan.minutes)
            with workers_of_run(executor, run) as workers:
                found = search_candidates(
                    config,
                    data,
                    trainer,
                    config.search.candidates.cost_weights[0],
                    verbose=2,
                    **workers,
                )
        results = {
            **results_of_split("valid", data.schema.tasks, found.best.valid),
            "epochs": found.epochs,
            "routes_proposed_by_scores": found.num_learned,
            "train_seconds": time.perf_counter() - start,
            **network_sizes(found.best.route, config, data.schema),
            "route": found.best.route.to_dict(),
        }
        _write_found(run, found, config, data.schema.tasks)
        write_run(run, inputs.files, results)
        write_about(run, MADE_BY, data)
    return results


def _write_found(
    run: Path,
    found: CandidateSearchResult,
    config: ExperimentConfig,
    tasks: Sequence[TaskSpec],
) -> None:
    """Writes the best network, both routes and all candidates."""
    found.network.save(run / SEARCHED_MODEL)
    write_route(run, found.network.route)
    write_text(run / BEST_ROUTE, found.route.to_json())
    write_candidates(found, tasks, run / "candidates.csv")
    points = [Point("", cost, score) for _, cost, score in found.routes()]
    draw_pareto(points, run / "pareto.svg", f"{len(points)} routes tried")


def _search_supernet(inputs: RunInputs, workdir: Path) -> Results:
    """Searches in a supernet.

    A search that was killed is resumed after its last whole epoch, with the
    same result as without the interruption.
    """
    with run_directory(workdir, inputs.files) as run, logs_of(run) as logs:
        backup = keras.callbacks.BackupAndRestore(str(run / "checkpoints"))
        training = runner.search(
            inputs.config,
            inputs.data,
            [*logs, backup, SharingBoard(run / TENSORBOARD)],
            monitor_path=run / "route_history.jsonl",
            best_path=run / "best_epoch.npz",
        )
        training.model.save(run / SEARCHED_MODEL)
        results = results_of(training)
        write_run(run, inputs.files, results)
        write_about(run, MADE_BY, inputs.data)
    return results
