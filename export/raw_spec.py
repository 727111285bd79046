"""The contract of a file whose inputs are raw columns."""

import dataclasses
import functools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import ClassVar

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies

from .raw_keys import keys_of
from .spec import ExportSpec
from .tensor_info import TensorInfo

_DTYPES = {
    "string": "object",
    "integer": "int64",
    "float": "float64",
    "vector": "float32",
}
_UNSEEN: dict[str, list[Any]] = {
    "string": ["never seen"],
    "integer": [2**63 - 1, -(2**63)],
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class RawSpec(ExportSpec):
    """The contract of an ONNX file that reads raw columns.

    Each field that the standard's operators encode as training does is an input
    `(batch, 1)` under its own name: strings and integers with a vocabulary, and
    floats, float64, whether in buckets or standardized; a vector is float32
    `(batch, size)`. Missing is the empty string, -1 or NaN. The ids of all
    other fields, those that are hashed and lists, are the columns of
    `hashed_ids`, int64 `(batch, ids)`, made outside.

    Args:
        spec: `ExportSpec` of the file without raw columns.
        preprocessor: `Preprocessor` of the model's fields.
        **kwargs: as `ExportSpec` takes them.
    """

    ids_name: ClassVar[str] = "hashed_ids"

    spec: ExportSpec
    preprocessor: Preprocessor

    @classmethod
    def of(cls, spec: ExportSpec, preprocessor: Preprocessor) -> "RawSpec":
        """The contract with raw columns in place of ids and values.

        Args:
            spec: `ExportSpec` of a model with a schema.
            preprocessor: of that schema.

        Raises:
            ValueError: if all fields are hashed or lists, or a field has the
                name of their ids.
        """
        shared: dict[str, Any] = {
            field.name: getattr(spec, field.name)
            for field in dataclasses.fields(spec)
        }
        found = cls(**shared, spec=spec, preprocessor=preprocessor)
        raw = [
            TensorInfo(name=f.name, dtype=_DTYPES[f.kind], shape=(None, f.size))
            for f in found.raw_fields
        ]
        _check_names([tensor.name for tensor in raw], preprocessor)
        columns = found.hashed_columns
        if len(columns):
            shape = (None, len(columns))
            raw.append(
                TensorInfo(name=cls.ids_name, dtype="int64", shape=shape)
            )
        return dataclasses.replace(
            found,
            inputs=tuple(raw),
            may_pad=tuple(preprocessor.may_pad[columns].tolist()),
        )

    @property
    def read_fields(self) -> tuple[FieldSpec, ...]:
        """The fields that feed an input of the file without raw columns."""
        names = {tensor.name for tensor in self.spec.inputs}
        return tuple(
            f
            for f in self.preprocessor.fields
            if ("ids" if f.is_embedded else "values") in names
        )

    @property
    def raw_fields(self) -> tuple[FieldSpec, ...]:
        """Those that are inputs of their own."""
        numbers = ("float", "vector")
        return tuple(
            f
            for f in self.read_fields
            if f.kind in numbers or f.name in self.rows
        )

    @functools.cached_property
    def rows(self) -> dict[str, dict[str | None, int]]:
        """Field -> text -> row of the table, of fields with a vocabulary."""
        owned = rows_of_vocabularies(self.preprocessor.fields)[0]
        return {
            field.name: owned[field.row_owner]
            for field in self.read_fields
            if field.row_owner in owned and field.max_length is None
        }

    @functools.cached_property
    def keys(self) -> dict[str, dict[Any, int]]:
        """Field -> raw value -> row, of fields with a vocabulary."""
        fields = {field.name: field for field in self.read_fields}
        return {k: keys_of(fields[k], rows) for k, rows in self.rows.items()}

    @property
    def hashed_columns(self) -> list[int]:
        """The columns of `ids` that `hashed_ids` has."""
        columns = range(self.preprocessor.num_ids)
        raw = self.raw_fields
        return [
            column
            for field in self.read_fields
            if field.is_embedded and field not in raw
            for column in columns[self.preprocessor.id_columns(field.name)]
        ]

    def encoded(
        self, inputs: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """The inputs of the model for raw columns, by the preprocessor."""
        arrays = {}
        names = {tensor.name for tensor in self.spec.inputs}
        if "ids" in names:
            num_rows = len(next(iter(inputs.values())))
            shape = (num_rows, self.preprocessor.num_ids)
            arrays["ids"] = np.empty(shape, np.int64)
            columns = self.hashed_columns
            if columns:
                arrays["ids"][:, columns] = inputs[self.ids_name]
        values = []
        for field in self.raw_fields:
            column = inputs[field.name]
            if field.is_embedded:
                place = self.preprocessor.id_columns(field.name)
                ids = self.preprocessor.ids_of(
                    field.name, column[:, 0].tolist()
                )
                arrays["ids"][:, place] = ids[:, None]
            elif field.kind == "vector":
                values.append(column)
            else:
                numbers = map(field.number, column[:, 0].tolist())
                values.append(np.array([*numbers], np.float32)[:, None])
        if values:
            arrays["values"] = np.concatenate(values, axis=1)
        return arrays

    def _draw(
        self, tensor: TensorInfo, batch_size: int, generator: Any
    ) -> np.ndarray:
        fields = {field.name: field for field in self.raw_fields}
        if tensor.name not in fields or tensor.dtype == "float32":
            return super()._draw(tensor, batch_size, generator)
        known = np.array(self._some_values(fields[tensor.name]), tensor.dtype)
        return generator.choice(known, (batch_size, 1))

    def _some_values(self, field: FieldSpec) -> Sequence[Any]:
        """Values of a field, with missing, unseen and bordering ones."""
        if field.kind == "float":
            edges = np.array(field.boundaries, np.float64)
            below, above = np.nextafter(edges, np.array([[-np.inf], [np.inf]]))
            spread = field.mean + field.scale * np.linspace(-2, 2, 9)
            numbers = np.concatenate([[np.nan], edges, below, above, spread])
            return list(numbers)
        return [*self.keys[field.name], *_UNSEEN[field.kind]]


def _check_names(names: Sequence[str], preprocessor: Preprocessor) -> None:
    if not names:
        raise ValueError(
            "`formats` must not name 'onnx_raw' for a model all of whose "
            "fields are hashed or lists: give fields a vocabulary, such as by "
            "`min_count` of the data. Received: fields="
            f"{[field.name for field in preprocessor.fields]}"
        )
    if RawSpec.ids_name in names:
        raise ValueError(
            "`formats` must not name 'onnx_raw' for a model with a field "
            f"{RawSpec.ids_name!r}, the name of another input. "
            f"Received: fields={[*names]}"
        )
