"""Made-up rows of ids and labels, in an encoded store and as TFDS records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

import mtnas_tf as mt

NUM_FIELDS = 9
TASKS = ("finish", "like")
POSITIVE_RATES = (0.4, 0.01)
NUM_BUCKETS = 1_000_000
CHUNK_ROWS = 2**18
SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}
SCHEMA = mt.data.DatasetSchema(
    name="stream",
    fields=tuple(
        mt.data.FieldSpec(name=f"field_{index}", kind="integer")
        for index in range(NUM_FIELDS)
    ),
    tasks=tuple(mt.data.TaskSpec(name=name) for name in TASKS),
    num_buckets=NUM_BUCKETS,
)


def write(directory: Path, num_rows: int, num_prefix_rows: int) -> None:
    """Writes both; `open_store` and `open_records` find them.

    Args:
        directory: an empty directory.
        num_rows: rows of the store.
        num_prefix_rows: rows of the records.
    """
    mt.data.EncodedStore.write(_store(directory), SCHEMA, _chunks(num_rows))
    _Records(num_prefix_rows, data_dir=directory).download_and_prepare()


def open_store(directory: Path) -> mt.data.EncodedStore:
    """The store that `write` wrote."""
    return mt.data.EncodedStore(_store(directory))


def open_records(directory: Path) -> Any:
    """The `tf.data.Dataset` that TFDS makes of the records, not cached."""
    return _Records(0, data_dir=directory).as_dataset(
        split="train", read_config=tfds.ReadConfig(try_autocache=False)
    )


def _store(directory: Path) -> Path:
    return directory / "store"


def _chunks(num_rows: int) -> Iterator[tuple[str, mt.data.Split]]:
    rng = np.random.default_rng(0)
    for split, share in SHARES.items():
        count = int(num_rows * share)
        for start in range(0, count, CHUNK_ROWS):
            yield split, _rows(rng, min(CHUNK_ROWS, count - start))


def _rows(rng: np.random.Generator, num_rows: int) -> mt.data.Split:
    shape = (num_rows, NUM_FIELDS)
    labels = {
        task: (rng.random((num_rows, 1)) < rate).astype(np.float32)
        for task, rate in zip(TASKS, POSITIVE_RATES, strict=True)
    }
    ids = rng.integers(0, NUM_BUCKETS, shape, np.int32)
    return mt.data.Split({"ids": ids}, labels)


class _Records(
    tfds.core.GeneratorBasedBuilder,
    skip_registration=True,  # type: ignore[call-arg]
):
    """The same rows, one a record."""

    name = "records"
    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, num_rows: int, **kwargs: Any) -> None:
        self._num_rows = num_rows
        super().__init__(**kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        fields = {field.name: np.int32 for field in SCHEMA.fields}
        features = {**fields, **dict.fromkeys(TASKS, np.float32)}
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        rows = _rows(np.random.default_rng(0), self._num_rows)
        names = [field.name for field in SCHEMA.fields]
        for index, ids in enumerate(rows.inputs["ids"]):
            labels = {task: rows.labels[task][index, 0] for task in TASKS}
            yield index, {**dict(zip(names, ids, strict=True)), **labels}
