"""The command line of a serving host: rows in a file -> predictions."""

import argparse
import sys
from collections.abc import Sequence

from .predict_file import predict_file
from .predictor import Predictor


def main(argv: Sequence[str] | None = None) -> int:
    """Predicts the rows of a file; returns 0, or 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="mtnas-predict",
        description="Predicts the rows of a file with an exported model.",
    )
    parser.add_argument("artefact", help="model.onnx, or its folder")
    kinds = "CSV, JSON lines or Parquet, by its suffix"
    parser.add_argument("--input", required=True, help=kinds)
    parser.add_argument("--output", required=True, help=kinds)
    arguments = parser.parse_args(argv)
    try:
        predictor = Predictor(arguments.artefact)
        rows = predict_file(predictor, arguments.input, arguments.output)
    except (ValueError, OSError, ImportError) as error:
        print(f"mtnas-predict: error: {error}", file=sys.stderr)
        return 2
    print(f"{rows} rows predicted in {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
