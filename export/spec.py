"""The contract of an exported model: inputs, outputs and tolerance."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from mtnas_preprocessing import PADDING
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.models import AllocatedNet
from mtnas_tf.models import AllocationNet

from .tensor_info import TensorInfo

IMAGES = "images"  # the input of a model of images
# Precision of the weights -> the difference allowed in a prediction.
TOLERANCES = {"float32": 1e-5, "float16": 1e-3, "int8": 5e-2}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportSpec:
    """The contract that every exported format of a model is held to.

    The served inputs are `ids`, int64 `(batch, num_ids)`, and `values`, float32
    `(batch, num_values)`, those of a `Preprocessor`; one that no field feeds is
    absent. A model of images has `images` alone, float32 `(batch, height,
    width, channels)`. `ids` are already hashed, in `[0, num_buckets)`, and -1
    behind the values of a list. ONNX has no string hash, and a hash taken from
    an extension need not agree with the one used in training, so
    hashing stays in front of the graph; and since all fields share one table,
    one id matrix needs one lookup where an input per field would need many.

    Args:
        inputs: tuple of `TensorInfo`.
        outputs: tuple of `TensorInfo`, one a task, float32 `(batch, 1)`, or
            `(batch, classes)` of a multi-class task.
        num_buckets: int. Ids lie in `[0, num_buckets)`; 0 without ids.
        may_pad: tuple of bool. Which columns of `ids` may hold -1. Defaults to
            `()`, none.
        opset: int. Version of the ONNX operator set. Defaults to `18`.
        precision: `"float32"`, `"float16"` (of the table) or `"int8"` (of all
            weights), as an ONNX file stores them. Defaults to `"float32"`.
        tolerance: float. Largest difference allowed between the model and
            its export: absolute, or relative to predictions above 1.
            Defaults to `1e-5`.
        scales: dict task name -> the unit of `tolerance`, if it is not 1: the
            deviation of a regression's labels. Defaults to none.
        batch_sizes: tuple of int. Batch sizes that are compared. Defaults
            to `(1, 7)`.
    """

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    num_buckets: int
    may_pad: tuple[bool, ...] = ()
    opset: int = 18
    precision: str = "float32"
    tolerance: float = TOLERANCES["float32"]
    scales: Mapping[str, float] = dataclasses.field(default_factory=dict)
    batch_sizes: tuple[int, ...] = (1, 7)

    @classmethod
    def from_model(
        cls, model: keras.Model, precision: str = "float32"
    ) -> "ExportSpec":
        """The contract of `model`, read from its `schema`.

        Args:
            model: `AllocatedNet`, or `keras.Model` with an attribute `schema`,
                a `DatasetSchema`.
            precision: a key of `TOLERANCES`. Defaults to `"float32"`.

        Raises:
            TypeError: if the model has no such schema, or is an
                `AllocationNet`.
        """
        if isinstance(model, AllocatedNet):
            return _of_images(cls, model, precision)
        if isinstance(model, AllocationNet):
            raise TypeError(
                "`model` must compute what its tasks use and nothing else: "
                "export `mt.derive.derive_allocation(model)`. "
                "Received: an `AllocationNet`"
            )
        schema = getattr(model, "schema", None)
        if not isinstance(schema, DatasetSchema):
            raise TypeError(
                "`model` must have an attribute `schema`, a `DatasetSchema`. "
                f"Received: schema={schema!r}"
            )
        inputs = _inputs(schema)
        outputs = tuple(
            TensorInfo(name=name, dtype="float32", shape=(None, num_outputs))
            for name, num_outputs in schema.num_outputs.items()
        )
        return cls(
            inputs=inputs,
            outputs=outputs,
            num_buckets=schema.num_buckets,
            may_pad=tuple(schema.preprocessor.may_pad.tolist()),
            precision=precision,
            tolerance=TOLERANCES[precision],
            scales={t.name: t.scale for t in schema.tasks if t.scale != 1},
        )

    def example(self, batch_size: int) -> dict[str, np.ndarray]:
        """Valid random inputs, always the same for one batch size."""
        generator = np.random.default_rng(batch_size)
        return {
            tensor.name: self._draw(tensor, batch_size, generator)
            for tensor in self.inputs
        }

    def _draw(
        self, tensor: TensorInfo, batch_size: int, generator: Any
    ) -> np.ndarray:
        shape = (batch_size, *tensor.shape[1:])
        if tensor.name == IMAGES:
            return generator.random(shape, tensor.dtype)
        if tensor.name == "ids":
            ids = generator.integers(self.num_buckets, size=shape)
            if not any(self.may_pad):
                return ids
            is_padding = self.may_pad & (generator.random(shape) < 0.5)
            return np.where(is_padding, PADDING, ids)
        return generator.normal(size=shape).astype(tensor.dtype)


def _inputs(schema: DatasetSchema) -> tuple[TensorInfo, ...]:
    num_ids = schema.preprocessor.num_ids
    num_values = schema.preprocessor.num_values
    ids = TensorInfo(name="ids", dtype="int64", shape=(None, num_ids))
    values = TensorInfo(
        name="values", dtype="float32", shape=(None, num_values)
    )
    return (ids,) * (num_ids > 0) + (values,) * (num_values > 0)


def _of_images(cls: Any, model: AllocatedNet, precision: str) -> Any:
    images = TensorInfo(
        name=IMAGES, dtype="float32", shape=(None, *model.image_shape)
    )
    outputs = tuple(
        TensorInfo(name=task, dtype="float32", shape=(None, size))
        for task, size in model.num_classes.items()
    )
    return cls(
        inputs=(images,),
        outputs=outputs,
        num_buckets=0,
        precision=precision,
        tolerance=TOLERANCES[precision],
    )
