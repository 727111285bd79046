"""Rows of raw fields -> arrays of a model, with NumPy alone.

Training, export and serving all go through this package, so a row becomes
the same ids everywhere. It imports neither TensorFlow nor Keras.
"""

from mtnas_preprocessing.field_spec import FieldSpec
from mtnas_preprocessing.local_path import local_path
from mtnas_preprocessing.preprocessor import PADDING
from mtnas_preprocessing.preprocessor import Preprocessor

__all__ = ["PADDING", "FieldSpec", "Preprocessor", "local_path"]
