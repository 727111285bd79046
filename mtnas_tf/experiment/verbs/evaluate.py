"""`mtnas evaluate`: exact metrics of a run's model."""

import functools
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.domain_tables import domain_table
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_files import EVALUATED
from mtnas_tf.experiment.run_files import MODEL
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import add_metrics
from mtnas_tf.experiment.run_files import load_model
from mtnas_tf.experiment.run_files import metrics_text
from mtnas_tf.experiment.run_files import read_metrics
from mtnas_tf.experiment.run_files import results_of_split
from mtnas_tf.experiment.run_inputs import check_schema
from mtnas_tf.experiment.run_inputs import inputs_of_run
from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.metrics import NormalizedEntropy
from mtnas_tf.metrics.domain_metrics import domain_metrics
from mtnas_tf.metrics.domain_metrics import rows_of_domains
from mtnas_tf.plots.expert_use_plot import draw_expert_use
from mtnas_tf.plots.reliability_plot import draw_reliability
from mtnas_tf.plots.sharing_plot import draw_sharing
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import TaskMetrics


def evaluate(
    workdir: Path,
    split: str = "test",
    table: str | Path | None = None,
    say: Callable[[str], None] = print,
) -> Results:
    """Metrics of a run's model on one split, also kept in the run.

    Beside those of `model.evaluate` each binary task has `ece` (expected
    calibration error) and `normalized_entropy`, and a panel in
    `reliability_<split>.svg`. All rows of the split are read. Who reads what
    on them is in `sharing_<split>.svg` and `expert_use_<split>.svg`, of models
    in which that is learned.

    Args:
        workdir: the run directory.
        split: `"train"`, `"valid"` or `"test"`. Defaults to `"test"`.
        table: where the run's table lies now. Defaults to where it lay.
        say: called with lines of text. Defaults to `print`.

    Where the schema lists domains, each has the same metrics, and a line of a
    table of scores.

    Returns:
        Under the split's name task -> metric -> value, under `<split>_loss` the
        sum of the tasks' losses, and, with domains, under `<split>_domains`
        task -> domain -> metric -> value.
    """
    workdir = local_path(workdir)
    model = load_model(workdir, MODEL)
    _, data = inputs_of_run(workdir, table)
    check_schema(model, data)
    model.settle()
    labels, predictions, weights = model.collect(data.in_order(split))
    evaluate_rows = functools.partial(_metrics_of_rows, model)
    metrics = evaluate_rows(labels, predictions, weights)
    binary = _binary(model, labels)
    if binary:
        with whole_file(workdir / f"reliability_{split}.svg") as path:
            draw_reliability(binary, predictions, path)
    _draw_sharing(model.sharing(data.in_order(split)), workdir, split)
    results = results_of_split(split, data.schema.tasks, metrics)
    texts = [metrics_text(split, results)]
    if data.schema.lists_domains:
        ids = data.splits[split].inputs["ids"]
        rows = rows_of_domains(data.schema, ids)
        domains = domain_metrics(
            evaluate_rows, labels, predictions, weights, rows
        )
        results[f"{split}_domains"] = domains
        texts.append(domain_table(data.schema.tasks, domains))
    known = read_metrics(workdir).get(EVALUATED, {})
    add_metrics(workdir, **{EVALUATED: {**known, **results}})
    write_report(workdir)
    say("\n\n".join(texts))
    return results


def _draw_sharing(
    matrices: Sequence[SharingMatrix], workdir: Path, split: str
) -> None:
    if not matrices:
        return
    rows = f"{split} rows"
    with whole_file(workdir / f"sharing_{split}.svg") as path:
        draw_sharing(matrices, path, f"Who reads what, {rows}")
    with whole_file(workdir / f"expert_use_{split}.svg") as path:
        draw_expert_use({"": matrices}, path, f"Use of experts, {rows}")


def _metrics_of_rows(
    model: Any, labels: Any, predictions: Any, weights: Any
) -> TaskMetrics:
    """The model's metrics of some rows, and those of calibration."""
    metrics: TaskMetrics = model.exact_metrics(labels, predictions, weights)
    for task, values in _binary(model, labels).items():
        for metric in (ExpectedCalibrationError(), NormalizedEntropy()):
            metric.update_state(values, predictions[task])
            metrics[task][metric.name] = float(metric.result())
    return metrics


def _binary(model: Any, labels: Any) -> dict[str, Any]:
    """The labels of the binary tasks that have any."""
    return {
        task.name: labels[task.name]
        for task in model.schema.tasks
        if TASK_KINDS[task.kind].has_positives
        and not np.isnan(labels[task.name]).all()
    }
