"""Trains a method on a split and evaluates what it predicted."""

import dataclasses
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import environments
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.peers.exported_data import ExportedData
from benchmarks.peers.trial import Trial
from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import evaluate_tasks
from mtnas_tf.metrics import mtl_loss
from studies.method import Method
from studies.settings import Settings

TRAINING_SECONDS = 1800.0
LOSS = "mtl_loss"

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Trainings:
    """A row per seed, and the versions of the libraries it ran on."""

    rows: list[Row]
    versions: dict[str, str]


def train(method: Method, trial: Trial, settings: Settings) -> Trainings:
    """Trains with every seed, in a process of the method's environment.

    Returns:
        `Trainings`. A row holds `best_epoch` (from 1), the one of least
        validation loss, and its metrics on `valid` and `test`; or `error`.
    """
    measurement = _measure(method, trial, settings)
    rows = []
    for seed in range(settings.num_seeds):
        row = {
            "library": method.library,
            "variant": method.variant,
            "seed": seed,
        }
        if seed < len(measurement.rounds):
            row |= measurement.rounds[seed] | _evaluate(trial, seed)
        else:
            row["error"] = measurement.error
        rows.append(row)
    return Trainings(rows, measurement.versions)


def evaluate(
    data: ExportedData, split: str, predictions: Any
) -> dict[str, float]:
    """`mtl_loss`, then the metrics of every task as `<task>_<metric>`.

    Args:
        data: what was predicted.
        split: one of its splits.
        predictions: probabilities `(rows, tasks)`.
    """
    tasks = [TaskSpec(name=task) for task in data.tasks]
    metrics = evaluate_tasks(
        tasks,
        dict(zip(data.tasks, data.labels[split].T, strict=True)),
        dict(zip(data.tasks, predictions.T, strict=True)),
    )
    named = {
        f"{task}_{name}": value
        for task, values in metrics.items()
        for name, value in values.items()
    }
    return {LOSS: mtl_loss(tasks, metrics), **named}


def best_epoch(losses: Sequence[float]) -> int:
    """The epoch of least loss, the first of equals."""
    return min(range(len(losses)), key=losses.__getitem__)


def _measure(method: Method, trial: Trial, settings: Settings) -> Measurement:
    python = sys.executable
    if method.environment is not None:
        try:
            python = environments.python_of(method.environment)
        except RuntimeError as error:
            return Measurement(method.name, error=str(error))
    subject = processes.Subject(
        name=method.name,
        module=f"benchmarks.peers.{method.module}",
        function="training_rounds",
        config=trial.to_config(),
        python=python,
    )
    (measurement,) = processes.measure(
        [subject],
        settings.num_seeds,
        settings.build_dir / "logs" / trial.data_path.stem,
        round_seconds=TRAINING_SECONDS,
    )
    return measurement


def _evaluate(trial: Trial, seed: int) -> Row:
    try:
        epochs = [
            evaluate(trial.data, "valid", trial.read(seed, epoch, "valid"))
            for epoch in range(trial.epochs)
        ]
        best = best_epoch([metrics[LOSS] for metrics in epochs])
        test = evaluate(trial.data, "test", trial.read(seed, best, "test"))
    except ValueError as error:  # what was predicted are no probabilities
        return {"error": str(error)}
    return {"best_epoch": best + 1, "valid": epochs[best], "test": test}
