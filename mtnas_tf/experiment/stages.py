"""The stages of the command line, each from files to files.

A run directory is made whole by `train` or `search`; later stages add files to
it. Its `config.json` repeats the run.
"""

import contextlib
import dataclasses
import json
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import Sweep
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment import tune as tuning
from mtnas_tf.experiment.budget import Plan
from mtnas_tf.experiment.budget import plan_comparison
from mtnas_tf.experiment.budget import plan_search
from mtnas_tf.experiment.comparison import compare as comparison
from mtnas_tf.experiment.comparison import sweep as sweeping
from mtnas_tf.experiment.comparison.pages import write_comparison
from mtnas_tf.experiment.comparison.pages import write_sweep
from mtnas_tf.experiment.effort import comparison_effort
from mtnas_tf.experiment.effort import num_tasks
from mtnas_tf.experiment.effort import search_effort
from mtnas_tf.experiment.effort import tuning_effort
from mtnas_tf.experiment.pace import measure_pace
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.experiment.route_search import write_candidates
from mtnas_tf.experiment.row_file import RowFile
from mtnas_tf.experiment.run_directory import check_is_new
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_inputs import CONFIG
from mtnas_tf.experiment.run_inputs import RunInputs
from mtnas_tf.experiment.run_inputs import check_schema
from mtnas_tf.experiment.run_inputs import files_of_plan
from mtnas_tf.experiment.run_inputs import inputs_of_comparison
from mtnas_tf.experiment.run_inputs import inputs_of_run
from mtnas_tf.experiment.run_inputs import new_inputs
from mtnas_tf.experiment.run_inputs import with_absolute_places
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.tune import SEARCHED
from mtnas_tf.experiment.tune import with_tuned
from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.metrics import NormalizedEntropy
from mtnas_tf.plots import draw_route
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto
from mtnas_tf.plots.reliability_plot import draw_reliability
from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import Route
from mtnas_tf.tasks import TASK_KINDS

Results = dict[str, Any]

BEST_ROUTE = "best_mean_route.json"
# Key of `metrics.json` that holds those of the model, by split.
EVALUATED = "evaluated"
BUDGET, PLAN = "budget.json", "plan.json"  # of a comparison


def train(
    config: ExperimentConfig,
    name: str,
    workdir: Path,
    say: Callable[[str], None] = print,
) -> Results:
    """Trains one model of the zoo into a new run directory."""
    check_is_new(workdir)
    inputs = new_inputs(with_tuned(config, name), workdir)
    _say_batch_size(config, inputs.data, say)
    config, data = inputs.config, inputs.data
    model = runner.build_model(name, config, data.schema)
    with run_directory(workdir) as run, _logs(run) as logs:
        training = runner.train(model, config, data, logs)
        training.model.save(run / "model.keras")
        results = _results(training)
        _write_run(run, inputs, results)
    return results


def search(
    config: ExperimentConfig,
    workdir: Path,
    say: Callable[[str], None] = print,
    budget: float | None = None,
) -> Results:
    """Searches a route into a new run directory.

    Args:
        config: `ExperimentConfig`.
        workdir: the run directory to make.
        say: called with lines of text.
        budget: minutes that a search among candidates may take: it has fewer
            rounds then. Defaults to `None`, as long as it takes.
    """
    if config.search.method == CANDIDATES:
        return _search_candidates(config, workdir, say, budget)
    return _search_supernet(config, workdir, say)


def _search_candidates(
    config: ExperimentConfig,
    workdir: Path,
    say: Callable[[str], None],
    budget: float | None,
) -> Results:
    """Searches among networks trained by themselves; keeps the best one."""
    check_is_new(workdir)
    inputs = new_inputs(with_tuned(config, SEARCHED), workdir)
    _say_batch_size(config, inputs.data, say)
    config, data = inputs.config, inputs.data
    space = route_space(config, data.schema.task_names)
    trainer = new_trainer(config, data.schema, space)
    start = time.perf_counter()
    with run_directory(workdir) as run:
        with shown_progress(search_effort(config), say) as progress:
            if budget is not None:
                pace = measure_pace(trainer, data)
                plan = plan_search(config, pace, budget)
                _say_plan(plan, budget, progress.say)
                config = plan.config
                inputs = inputs.with_config(config)
                progress.expect(search_effort(config), 60 * plan.minutes)
            found = search_candidates(
                config,
                data,
                trainer,
                config.search.candidates.cost_weights[0],
                progress.say,
            )
        found.network.compile(jit_compile=config.optim.jit_compile)
        found.network.save(run / "search.keras")
        route = found.network.route
        _write_route(run, route)
        write_text(run / BEST_ROUTE, found.route.to_json())
        write_candidates(found, run / "candidates.csv")
        points = [Point("", cost, score) for _, cost, score in found.routes()]
        draw_pareto(points, run / "pareto.svg", f"{len(points)} routes tried")
        results = {
            "valid": found.best.valid,
            "epochs": found.epochs,
            "routes_proposed_by_scores": found.num_learned,
            "train_seconds": time.perf_counter() - start,
            **network_sizes(route, config, data.schema),
            "route": route.to_dict(),
        }
        _write_run(run, inputs, results)
    return results


def _search_supernet(
    config: ExperimentConfig, workdir: Path, say: Callable[[str], None]
) -> Results:
    """Searches in a supernet.

    A search that was killed goes on after its last whole epoch, as if it had
    not been.
    """
    check_is_new(workdir)
    inputs = new_inputs(with_tuned(config, SEARCHED), workdir)
    _say_batch_size(config, inputs.data, say)
    config, data = inputs.config, inputs.data
    with run_directory(workdir, inputs.files) as run, _logs(run) as logs:
        backup = keras.callbacks.BackupAndRestore(str(run / "checkpoints"))
        monitor = run / "route_history.jsonl"
        training = runner.search(
            config,
            data,
            [*logs, backup],
            monitor,
            best_path=run / "best_epoch.npz",
        )
        training.model.save(run / "search.keras")
        results = _results(training)
        _write_run(run, inputs, results)
    return results


def derive_run(
    workdir: Path, weights: str | None, table: str | Path | None = None
) -> Results:
    """Derives the route and its network of a searched run directory.

    A search among candidates ends with a trained network, which `"inherit"`
    keeps; `"retrain"` trains the route of the best mean score afresh. What was
    made of a network derived before, its export and what it was evaluated to,
    is removed.

    Args:
        workdir: the run directory.
        weights: `"inherit"`, `"finetune"` or `"retrain"`; `None` for what the
            search and its config make of it.
        table: where the run's table lies now. Defaults to where it lay.
    """
    workdir = local_path(workdir)
    searched = _load(workdir, "search.keras", "mtnas search")
    config, data = inputs_of_run(workdir, table)
    config = with_tuned(config, SEARCHED)
    check_schema(searched, data)
    if (workdir / BEST_ROUTE).is_file():
        weights = weights or "inherit"
        best_route = Route.load(workdir / BEST_ROUTE)
        training = _derive_candidate(
            searched, best_route, config, data, weights
        )
    else:
        weights = weights or config.search.weights
        training = runner.derive_model(searched, config, data, weights)
    route = training.model.route
    _forget_model(workdir)
    with whole_file(workdir / "model.keras") as path:
        training.model.save(path)
    _write_route(workdir, route)
    results = {
        **_results(training),
        "weights": weights,
        "route": route.to_dict(),
    }
    _add_metrics(workdir, {"derived": results})
    return results


def _derive_candidate(
    model: Any,
    best_route: Route,
    config: ExperimentConfig,
    data: MultiTaskData,
    weights: str,
) -> runner.Training:
    if weights == "retrain":
        fresh = runner.new_route_model(best_route, config, data.schema)
        return runner.train(fresh, config, data)
    if weights == "finetune":
        return runner.train(model, config, data)
    valid = model.evaluate(data.valid, return_dict=True)
    return runner.Training(model, 0, 0.0, 0.0, valid)


def _forget_model(workdir: Path) -> None:
    """Removes what was made of the run's model, which another will replace."""
    from export.placement import remove_export

    remove_export(workdir / "export")
    for picture in workdir.glob("reliability_*.svg"):
        picture.unlink()
    known = json.loads((workdir / "metrics.json").read_text(encoding="utf-8"))
    if known.pop(EVALUATED, None) is not None:
        write_text(workdir / "metrics.json", strict_json(known))


def evaluate(
    workdir: Path, split: str, table: str | Path | None = None
) -> Results:
    """Metrics of a run's model on one split, also kept in the run.

    Beside those of `model.evaluate` each binary task has `<task>_ece` (expected
    calibration error) and `<task>_normalized_entropy`, and a panel in
    `reliability_<split>.svg`. All rows of the split are read, once.

    Args:
        workdir: the run directory.
        split: `"train"`, `"valid"` or `"test"`.
        table: where the run's table lies now. Defaults to where it lay.
    """
    workdir = local_path(workdir)
    model = _load(workdir, "model.keras", "mtnas derive` or `mtnas train")
    _, data = inputs_of_run(workdir, table)
    check_schema(model, data)
    model.settle()
    rows = model.collect(data.in_order(split))
    metrics = model.exact_metrics(*rows)
    labels, predictions, _ = rows
    binary = {
        task.name: labels[task.name]
        for task in data.schema.tasks
        if TASK_KINDS[task.kind].has_positives
        and not np.isnan(labels[task.name]).all()
    }
    for task, values in binary.items():
        for metric in (ExpectedCalibrationError(), NormalizedEntropy()):
            metric.update_state(values, predictions[task])
            metrics[f"{task}_{metric.name}"] = float(metric.result())
    if binary:
        with whole_file(workdir / f"reliability_{split}.svg") as path:
            draw_reliability(binary, predictions, path)
    known = json.loads((workdir / "metrics.json").read_text(encoding="utf-8"))
    evaluated = {**known.get(EVALUATED, {}), split: metrics}
    _add_metrics(workdir, {EVALUATED: evaluated})
    return metrics


def compare(
    config: ExperimentConfig,
    num_seeds: int,
    workdir: Path,
    say: Callable[[str], None] = print,
    num_splits: int = 1,
    budget: float | None = None,
) -> Results:
    """Compares every method into a new run directory.

    A comparison that was killed or interrupted goes on after its last row.

    Args:
        config: `ExperimentConfig`.
        num_seeds: see `comparison.compare`.
        workdir: the run directory to make.
        say: called with lines of text.
        num_splits: see `comparison.compare`. Defaults to `1`.
        budget: minutes that it may take: what there is no time for is left out,
            see `plan_comparison`. Defaults to `None`, as long as it takes.
    """
    check_is_new(workdir)
    inputs = inputs_of_comparison(config)
    _say_batch_size(config, inputs.data, say)
    first = inputs.config.data

    def load(config: ExperimentConfig) -> MultiTaskData:
        is_loaded = config.data == first
        return inputs.data if is_loaded else runner.load_data(config)

    files = {**inputs.files, BUDGET: json.dumps({"minutes": budget})}
    plan = Plan(inputs.config, num_seeds, num_splits)
    with run_directory(workdir, files) as run:
        with shown_progress(_effort(plan, inputs.data), say) as progress:
            if budget is not None:
                plan = _planned(plan, inputs.data, budget, run, progress.say)
                effort = _effort(plan, inputs.data)
                progress.expect(effort, 60 * plan.minutes)
            sizes = plan.num_seeds, plan.num_splits
            # Other pairs are another comparison.
            with _rows_kept(run / "rows_{}x{}.jsonl".format(*sizes)) as rows:
                result = comparison.compare(
                    plan.config,
                    *sizes,
                    load,
                    progress.say,
                    rows.append,
                    rows.known,
                )
        (run / BUDGET).unlink()
        inputs = inputs.with_config(plan.config)
        write_text(run / CONFIG, inputs.files[CONFIG])
        write_comparison(result, run)
    return result


def _planned(
    plan: Plan,
    data: MultiTaskData,
    budget: float,
    run: Path,
    say: Callable[[str], None],
) -> Plan:
    """What a comparison has time for, once for all that go on with it."""
    path = run / PLAN
    if path.is_file():
        return Plan.from_json(path.read_text(encoding="utf-8"))
    config = with_tuned(plan.config, SEARCHED)
    space = route_space(config, data.schema.task_names)
    pace = measure_pace(new_trainer(config, data.schema, space), data)
    sizes = plan.num_seeds, plan.num_splits
    count = len(data.schema.tasks)
    plan = plan_comparison(plan.config, *sizes, count, pace, budget)
    _say_plan(plan, budget, say)
    write_text(path, plan.to_json())
    return plan


def _effort(plan: Plan, data: MultiTaskData) -> float:
    sizes = plan.num_seeds, plan.num_splits
    return comparison_effort(plan.config, *sizes, len(data.schema.tasks))


def _say_plan(plan: Plan, budget: float, say: Callable[[str], None]) -> None:
    for line in plan.lines(budget):
        say(line)


def sweep(
    plan: Sweep,
    num_seeds: int,
    workdir: Path,
    say: Callable[[str], None] = print,
    num_splits: int = 1,
) -> Results:
    """Compares every variant of a sweep into a new run directory.

    A sweep that was killed or interrupted goes on after its last row.
    """
    check_is_new(workdir)
    config = with_absolute_places(plan.config)
    plan = dataclasses.replace(plan, config=config)
    with run_directory(workdir, files_of_plan(plan, config)) as run:
        effort = sum(
            comparison_effort(each, num_seeds, num_splits, num_tasks(each))
            for each in plan.configs().values()
        )
        with (
            _rows_kept(run / f"rows_{num_seeds}x{num_splits}.jsonl") as rows,
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
            )
        write_sweep(result, run)
    return result


def tune(
    config: ExperimentConfig,
    num_trials: int,
    workdir: Path,
    say: Callable[[str], None] = print,
) -> Results:
    """Tunes every method into a new run directory."""
    check_is_new(workdir)
    config = with_absolute_places(config)
    with run_directory(workdir) as run:
        effort = num_trials * tuning_effort(config, num_tasks(config))
        with (
            _rows_kept(run / "trials.jsonl") as trials,
            shown_progress(max(effort, 1), say) as progress,
        ):
            result = tuning.tune(
                config,
                num_trials,
                runner.load_data,
                progress.say,
                trials.append,
            )
        for name, text in files_of_plan(config, config).items():
            write_text(run / name, text)
        write_text(run / "tune.json", strict_json(result))
        write_text(run / "tune.md", tuning.markdown_page(result))
    return result


def export(
    workdir: Path, formats: Sequence[str], precision: str = "float32"
) -> Path:
    """Exports a run's model into its `export` directory."""
    # Files that serve a model lie to the right of this package.
    from export import export_model

    workdir = local_path(workdir)
    model = _load(workdir, "model.keras", "mtnas derive` or `mtnas train")
    return export_model(
        model,
        workdir / "export",
        formats=tuple(formats),
        precision=precision,
    )


def saved_route(workdir: Path) -> Route:
    """The route a run was derived to."""
    return Route.load(local_path(workdir) / "route.json")


def _say_batch_size(
    config: ExperimentConfig, data: MultiTaskData, say: Callable[[str], None]
) -> None:
    if config.data.batch_size is None:
        say(
            f"{len(data.splits['train']):,} training rows in batches of "
            f"{data.batch_size} (data.batch_size)"
        )


def _load(workdir: Path, name: str, command: str) -> Any:
    if not workdir.is_dir():
        raise FileNotFoundError(f"There is no run directory {workdir}")
    path = workdir / name
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {name} in {workdir}. Run `{command}` first."
        )
    # Importing the package has registered its classes with Keras.
    return keras.saving.load_model(path)


@contextlib.contextmanager
def _rows_kept(path: Path) -> Iterator[RowFile]:
    """A file of rows that is there until all of them are."""
    yield RowFile(path)
    for unfinished in path.parent.glob("*.jsonl"):
        unfinished.unlink()


@contextlib.contextmanager
def _logs(run: Path) -> Iterator[list[keras.callbacks.Callback]]:
    history = keras.callbacks.CSVLogger(str(run / "history.csv"), append=True)
    try:
        yield [
            history,
            keras.callbacks.TensorBoard(
                str(run / "tensorboard"), write_graph=False
            ),
        ]
    finally:
        history.on_train_end()  # closes the file though the training failed


def _results(training: runner.Training) -> Results:
    return {
        "valid": training.valid,
        "epochs": training.epochs,
        "train_seconds": training.seconds,
        "step_milliseconds": training.step_seconds * 1e3,
        "num_parameters": runner.count_parameters(training.model),
    }


def _write_route(run: Path, route: Route) -> None:
    write_text(run / "route.json", route.to_json())
    for suffix in ("svg", "png"):
        draw_route(route, run / f"route.{suffix}")


def _add_metrics(workdir: Path, results: Results) -> None:
    path = workdir / "metrics.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    write_text(path, strict_json({**known, **results}))


def _write_run(run: Path, inputs: RunInputs, results: Results) -> None:
    for name, text in inputs.files.items():
        write_text(run / name, text)
    write_text(run / "metrics.json", strict_json(results))
