"""The loss in AUC from storing weights in fewer bytes.

    python -m benchmarks.serving.accuracy

trains a derived network on Book-Crossing for an epoch, exports it in every
precision and prints the AUC of each on the test split as JSON. The data must
have been prepared (`mtnas prepare book_crossing`); the variable TFDS_DATA_DIR
tells where, if not in TFDS's own place.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.harness.processes import ROOT

PRECISIONS = ("float32", "float16", "int8")


def measure() -> dict[str, Any]:
    """AUC by precision and task, or why there is none.

    Returns:
        dict task -> `float32`, its AUC, then the changes by `float16` and
        `int8`; or `error`.
    """
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving.accuracy"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        return {"error": result.stderr.strip().splitlines()[-1]}
    changes: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return changes


def main() -> None:
    """Trains, exports and prints."""
    data, model = trained_network()
    auc = {precision: _auc(model, data, precision) for precision in PRECISIONS}
    base, *others = PRECISIONS
    print(
        json.dumps(
            {
                task: {base: auc[base][task]}
                | {x: auc[x][task] - auc[base][task] for x in others}
                for task in data.schema.task_names
            }
        )
    )


def trained_network() -> tuple[Any, Any]:
    """Book-Crossing, and the derived network after an epoch."""
    import keras

    import mtnas_tf as mt
    from benchmarks.serving.routes import FOUND
    from benchmarks.serving.routes import with_tasks

    data = mt.data.load("book_crossing")
    names = dict(zip(FOUND.tasks, data.schema.task_names, strict=True))
    keras.utils.set_random_seed(0)
    model = mt.models.SparseRouteModel(data.schema, with_tasks(FOUND, names))
    model.compile()
    model.fit(data.train, epochs=1, verbose=0)
    return data, model


def _auc(model: Any, data: Any, precision: str) -> dict[str, float]:
    """AUC of every task on the test split, predicted by ONNX Runtime."""
    from export import export_model
    from export.serving import Predictor
    from mtnas_tf.metrics import evaluate_tasks

    split = data.splits["test"]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name) / "export"
        export_model(model, directory, ("onnx",), precision)
        predictions = Predictor(directory).predict_ids(**split.inputs)
    labels = {task: y[:, 0] for task, y in split.labels.items()}
    metrics = evaluate_tasks(data.schema.tasks, labels, predictions)
    return {task: values["auc"] for task, values in metrics.items()}


if __name__ == "__main__":
    main()
