"""`mtnas predict`: rows of a file to predictions, without TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


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

    count = predict_file(Predictor(artefact), rows, predictions)
    say(f"{count} rows predicted in {predictions}")
    return {"rows": count, "output": str(predictions)}
