"""`mtnas predict`: rows of a file to predictions, without TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_preprocessing.tables import open_table
from mtnas_tf.stages import stage


def predict(
    artefact: Path,
    rows: Path,
    predictions: Path,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Predicts every row of a file by an exported model.

    Args:
        artefact: an export, or the `model.onnx` in it.
        rows: a CSV, JSON lines or Parquet file.
        predictions: the file to write, of any of these kinds.
        say: called with lines of text. Defaults to `print`.

    Returns:
        `{"rows": count, "output": path}`.
    """
    from export.serving import Predictor
    from export.serving import predict_file

    predictor = Predictor(artefact)
    with stage("prediction", open_table(rows).num_rows) as report:
        count = predict_file(predictor, rows, predictions, report=report)
    say(f"{count:,} rows predicted in {predictions}")
    return {"rows": count, "output": str(predictions)}
