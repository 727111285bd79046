"""Three splits on disk, as the batches that training and search read."""

from collections.abc import Callable

import tensorflow as tf

from mtnas_tf.data.block_reader import BlockReader
from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import Split
from mtnas_tf.types import Dataset
from mtnas_tf.types import Tensor

BLOCK_ROWS = 2**14
SHUFFLE_WINDOW = 2**20


class StreamedData(MultiTaskData):
    """Batches of a data set that need not fit in memory.

    A pass over a split reads blocks of 16,384 consecutive rows in an order
    fixed by `seed` and the epoch's number, fills a window with them, shuffles
    the window's rows and cuts them into batches, while the next window is read.
    Every row comes once in a pass. A window that holds all rows gives the
    batches of `MultiTaskData`; with smaller ones, rows meet only those of the
    blocks that share their window. Some four windows are in memory at a time.

    Args:
        schema: see `MultiTaskData`.
        train: see `MultiTaskData`. Its arrays may be memory maps.
        valid: see `train`.
        test: see `train`.
        batch_size: see `MultiTaskData`.
        reward_batch_size: see `MultiTaskData`. Defaults to `1024`.
        seed: see `MultiTaskData`. Defaults to `0`.
        shuffle_window: int > 0. Rows that are shuffled together, rounded down
            to whole blocks, of which there is at least one. Defaults to
            `1048576`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> chunks = data.splits.items()
    >>> store = mt.data.EncodedStore.write("streamed", data.schema, chunks)
    >>> streamed = StreamedData(store.schema, **store.splits, batch_size=16)
    >>> streamed.steps_per_epoch
    4
    """

    def __init__(
        self,
        schema: DatasetSchema,
        train: Split,
        valid: Split,
        test: Split,
        batch_size: int | None = None,
        reward_batch_size: int = 1024,
        seed: int = 0,
        shuffle_window: int = SHUFFLE_WINDOW,
    ) -> None:
        super().__init__(
            schema, train, valid, test, batch_size, reward_batch_size, seed
        )
        if shuffle_window < 1:
            raise ValueError(
                "`shuffle_window` must be positive. "
                f"Received: shuffle_window={shuffle_window}"
            )
        self.shuffle_window = shuffle_window

    def _shuffled(
        self, split: str, batch_size: int, stream: int
    ) -> Callable[[Tensor], Dataset]:
        reader = BlockReader(self.splits[split], BLOCK_ROWS)
        size = max(1, self.shuffle_window // BLOCK_ROWS)  # blocks of a window
        num_windows = -(-reader.num_blocks // size)  # of a pass
        num_passes = self._num_passes(split, batch_size)
        seed = self.seed * 2 + stream

        def batches(epoch: Tensor) -> Dataset:
            first = epoch * num_passes * num_windows

            def window(index: Tensor) -> Tensor:
                number = first + index
                blocks = _blocks_of_window(
                    reader.num_blocks, size, seed, number, num_windows
                )
                return _shuffle_rows(reader(blocks), [seed, number])

            windows = tf.data.Dataset.range(num_passes * num_windows)
            return (
                windows.map(window)
                .prefetch(1)
                .rebatch(batch_size, drop_remainder=True)
                .take(self.steps_per_epoch)
            )

        return batches

    def _in_order(self, split: str) -> Dataset:
        reader = BlockReader(self.splits[split], BLOCK_ROWS)
        steps = -(-len(self.splits[split]) // EVALUATION_BATCH_SIZE)
        return (
            tf.data.Dataset.range(reader.num_blocks)
            .map(lambda block: reader(block[None]))
            .prefetch(1)
            .rebatch(EVALUATION_BATCH_SIZE)
            .apply(tf.data.experimental.assert_cardinality(steps))
        )


def _blocks_of_window(
    num_blocks: int, size: int, seed: int, number: Tensor, num_windows: int
) -> Tensor:
    """The blocks of a window, in the order of the file.

    Windows are numbered through all passes. A pass deals its blocks by a seed
    below zero, which is no window's.
    """
    order = tf.random.experimental.stateless_shuffle(
        tf.range(num_blocks, dtype=tf.int64),
        seed=[seed, -1 - number // num_windows],
    )
    start = number % num_windows * size
    return tf.sort(order[start : start + size])


def _shuffle_rows(rows: Tensor, seed: Tensor) -> Tensor:
    """Arrays of as many rows each, all in the same new order."""
    num_rows = tf.shape(tf.nest.flatten(rows)[0])[0]
    order = tf.random.experimental.stateless_shuffle(
        tf.range(num_rows), seed=seed
    )
    return tf.nest.map_structure(lambda array: tf.gather(array, order), rows)
