"""`mtnas tune`: learning rate and weight decay of every method."""

import functools
import math
import time
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import config_digest
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.about import write_about
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.experiment.effort import tuning_effort
from mtnas_tf.experiment.reporting.write_report import TUNE
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.row_file import rows_kept
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_inputs import files_of_plan
from mtnas_tf.experiment.run_inputs import with_absolute_places
from mtnas_tf.experiment.shared_study import check_journal
from mtnas_tf.experiment.shared_study import trials_of_study
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuning.report import FAILED
from mtnas_tf.experiment.tuning.report import loss_text
from mtnas_tf.experiment.tuning.report import markdown_page
from mtnas_tf.experiment.tuning.report import text_page
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.progress import shown_progress
from mtnas_tf.search.candidates.mean_and_error import mean_and_error

Row = dict[str, Any]
Values = dict[str, float]


def tune(
    config: ExperimentConfig,
    num_trials: int,
    workdir: Path,
    say: Callable[[str], None] = print,
    study: str | Path | None = None,
) -> dict[str, Any]:
    """Tunes every method into a new run directory.

    Args:
        config: `ExperimentConfig`.
        num_trials: see `tuned_values`.
        workdir: the run directory to make.
        say: called with lines of text. Defaults to `print`.
        study: see `tuned_values`. Defaults to `None`.

    Returns:
        The content of `tune.json`.
    """
    check_is_new(workdir)
    if study is not None:
        check_journal(study)
    config = with_absolute_places(config)
    effort = num_trials * tuning_effort(config)
    loaded: list[MultiTaskData] = []

    def load(config: ExperimentConfig) -> MultiTaskData:
        loaded.append(runner.load_data(config))
        return loaded[0]

    say(_plan(config, num_trials))
    with run_directory(workdir) as run:
        with (
            rows_kept(run / "trials.jsonl") as trials,
            shown_progress(max(effort, 1), say) as progress,
        ):
            result = tuned_values(
                config,
                num_trials,
                load,
                progress.say,
                trials.append,
                study,
            )
        for name, text in files_of_plan(config, config).items():
            write_text(run / name, text)
        write_about(run, f"mtnas tune --trials {num_trials}", loaded[0])
        write_text(run / TUNE, strict_json(result))
        write_text(run / "tune.md", markdown_page(result))
    write_report(workdir)
    say(f"\n{text_page(result)}\n\nwritten to {workdir}")
    return result


def _plan(config: ExperimentConfig, num_trials: int) -> str:
    """What will be trained, before it is."""
    methods = (*config.model.baselines, SEARCHED)
    return (
        f"{num_trials * len(methods)} trials: {num_trials} of each of "
        f"{', '.join(methods)} (routes), "
        f"{config.search.candidates.num_places} trainings side by side a trial"
    )


def tuned_values(
    config: ExperimentConfig,
    num_trials: int,
    load: Callable[[ExperimentConfig], MultiTaskData] = runner.load_data,
    report: Callable[[str], None] = print,
    keep: Callable[[Row], None] | None = None,
    study: str | Path | None = None,
) -> dict[str, Any]:
    """Tries values of `RANGES` for the config's baselines and for routes.

    A trial trains a method from `search.candidates.num_places` starts side by
    side, `mtnas` on as many random routes, the same in all trials; its loss is
    their mean on the validation split, infinite if a training diverged. The
    first trial has the config's own values, Optuna's tree-structured Parzen
    estimator proposes the others. The test split is not read.

    Args:
        config: `ExperimentConfig`.
        num_trials: int > 0. Of every method.
        load: from a config to its data. Defaults to `runner.load_data`.
        report: called with a line of text after every trial.
        keep: called with every trial as it comes. Defaults to `None`.
        study: file of an Optuna journal, through which all processes that are
            given it share the trials of a config: `num_trials` are made in all,
            and everyone returns those that are done. Defaults to `None`, not
            shared.

    Returns:
        dict for `tune.json`: `dataset`, `protocol`, `trials`, and `best`, a
        dict method -> values, `loss`, and `default_loss` of the first trial.

    Raises:
        FloatingPointError: if all trials of a method diverged.
    """
    if num_trials < 1:
        raise ValueError(
            f"`num_trials` must be positive. Received: num_trials={num_trials}"
        )
    _optuna()  # reports that it is missing before anything is trained
    data = load(config)
    trials: list[Row] = []

    def run(method: str, number: int, values: Values) -> Row:
        trial = _tried(method, config, data, number, values)
        if keep is not None:
            keep(trial)
        report(_line(trial))
        return trial

    methods = (*config.model.baselines, SEARCHED)
    for method in methods:
        of_method = functools.partial(run, method)
        trials += _trials(method, config, num_trials, of_method, study)
    return {
        "dataset": config.dataset,
        "protocol": {
            "trials_of_a_method": num_trials,
            "networks_of_a_trial": config.search.candidates.num_places,
            "ranges": RANGES,
            "split_seed": config.data.split_seed,
            "seed": config.seed,
            "date": time.strftime("%Y-%m-%d"),
        },
        "trials": trials,
        "best": {method: _best(method, trials) for method in methods},
    }


def _trials(
    method: str,
    config: ExperimentConfig,
    num_trials: int,
    run: Callable[[int, Values], Row],
    study: str | Path | None,
) -> list[Row]:
    """The trials of a method, that of the config's own values first."""
    optuna = _optuna()
    defaults = {name: getattr(config.optim, name) for name in RANGES}
    if study is not None:
        name = f"{config_digest(config)[:12]} {method}"
        shared = (optuna, study, name, num_trials, defaults, run)
        rows = trials_of_study(*shared)
        return [{"method": method, **row} for row in rows]
    trials = [run(0, defaults)]

    def objective(trial: Any) -> float:
        values = {
            name: trial.suggest_float(name, *limits, log=True)
            for name, limits in RANGES.items()
        }
        trials.append(run(trial.number + 1, values))
        return float(trials[-1]["loss"])

    sampler = optuna.samplers.TPESampler(seed=config.seed)
    optuna.create_study(sampler=sampler).optimize(objective, num_trials - 1)
    return trials


def _tried(
    method: str,
    config: ExperimentConfig,
    data: MultiTaskData,
    number: int,
    values: Values,
) -> Row:
    """A trial of a method."""
    start = time.perf_counter()
    tried = with_section(config, "optim", **values)
    try:
        loss, error = mean_and_error(_losses(method, tried, data))
    except FloatingPointError:  # a training diverged
        loss, error = math.inf, math.nan
    trial = {"method": method, "trial": number, **values, "loss": loss}
    seconds = time.perf_counter() - start
    return {**trial, "std_error": error, "seconds": seconds}


def _losses(
    method: str, config: ExperimentConfig, data: MultiTaskData
) -> Sequence[float]:
    """Validation losses of a trial's networks."""
    count = config.search.candidates.num_places
    starts = range(config.seed, config.seed + count)
    if method != SEARCHED:
        baseline = new_baseline(method, config, data.schema)
        return baseline.valid_losses(data, starts)
    space = route_space(config, data.schema.task_names)
    rng = np.random.default_rng(config.seed)
    routes = [space.random_route(rng) for _ in starts]
    trainer = new_trainer(config, data.schema, space)
    (candidates,) = trainer.train(data, routes, starts)
    tasks = data.schema.tasks
    return [mtl_loss(tasks, candidate.valid) for candidate in candidates]


def _best(method: str, trials: Sequence[Row]) -> Values:
    tried = [trial for trial in trials if trial["method"] == method]
    best = min(tried, key=lambda trial: trial["loss"])
    if math.isinf(best["loss"]):
        raise FloatingPointError(
            f"All {len(tried)} trials of `{method}` {FAILED}. Look at the "
            "inputs and labels: `mtnas data describe` does, and a float field "
            "needs a scale or boundaries."
        )
    values = {name: best[name] for name in (*RANGES, "loss")}
    return {**values, "default_loss": tried[0]["loss"]}


def _line(trial: Row) -> str:
    values = ", ".join(
        f"{name.replace('_', ' ')} {trial[name]:.2g}" for name in RANGES
    )
    return (
        f"{trial['method']} trial {trial['trial'] + 1}, "
        f"{trial['seconds']:.0f} s: {values}: "
        f"validation loss {loss_text(trial['loss'])}"
    )


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "`mtnas tune` needs Optuna: pip install 'mtnas_tf[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
