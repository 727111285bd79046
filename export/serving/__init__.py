"""Predictions from an exported model, with NumPy and ONNX Runtime alone.

Files of Parquet need pyarrow, too.
"""

from .predict_file import predict_file
from .predictor import Predictor

__all__ = ["Predictor", "predict_file"]
