"""`mtnas evaluate`: exact metrics of a run's model."""

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.run_directory import whole_file
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
from mtnas_tf.plots.expert_use_plot import draw_expert_use
from mtnas_tf.plots.reliability_plot import draw_reliability
from mtnas_tf.plots.sharing_plot import draw_sharing
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.tasks import TASK_KINDS

EVALUATED = "evaluated"  # key of `metrics.json`, of metrics by split


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

    Returns:
        Under the split's name task -> metric -> value, under `<split>_loss` the
        sum of the tasks' losses.
    """
    workdir = local_path(workdir)
    model = load_model(workdir, MODEL)
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
            metrics[task][metric.name] = float(metric.result())
    if binary:
        with whole_file(workdir / f"reliability_{split}.svg") as path:
            draw_reliability(binary, predictions, path)
    _draw_sharing(model.sharing(data.in_order(split)), workdir, split)
    known = read_metrics(workdir).get(EVALUATED, {})
    results = results_of_split(split, data.schema.tasks, metrics)
    add_metrics(workdir, **{EVALUATED: {**known, **results}})
    say(metrics_text(split, results))
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
