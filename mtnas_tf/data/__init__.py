"""Data sets as batches of arrays."""

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.catalog import CATALOG
from mtnas_tf.data.description import describe
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.pipeline import load
from mtnas_tf.data.pipeline import prepare
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema import TaskSpec
from mtnas_tf.data.split import Split

__all__ = [
    "CATALOG",
    "DatasetSchema",
    "FieldSpec",
    "MultiTaskData",
    "Split",
    "TaskSpec",
    "describe",
    "load",
    "prepare",
]
