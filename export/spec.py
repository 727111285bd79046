"""The contract of an exported model: inputs, outputs and tolerance."""

import dataclasses
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import ClassVar

import keras
import numpy as np

from mtnas_preprocessing import PADDING
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.models import AllocatedNet
from mtnas_tf.models import AllocationNet

from .kept_rows import KeptRows
from .tensor_info import TensorInfo

IMAGES = "images"  # the input of a model of images
BATCH_SIZES = (1, 7, 1000)
# A thousand images take minutes; and int8 shares one range of values among all
# rows of a batch, so that its tolerance holds for a few.
FEW_ROWS = (1, 7)
# The newest that ONNX Runtime 1.30, 1.31 and 1.32 load: a graph of each version
# was opened and run in each of them, and 1.30 and 1.31 refuse 27.
DEFAULT_OPSET = 26
# The first splits a tensor into a number of equal parts.
OPSETS = range(18, DEFAULT_OPSET + 1)
# ONNX's reference evaluator dequantizes from this one on.
LEAST_INT8_OPSET = 19
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
        other_tasks: tuple of names. Tasks of the model that are left out.
            Defaults to `()`, none.
        unread_inputs: tuple of `TensorInfo`. Inputs of the model that no output
            depends on, and that are left out. Defaults to `()`, none.
        opset: int. Version of the ONNX operator set. Defaults to
            `DEFAULT_OPSET`.
        precision: `"float32"`, `"float16"` (of the table) or `"int8"` (of all
            weights), as an ONNX file stores them. Defaults to `"float32"`.
        tolerance: float. Largest difference allowed between the model and
            its export: absolute, or relative to predictions above 1.
            Defaults to `1e-5`.
        scales: dict task name -> the unit of `tolerance`, if it is not 1: the
            deviation of a regression's labels. Defaults to none.
        batch_sizes: tuple of int. Batch sizes that are compared. Defaults
            to `BATCH_SIZES`.
        kept_rows: `KeptRows` of the embedding table. Defaults to `None`, all.
    """

    ids_name: ClassVar[str] = "ids"  # the input of ids

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    num_buckets: int
    may_pad: tuple[bool, ...] = ()
    other_tasks: tuple[str, ...] = ()
    unread_inputs: tuple[TensorInfo, ...] = ()
    opset: int = DEFAULT_OPSET
    precision: str = "float32"
    tolerance: float = TOLERANCES["float32"]
    scales: Mapping[str, float] = dataclasses.field(default_factory=dict)
    batch_sizes: tuple[int, ...] = BATCH_SIZES
    kept_rows: KeptRows | None = None

    @classmethod
    def from_model(
        cls,
        model: keras.Model,
        precision: str = "float32",
        tasks: Sequence[str] | None = None,
        opset: int = DEFAULT_OPSET,
    ) -> "ExportSpec":
        """The contract of `model`, read from its `schema`.

        Args:
            model: `AllocatedNet`, or `keras.Model` with an attribute `schema`,
                a `DatasetSchema`.
            precision: a key of `TOLERANCES`. Defaults to `"float32"`.
            tasks: names of the tasks to export. Defaults to `None`, all.
            opset: see `ExportSpec`. Defaults to `DEFAULT_OPSET`.

        Raises:
            TypeError: if the model has no such schema, or is an
                `AllocationNet`.
            ValueError: if `tasks` are none of the model's, or `opset` is
                beyond the known ones.
        """
        shared: dict[str, Any] = {
            "opset": _checked_opset(opset, precision),
            "precision": precision,
            "tolerance": TOLERANCES[precision],
            "batch_sizes": FEW_ROWS if precision == "int8" else BATCH_SIZES,
        }
        if isinstance(model, AllocatedNet):
            sizes = model.num_classes
            return cls(
                inputs=_image_inputs(model),
                **_outputs(sizes, tasks),
                num_buckets=0,
                **{**shared, "batch_sizes": FEW_ROWS},
            )
        schema = _schema_of(model)
        return cls(
            inputs=_inputs(schema),
            **_outputs(schema.num_outputs, tasks),
            num_buckets=schema.num_buckets,
            may_pad=tuple(schema.preprocessor.may_pad.tolist()),
            scales={t.name: t.scale for t in schema.tasks if t.scale != 1},
            **shared,
        )

    def with_inputs(self, names: Collection[str]) -> "ExportSpec":
        """The contract with some of the inputs; the others are unread."""
        kept = tuple(x for x in self.inputs if x.name in names)
        unread = tuple(x for x in self.inputs if x.name not in names)
        return dataclasses.replace(self, inputs=kept, unread_inputs=unread)

    def example(self, batch_size: int) -> dict[str, np.ndarray]:
        """Valid random inputs, always the same for one batch size."""
        generator = np.random.default_rng(batch_size)
        return {
            tensor.name: self._draw(tensor, batch_size, generator)
            for tensor in self.inputs
        }

    def valid_row(self) -> dict[str, np.ndarray]:
        """One row of valid inputs, its lists full."""
        row = self.example(1)
        if self.ids_name in row:
            ids = row[self.ids_name]
            row[self.ids_name] = np.where(ids < 0, 0, ids)
        return row

    def extremes(self) -> dict[str, np.ndarray] | None:
        """Rows of the least and the largest ids, if there are ids.

        And one of lists that hold one value each, if there are lists.
        """
        row = self.valid_row()
        if self.ids_name not in row:
            return None
        rows = [np.zeros_like(row[self.ids_name][0])]
        rows.append(rows[0] + self.num_buckets - 1)
        if any(self.may_pad):
            rows.append(np.where(self.may_pad, PADDING, rows[1]))
        inputs = {name: np.repeat(x, len(rows), 0) for name, x in row.items()}
        return {**inputs, self.ids_name: np.stack(rows)}

    def encoded(
        self, inputs: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """The inputs of the model for some of the file: they are the same."""
        return inputs

    def _draw(
        self, tensor: TensorInfo, batch_size: int, generator: Any
    ) -> np.ndarray:
        shape = (batch_size, *tensor.shape[1:])
        if tensor.name == IMAGES:
            return generator.random(shape, tensor.dtype)
        if tensor.name == self.ids_name:
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


def _image_inputs(model: AllocatedNet) -> tuple[TensorInfo, ...]:
    shape = (None, *model.image_shape)
    return (TensorInfo(name=IMAGES, dtype="float32", shape=shape),)


def _outputs(
    sizes: Mapping[str, int], tasks: Sequence[str] | None
) -> dict[str, Any]:
    """Outputs of the tasks that are exported, and the names of the others."""
    is_list = isinstance(tasks, list | tuple) and bool(tasks)
    if tasks is not None and not (is_list and set(tasks) <= set(sizes)):
        raise ValueError(
            f"`tasks` must be a list of some of {tuple(sizes)}. "
            f"Received: tasks={tasks!r}"
        )
    kept = set(sizes if tasks is None else tasks)
    return {
        "outputs": tuple(
            TensorInfo(name=name, dtype="float32", shape=(None, size))
            for name, size in sizes.items()
            if name in kept
        ),
        "other_tasks": tuple(name for name in sizes if name not in kept),
    }


def _schema_of(model: keras.Model) -> DatasetSchema:
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
    return schema


def _checked_opset(opset: int, precision: str) -> int:
    least = LEAST_INT8_OPSET if precision == "int8" else OPSETS[0]
    is_known = opset in OPSETS and not isinstance(opset, bool)
    if not is_known or opset < least:
        raise ValueError(
            f"`opset` must lie in [{least}, {OPSETS[-1]}]. "
            f"Received: opset={opset!r}, precision={precision!r}"
        )
    return opset
