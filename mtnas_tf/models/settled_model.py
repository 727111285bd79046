"""Embedding tables that are up to date wherever they are read."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from mtnas_tf.data import DatasetSchema
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers import settled


class SettledModel(keras.Model):
    """A model whose tables may be trained by `SparseAdam`.

    Whatever reads its embeddings, in the middle of a training too, finds them
    as dense Adam would have left them, see `mtnas_tf.optimizers.Table`. A
    subclass has the attribute `schema`.
    """

    schema: DatasetSchema
    test_function: Any
    predict_function: Any

    @property
    def tables(self) -> list[Table]:
        """All embedding tables among the weights."""
        return [w for w in self.weights if isinstance(w, Table)]

    def settle(self) -> None:
        """Brings every row of the tables up to date."""
        for table in self.tables:
            table.settle()

    def make_train_function(self, force: bool = False) -> Any:
        # Another model may have trained the same tables in the meantime.
        optimizer = self._sparse_optimizer
        if optimizer is not None:
            optimizer.take_tables()
        else:
            for table in self.tables:
                table.take(None)
        return super().make_train_function(force)

    def make_test_function(self, force: bool = False) -> Any:
        former = self.test_function
        super().make_test_function(force)
        if former is None or force:
            self.test_function = self._of_settled_tables(self.test_function)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        former = self.predict_function
        super().make_predict_function(force)
        if former is None or force:
            self.predict_function = self._of_settled_tables(
                self.predict_function
            )
        return self.predict_function

    def _of_settled_tables(self, function: Callable[..., Any]) -> Any:
        tables = self.tables

        def run(*args: Any) -> Any:
            with settled(tables):
                return function(*args)

        return run

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.export`, with the inputs that the schema describes.

        `export.export_model` also checks the files against the model, and adds
        the manifest that `Predictor` reads.

        Args:
            filepath: path to write.
            format: `"tf_saved_model"` or `"onnx"`, see `keras.Model.export`.
                Defaults to `"tf_saved_model"`.
            verbose: see `keras.Model.export`. Defaults to `None`.
            input_signature: see `keras.Model.export`. Defaults to `None`: a
                dict of `ids`, int64 `(batch, id columns)`, and/or `values`,
                float32 `(batch, floats)`, or of `images`, float32.
            **kwargs: Passed to `keras.Model.export`.
        """
        if input_signature is None:
            # Keras infers floats for ids, and nothing before the first call.
            input_signature = [input_specs(self.schema)]
        with settled(self.tables):
            super().export(filepath, format, verbose, input_signature, **kwargs)

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
