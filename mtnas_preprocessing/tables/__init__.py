"""Tables on disk, read with every value as it was written."""

from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.tables.opening import SUFFIXES
from mtnas_preprocessing.tables.opening import open_table
from mtnas_preprocessing.tables.table import Table

__all__ = ["SUFFIXES", "Columns", "Table", "open_table"]
