"""Files of a run directory that several verbs read or write."""

import contextlib
import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.plots import draw_route
from mtnas_tf.routes import Route
from mtnas_tf.types import TaskMetrics

Results = dict[str, Any]

METRICS, ROUTE = "metrics.json", "route.json"
# Keys of `metrics.json`: metrics by split, results of a derived network.
EVALUATED, DERIVED = "evaluated", "derived"
SEARCHED_MODEL, MODEL = "search.keras", "model.keras"
PRESET = "preset"  # folder of the model as a preset
TENSORBOARD = "tensorboard"  # its folder
# Which verbs make a file.
MADE_BY = {
    SEARCHED_MODEL: "mtnas search",
    MODEL: "mtnas derive` or `mtnas train",
}


def load_model(workdir: Path, name: str) -> Any:
    """A model that an earlier verb saved in a run directory.

    Args:
        workdir: the run directory.
        name: `SEARCHED_MODEL` or `MODEL`.

    Raises:
        FileNotFoundError: if it is not there; it says which verb to run first.
    """
    if not workdir.is_dir():
        raise FileNotFoundError(f"There is no run directory {workdir}")
    path = workdir / name
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {name} in {workdir}. Run `{MADE_BY[name]}` first."
        )
    # Importing the package has registered its classes with Keras.
    return keras.saving.load_model(path)


def read_metrics(workdir: Path) -> Results:
    """The content of `metrics.json`."""
    text = (workdir / METRICS).read_text(encoding="utf-8")
    return dict(json.loads(text))


def add_metrics(workdir: Path, **results: Results) -> None:
    """Adds keys to `metrics.json`."""
    known = read_metrics(workdir)
    write_text(workdir / METRICS, strict_json({**known, **results}))


def write_run(run: Path, files: Mapping[str, str], results: Results) -> None:
    """Writes the inputs of a run, and its results."""
    for name, text in files.items():
        write_text(run / name, text)
    write_text(run / METRICS, strict_json(results))


def write_route(run: Path, route: Route) -> None:
    """Writes `route.json` and its drawings."""
    write_text(run / ROUTE, route.to_json())
    for suffix in ("svg", "png"):
        draw_route(route, run / f"route.{suffix}")


def results_of(training: runner.Training) -> Results:
    """The results of a training that are kept."""
    tasks = training.model.schema.tasks
    return {
        **results_of_split("valid", tasks, training.valid),
        "epochs": training.epochs,
        "train_seconds": training.seconds,
        "step_milliseconds": training.step_seconds * 1e3,
        "num_parameters": building.count_parameters(training.model),
    }


def results_of_split(
    split: str, tasks: Sequence[TaskSpec], metrics: TaskMetrics
) -> Results:
    """The metrics of a split, by task, and the loss that they make.

    Args:
        split: its name.
        tasks: `TaskSpec`s.
        metrics: what `evaluate_by_task` returns.
    """
    return {split: metrics, f"{split}_loss": mtl_loss(tasks, metrics)}


def metrics_text(split: str, results: Results) -> str:
    """The content of `results_of_split`, a line for the loss and each task."""
    lines = [f"{split}: loss {results[f'{split}_loss']:.4f}"]
    for task, metrics in results[split].items():
        values = (f"{name} {value:.4f}" for name, value in metrics.items())
        lines.append(f"  {task}: {'  '.join(values)}")
    return "\n".join(lines)


@contextlib.contextmanager
def logs_of(run: Path) -> Iterator[list[keras.callbacks.Callback]]:
    """Callbacks that keep the history of a `fit` in the run directory."""
    history = keras.callbacks.CSVLogger(str(run / "history.csv"), append=True)
    try:
        yield [
            history,
            keras.callbacks.TensorBoard(
                str(run / TENSORBOARD), write_graph=False
            ),
        ]
    finally:
        history.on_train_end()  # closes the file even if the training fails
