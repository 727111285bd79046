"""Predictions from an exported model, with NumPy and ONNX Runtime alone.

Parquet files also need pyarrow, and a server kserve.
"""

from .predict_file import predict_file
from .predictor import Predictor

__all__ = ["Predictor", "predict_file"]
