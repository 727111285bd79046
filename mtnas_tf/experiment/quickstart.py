"""The whole line on synthetic data: prepare, search, compare, export."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import prepare
from mtnas_tf.experiment import quickstart_config
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison.captions import caption
from mtnas_tf.experiment.run_directory import new_directory
from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_files import ROUTE
from mtnas_tf.experiment.verbs.compare import compare
from mtnas_tf.experiment.verbs.derive import derive
from mtnas_tf.experiment.verbs.export import export
from mtnas_tf.experiment.verbs.search import search
from mtnas_tf.routes import Route

NUM_CSV_ROWS = 100


def run(workdir: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Runs every stage up to the export into `workdir`.

    Also writes `rows.csv`, raw rows of the test split for a served prediction.

    Args:
        workdir: directory to make; must not exist.
        say: called with lines of text.

    Returns:
        The comparison, as `compare` returns it.
    """
    workdir = local_path(workdir)
    with new_directory(workdir):
        return _run(workdir, say)


def summary(workdir: Path, result: dict[str, Any]) -> str:
    """The results, and the paths of their files."""
    run = workdir / "search"
    return "\n".join(
        [
            "",
            report.text_table(result),
            "",
            caption(result),
            "",
            "The derived route:",
            str(Route.load(run / ROUTE)),
            "",
            f"route        {run / 'route.svg'}",
            f"model        {run / 'model.keras'}",
            f"served model {run / 'export'}",
            f"predictions  {workdir / 'predictions.csv'}",
            f"comparison   {workdir / 'compare' / 'compare.html'}",
        ]
    )


def _run(workdir: Path, say: Callable[[str], None]) -> dict[str, Any]:
    config = quickstart_config.get_config()
    config = with_section(config, "data", data_dir=str(workdir / "data"))
    say("1/5  synthetic data: two unrelated regressions")
    prepare(config.data.name, data_dir=config.data.data_dir)
    say("2/5  search of a sharing route")
    search(config, workdir / "search")
    say("3/5  the route's own network, trained afresh")
    derive(workdir / "search", "retrain")
    say("4/5  comparison with hand-made sharing, one seed")
    result = compare(config, 1, workdir / "compare", say)
    say("5/5  export to ONNX and SavedModel, prediction by ONNX Runtime")
    export(workdir / "search")
    _write_rows(workdir / "rows.csv", runner.load_data(config))
    return result


def _write_rows(path: Path, data: MultiTaskData) -> None:
    values = data.splits["test"].inputs["values"][:NUM_CSV_ROWS]
    with (
        whole_file(path) as beside,
        beside.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow([f"x_{i}" for i in range(values.shape[1])])
        writer.writerows(values.tolist())
