"""Embedding tables that are up to date wherever they are read."""

import math
from collections.abc import Callable
from typing import Any
from typing import TypeVar

import tensorflow as tf

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import TaskSpec
from mtnas_tf.models.id_checked_model import IdCheckedModel
from mtnas_tf.models.portable_model import PortableModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers import settled

Result = TypeVar("Result")


class SettledModel(PortableModel):
    """A model whose tables may be trained by `SparseAdam`.

    Whatever reads its embeddings, in the middle of a training too, finds them
    as dense Adam would have left them, see `mtnas_tf.optimizers.Table`. A
    subclass has the attribute `schema`.
    """

    schema: DatasetSchema
    test_function: Any
    predict_function: Any

    @property
    def task_specs(self) -> tuple[TaskSpec, ...]:
        return self.schema.tasks

    def served_inputs(self) -> dict[str, tf.TensorSpec]:
        return input_specs(self.schema)

    def served_model(self) -> IdCheckedModel:
        return IdCheckedModel(self)

    def costs(self) -> dict[str, int]:
        weights = self.count_params()
        of_tables = sum(math.prod(table.shape) for table in self.tables)
        return {
            "Weights of embedding tables": of_tables,
            "Other weights": weights - of_tables,
        }

    @property
    def tables(self) -> list[Table]:
        """All embedding tables among the weights."""
        return [w for w in self.weights if isinstance(w, Table)]

    def settle(self) -> None:
        """Brings every row of the tables up to date."""
        for table in self.tables:
            table.settle()

    def make_train_function(self, force: bool = False) -> Callable[..., Any]:
        # Another model may have trained the same tables in the meantime.
        optimizer = self._sparse_optimizer
        if optimizer is not None:
            optimizer.take_tables()
        else:
            for table in self.tables:
                table.take(None)
        return super().make_train_function(force)

    def make_test_function(self, force: bool = False) -> Callable[..., Any]:
        former = self.test_function
        super().make_test_function(force)
        if former is None or force:
            self.test_function = self._of_settled_tables(self.test_function)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Callable[..., Any]:
        former = self.predict_function
        super().make_predict_function(force)
        if former is None or force:
            self.predict_function = self._of_settled_tables(
                self.predict_function
            )
        return self.predict_function

    def _of_settled_tables(
        self, function: Callable[..., Result]
    ) -> Callable[..., Result]:
        tables = self.tables

        def run(*args: object) -> Result:
            with settled(tables):
                return function(*args)

        return run

    @property
    def _sparse_optimizer(self) -> SparseAdam | None:
        optimizer = getattr(self, "optimizer", None)
        # Mixed precision wraps the optimizer in a LossScaleOptimizer.
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        return optimizer if isinstance(optimizer, SparseAdam) else None


def input_specs(schema: DatasetSchema) -> dict[str, tf.TensorSpec]:
    """Input specs of a model of the schema, of any batch size."""
    if schema.image_shape is not None:
        shape = (None, *schema.image_shape)
        return {"images": tf.TensorSpec(shape, "float32", "images")}
    dtypes = {"ids": "int64", "values": "float32"}
    return {
        name: tf.TensorSpec((None, width), dtypes[name], name)
        for name, width in schema.input_widths.items()
    }
