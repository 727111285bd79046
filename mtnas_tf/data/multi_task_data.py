"""Three splits in memory, as the batches that training and search read."""

from typing import Any

import tensorflow as tf

from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import Split

EVALUATION_BATCH_SIZE = 4096

Dataset = Any  # a tf.data.Dataset


class MultiTaskData:
    """Batches of a data set that fits in memory.

    A batch is `(inputs, labels)`: `inputs` as a model takes them, `labels` a
    dict task name -> float32 `(batch, 1)`, NaN where missing. Every epoch is a
    new shuffle of all rows, fixed by `seed` and the epoch's number.

    Args:
        schema: `DatasetSchema`.
        train: `Split` that weights learn on.
        valid: `Split` that routes and every selection learn on.
        test: `Split` that numbers come from.
        batch_size: int > 0. Training rows per step; the rest of an epoch that
            does not fill a batch is left out. Defaults to `512`.
        reward_batch_size: int > 0. Validation rows per search step. Defaults to
            `1024`.
        seed: int. Seed of the order of rows. Defaults to `0`.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        train: Split,
        valid: Split,
        test: Split,
        batch_size: int = 512,
        reward_batch_size: int = 1024,
        seed: int = 0,
    ) -> None:
        self.schema = schema
        self.splits = {"train": train, "valid": valid, "test": test}
        for name, split in self.splits.items():
            if not len(split):
                raise ValueError(f"`{name}` must have rows. Received: none")
            split.check(schema)
        if not 0 < batch_size <= len(train):
            raise ValueError(
                f"`batch_size` must lie in [1, {len(train)}], the rows of the "
                f"train split. Received: batch_size={batch_size}"
            )
        if reward_batch_size < 2:
            raise ValueError(
                "`reward_batch_size` must be at least 2. "
                f"Received: reward_batch_size={reward_batch_size}"
            )
        self.batch_size = batch_size
        self.reward_batch_size = reward_batch_size
        self.seed = seed
        self._epoch = tf.Variable(0, dtype=tf.int64, trainable=False)

    @property
    def steps_per_epoch(self) -> int:
        return len(self.splits["train"]) // self.batch_size

    def seek(self, epoch: int) -> None:
        """Makes the next pass over `train` or `search` that of `epoch`.

        A training that goes on from a checkpoint sees the order of rows that it
        would have seen uninterrupted.
        """
        self._epoch.assign(epoch)

    @property
    def train(self) -> Dataset:
        """Shuffled training batches."""
        return (
            self._passes(self._train_rows)
            .map(self._gather("train"), num_parallel_calls=2)
            .prefetch(2)
            .with_options(_options())
        )

    @property
    def search(self) -> Dataset:
        """Pairs of a training batch and a validation batch for the reward."""
        rows = self._passes(
            lambda epoch: (self._train_rows(epoch), self._reward_rows(epoch))
        )
        train, reward = self._gather("train"), self._gather("valid")
        pairs = rows.map(
            lambda t, v: (train(t), reward(v)), num_parallel_calls=2
        )
        return pairs.prefetch(2).with_options(_options())

    @property
    def valid(self) -> Dataset:
        """Validation rows in order."""
        return self._in_order("valid")

    @property
    def test(self) -> Dataset:
        """Test rows in order."""
        return self._in_order("test")

    def _passes(self, rows_of_epoch: Any) -> Dataset:
        """Row numbers, a batch at a time; each pass is the next epoch."""

        def one_pass(_: Any) -> Dataset:
            epoch = self._epoch.assign_add(1) - 1
            return tf.data.Dataset.from_tensor_slices(rows_of_epoch(epoch))

        return (
            tf.data.Dataset.range(1)
            .flat_map(one_pass)
            .apply(
                tf.data.experimental.assert_cardinality(self.steps_per_epoch)
            )
        )

    def _train_rows(self, epoch: Any) -> Any:
        return self._shuffled("train", epoch, self.batch_size, 0)

    def _reward_rows(self, epoch: Any) -> Any:
        return self._shuffled("valid", epoch, self.reward_batch_size, 1)

    def _shuffled(
        self, split: str, epoch: Any, batch_size: int, stream: int
    ) -> Any:
        """Row numbers of an epoch, `(steps, batch)`: one pass or several."""
        rows = tf.range(len(self.splits[split]), dtype=tf.int32)
        needed = self.steps_per_epoch * batch_size
        num_passes = -(-needed // len(self.splits[split]))
        orders = [
            tf.random.experimental.stateless_shuffle(
                rows, seed=[self.seed * 2 + stream, epoch * num_passes + index]
            )
            for index in range(num_passes)
        ]
        order = tf.concat(orders, axis=0)[:needed]
        return tf.reshape(order, (self.steps_per_epoch, batch_size))

    def _gather(self, split: str) -> Any:
        arrays = self.splits[split]
        inputs, labels = tf.nest.map_structure(
            tf.constant, (arrays.inputs, arrays.labels)
        )
        return lambda rows: tf.nest.map_structure(
            lambda values: tf.gather(values, rows), (inputs, labels)
        )

    def _in_order(self, split: str) -> Dataset:
        arrays = self.splits[split]
        return (
            tf.data.Dataset.from_tensor_slices((arrays.inputs, arrays.labels))
            .batch(EVALUATION_BATCH_SIZE)
            .with_options(_options())
        )


def _options() -> Any:
    """Without autotuning, whose thread can hold up an iterator's end.

    Seen for seconds after an epoch; there is nothing to tune here.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
