"""Predictions from an exported model, with NumPy and ONNX Runtime alone."""

from .predict_csv import predict_csv
from .predictor import Predictor

__all__ = ["Predictor", "predict_csv"]
