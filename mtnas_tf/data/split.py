"""The rows of one split as arrays."""

import dataclasses

import numpy as np

from mtnas_preprocessing import PADDING
from mtnas_tf.data.schema import DatasetSchema


@dataclasses.dataclass(frozen=True)
class Split:
    """Encoded rows with their labels, in memory.

    Args:
        inputs: dict with `ids`, int32 `(rows, num_ids)`, and/or `values`,
            float32 `(rows, num_values)`, as of a `Preprocessor`.
        labels: dict task name -> float32 `(rows, 1)`, NaN where missing.
    """

    inputs: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.labels.values())))

    def take(self, rows: np.ndarray) -> "Split":
        """The given rows, in the given order."""
        return Split(
            {name: values[rows] for name, values in self.inputs.items()},
            {name: values[rows] for name, values in self.labels.items()},
        )

    def check(self, schema: DatasetSchema) -> None:
        """Raises `ValueError` where the arrays do not fit the schema."""
        if set(self.labels) != set(schema.task_names):
            raise ValueError(
                f"`labels` must have the schema's tasks {schema.task_names}. "
                f"Received: {tuple(self.labels)}"
            )
        arrays = {**self.inputs, **self.labels}
        shapes = {name: values.shape for name, values in arrays.items()}
        preprocessor = schema.preprocessor
        widths = {
            "ids": preprocessor.num_ids,
            "values": preprocessor.num_values,
        }
        expected = {
            n: (len(self), width) for n, width in widths.items() if width
        }
        expected |= {name: (len(self), 1) for name in schema.task_names}
        if shapes != expected:
            raise ValueError(
                "`inputs` and `labels` must have the schema's shapes "
                f"{expected}. Received: {shapes}"
            )
        ids = self.inputs.get("ids")
        if ids is not None and len(ids):
            least = np.where(preprocessor.may_pad, PADDING, 0)
            bad = (ids < least) | (ids >= schema.num_buckets)
            if bad.any():
                row, column = np.argwhere(bad)[0]
                raise ValueError(
                    f"`ids` must lie in [{least[column]}, "
                    f"{schema.num_buckets}). Received: "
                    f"id={ids[row, column]} in row {row}, column {column}"
                )

    @staticmethod
    def concatenate(splits: "list[Split]") -> "Split":
        """The rows of several splits, one after the other."""
        first = splits[0]
        return Split(
            {
                k: np.concatenate([s.inputs[k] for s in splits])
                for k in first.inputs
            },
            {
                k: np.concatenate([s.labels[k] for s in splits])
                for k in first.labels
            },
        )
