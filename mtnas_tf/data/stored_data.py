"""Data on disk, as a small value that other processes open."""

import contextlib
import dataclasses
import functools
import shutil
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from mtnas_preprocessing import local_path
from mtnas_tf.data.encoded_store import EncodedStore
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.streamed_data import StreamedData


@dataclasses.dataclass(frozen=True)
class StoredData:
    """Where the rows of a `MultiTaskData` lie, and how they become batches.

    What it opens has the same batches in the same order.

    Args:
        path: of an `EncodedStore`.
        batch_size: see `MultiTaskData`.
        reward_batch_size: see `MultiTaskData`.
        seed: see `MultiTaskData`.
        shuffle_window: see `StreamedData`; `None` for `MultiTaskData`, in
            memory. Defaults to `None`.
    """

    path: str
    batch_size: int | None
    reward_batch_size: int
    seed: int
    shuffle_window: int | None = None

    @classmethod
    def of(cls, data: MultiTaskData, path: str | Path) -> "StoredData":
        """Writes rows to disk, unless that is where they are read from.

        Args:
            data: `MultiTaskData`.
            path: directory for a store, which must not exist.
        """
        found = _store_of(data)
        if found is None:
            found = local_path(path)
            EncodedStore.write(found, data.schema, data.splits.items())
        return cls(
            str(found.absolute()),
            data.batch_size,
            data.reward_batch_size,
            data.seed,
            getattr(data, "shuffle_window", None),
        )

    def open(self) -> MultiTaskData:
        """The data."""
        store = EncodedStore(self.path)
        kind: Callable[..., MultiTaskData] = MultiTaskData
        if self.shuffle_window is not None:
            window = self.shuffle_window
            kind = functools.partial(StreamedData, shuffle_window=window)
        return kind(
            store.schema,
            **store.splits,
            batch_size=self.batch_size,
            reward_batch_size=self.reward_batch_size,
            seed=self.seed,
        )


@contextlib.contextmanager
def stored(
    data: Mapping[int, MultiTaskData], store_dir: str | Path | None = None
) -> Iterator[dict[int, StoredData]]:
    """Stores of several data for as long as the block takes.

    Args:
        data: number -> `MultiTaskData`.
        store_dir: where rows that are not on disk yet are written, into a
            directory of their own. Workers on other machines must see it, too.
            Defaults to `None`, the temporary directory of this machine.

    Yields:
        dict number -> `StoredData`.
    """
    if store_dir is not None:
        store_dir = local_path(store_dir).absolute()
        store_dir.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="mtnas-rows-", dir=store_dir))
    try:
        yield {
            number: StoredData.of(each, place / str(number))
            for number, each in data.items()
        }
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _store_of(data: MultiTaskData) -> Path | None:
    """The store whose rows the data are, if there is one."""
    arrays = [
        array
        for split in data.splits.values()
        for array in (*split.inputs.values(), *split.labels.values())
    ]
    files = [getattr(array, "filename", None) for array in arrays]
    folders = {
        None if file is None else Path(file).parents[1] for file in files
    }
    if len(folders) != 1 or None in folders:
        return None
    (folder,) = folders
    store = EncodedStore(str(folder))
    is_whole = store.schema == data.schema and all(
        len(store.splits[name]) == len(split)
        for name, split in data.splits.items()
    )
    return store.path if is_whole else None
