"""Data sets as batches of arrays."""

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.catalog import CATALOG
from mtnas_tf.data.description import describe
from mtnas_tf.data.description import describe_table
from mtnas_tf.data.encoded_store import EncodedStore
from mtnas_tf.data.image_split import ImageSplit
from mtnas_tf.data.image_task_data import ImageTaskData
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.pipeline import load
from mtnas_tf.data.pipeline import prepare
from mtnas_tf.data.row_split import RowSplit
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema_inference import infer_schema
from mtnas_tf.data.schema_proposal import SchemaProposal
from mtnas_tf.data.split import Split
from mtnas_tf.data.streamed_data import StreamedData
from mtnas_tf.data.tables import from_csv
from mtnas_tf.data.tables import from_dataframe
from mtnas_tf.data.tables import from_file
from mtnas_tf.data.tables import from_parquet
from mtnas_tf.data.tables import propose_schema
from mtnas_tf.data.task_spec import TaskSpec

__all__ = [
    "CATALOG",
    "DatasetSchema",
    "EncodedStore",
    "FieldSpec",
    "ImageSplit",
    "ImageTaskData",
    "MultiTaskData",
    "RowSplit",
    "SchemaProposal",
    "Split",
    "StreamedData",
    "TaskSpec",
    "describe",
    "describe_table",
    "from_csv",
    "from_dataframe",
    "from_file",
    "from_parquet",
    "infer_schema",
    "load",
    "prepare",
    "propose_schema",
]
