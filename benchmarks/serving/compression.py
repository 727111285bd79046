"""What smaller files cost: bytes, time and AUC.

    python -m benchmarks.serving.compression

exports the network of `benchmarks.serving.accuracy`, trained on Book-Crossing
for an epoch, in several ways and prints of each, as JSON, the bytes of
`model.onnx`, the processor time of a prediction of 512 rows on one thread
(median of 200, in microseconds), and for every task the AUC on the test split,
its change, and the standard error of the change by a bootstrap over the test
rows. Where the data lies TFDS_DATA_DIR tells.
"""

import json
import pathlib
import statistics
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.serving.accuracy import trained_network

BATCH = 512
CALLS = 200
RESAMPLES = 100


def main() -> None:
    """Trains, exports and prints."""
    data, model = trained_network()
    seen = {"seen_ids": data.splits["train"].inputs["ids"]}
    variants: dict[str, dict[str, Any]] = {
        "float32": {},
        "float16": {"precision": "float16"},
        "int8": {"precision": "int8"},
        "seen ids": seen,
        "seen ids, float16": {**seen, "precision": "float16"},
        "seen ids, int8": {**seen, "precision": "int8"},
    }
    base = None
    for name, options in variants.items():
        facts, predictions = _exported(model, data, options)
        base = base or predictions
        tasks = _changes(data, base, predictions)
        print(json.dumps({"export": name, **facts, "auc": tasks}), flush=True)


def _exported(
    model: Any, data: Any, options: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Size and time of an export, and its predictions of the test split."""
    from export import export_model
    from export.serving import Predictor

    inputs = data.splits["test"].inputs
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name) / "export"
        export_model(model, directory, ("onnx",), **options)
        predictor = Predictor(directory, num_threads=1)
        times = []
        for call in range(CALLS):
            rows = slice(call % 8 * BATCH, (call % 8 + 1) * BATCH)
            start = time.process_time_ns()
            predictor.predict_ids(inputs["ids"][rows])
            times.append((time.process_time_ns() - start) / 1e3)
        facts = {
            "bytes": (directory / "model.onnx").stat().st_size,
            "us_512": statistics.median(times),
        }
        return facts, predictor.predict_ids(**inputs)


def _changes(data: Any, base: Any, predictions: Any) -> dict[str, Any]:
    """Task -> AUC, its change, and the change's standard error."""
    labels = {k: y[:, 0] for k, y in data.splits["test"].labels.items()}
    num_rows = len(next(iter(labels.values())))
    whole = slice(None)
    generator = np.random.default_rng(0)
    draws = [
        generator.integers(num_rows, size=num_rows) for _ in range(RESAMPLES)
    ]
    found = {}
    for task in data.schema.tasks:

        def change(rows: Any, task: Any = task) -> tuple[float, float]:
            first, second = (
                _auc(task, labels, x, rows) for x in (base, predictions)
            )
            return second, second - first

        auc, difference = change(whole)
        changes = [change(rows)[1] for rows in draws]
        error = float(np.std(changes, ddof=1))
        found[task.name] = {"auc": auc, "change": difference, "error": error}
    return found


def _auc(task: Any, labels: Any, predictions: Any, rows: Any) -> float:
    from mtnas_tf.metrics import evaluate_tasks

    name = task.name
    metrics = evaluate_tasks(
        (task,), {name: labels[name][rows]}, {name: predictions[name][rows]}
    )
    return float(metrics[name]["auc"])


if __name__ == "__main__":
    main()
