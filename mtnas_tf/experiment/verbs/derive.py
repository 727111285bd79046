"""`mtnas derive`: the network of a searched route."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import DERIVED
from mtnas_tf.experiment.run_files import EVALUATED
from mtnas_tf.experiment.run_files import METRICS
from mtnas_tf.experiment.run_files import MODEL
from mtnas_tf.experiment.run_files import PRESET
from mtnas_tf.experiment.run_files import SEARCHED_MODEL
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import add_metrics
from mtnas_tf.experiment.run_files import load_model
from mtnas_tf.experiment.run_files import metrics_text
from mtnas_tf.experiment.run_files import read_metrics
from mtnas_tf.experiment.run_files import results_of
from mtnas_tf.experiment.run_files import write_route
from mtnas_tf.experiment.run_inputs import check_schema
from mtnas_tf.experiment.run_inputs import inputs_of_run
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.experiment.verbs.search import BEST_ROUTE
from mtnas_tf.routes import Route

# Of the run's present model, drawn by `mtnas evaluate`.
PICTURES = ("reliability", "sharing", "expert_use")


def derive(
    workdir: Path,
    weights: str | None = None,
    table: str | Path | None = None,
    say: Callable[[str], None] = print,
) -> Results:
    """Derives the route and its network of a searched run directory.

    A search among candidates ends with a trained network, which `"inherit"`
    keeps; `"retrain"` trains the route of the best mean score anew. Export,
    preset and metrics of a network derived before are removed.

    Args:
        workdir: the run directory.
        weights: `"inherit"`, `"finetune"` or `"retrain"`. Defaults to `None`,
            what the search and its config make of it.
        table: where the run's table lies now. Defaults to where it lay.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The results of the derived network, as in `metrics.json`.
    """
    workdir = local_path(workdir)
    searched = load_model(workdir, SEARCHED_MODEL)
    config, data = inputs_of_run(workdir, table)
    config = with_tuned(config, SEARCHED)
    check_schema(searched, data)
    if (workdir / BEST_ROUTE).is_file():
        weights = weights or "inherit"
        best_route = Route.load(workdir / BEST_ROUTE)
        training = _of_candidate(searched, best_route, config, data, weights)
    else:
        weights = weights or config.search.weights
        training = runner.derive_model(searched, config, data, weights)
    route = training.model.route
    _forget_model(workdir)
    with whole_file(workdir / MODEL) as path:
        training.model.save(path)
    write_route(workdir, route)
    results = {
        **results_of(training),
        "weights": weights,
        "route": route.to_dict(),
    }
    add_metrics(workdir, **{DERIVED: results})
    write_report(workdir)
    say(str(route))
    say(f"drawn in {workdir / 'route.svg'}")
    say(metrics_text("valid", results))
    return results


def _of_candidate(
    model: Any,
    best_route: Route,
    config: ExperimentConfig,
    data: MultiTaskData,
    weights: str,
) -> runner.Training:
    if weights == "retrain":
        fresh = building.new_route_model(best_route, config, data.schema)
        return runner.train(fresh, config, data)
    if weights == "finetune":
        return runner.train(model, config, data)
    valid = model.evaluate_by_task(data.valid)
    return runner.Training(model, 0, 0.0, 0.0, valid)


def _forget_model(workdir: Path) -> None:
    """Removes files made from the run's present model."""
    from export.placement import remove_export

    remove_export(workdir / "export")
    shutil.rmtree(workdir / PRESET, ignore_errors=True)
    for kind in PICTURES:
        for picture in workdir.glob(f"{kind}_*.svg"):
            picture.unlink()
    known = read_metrics(workdir)
    if known.pop(EVALUATED, None) is not None:
        write_text(workdir / METRICS, strict_json(known))
