"""Three splits in memory, as the batches that training and search read."""

import copy
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

import tensorflow as tf

from mtnas_tf.arguments import check_choices
from mtnas_tf.data.batch_size import default_batch_size
from mtnas_tf.data.dataset_options import untuned_options
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.score_weights import with_score_weights
from mtnas_tf.data.split import Split
from mtnas_tf.types import Dataset
from mtnas_tf.types import Tensor

EVALUATION_BATCH_SIZE = 4096


class MultiTaskData:
    """Batches of a data set that fits in memory.

    A batch is `(inputs, labels)`: `inputs` as a model takes them, `labels` a
    dict task name -> float32 `(batch, 1)`, NaN where missing. Every epoch is a
    new shuffle of all rows, fixed by `seed` and the epoch's number.

    Args:
        schema: `DatasetSchema`.
        train: `Split` that weights are trained on.
        valid: `Split` that routes and settings are chosen on.
        test: `Split` that reported numbers come from.
        batch_size: int > 0. Training rows per step; rows at the end of an epoch
            that do not fill a batch are left out. Defaults to
            `default_batch_size`: 512, or less if there are fewer than 32,768
            training rows.
        reward_batch_size: int > 1. Validation rows per search step. Defaults to
            `1024`.
        seed: int. Seed of the order of rows. Defaults to `0`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> inputs, labels = next(iter(data.train))
    >>> inputs["ids"].shape, labels["click"].shape
    (TensorShape([16, 1]), TensorShape([16, 1]))
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
    ) -> None:
        self.schema = schema
        self.splits = {"train": train, "valid": valid, "test": test}
        for name, split in self.splits.items():
            if not len(split):
                raise ValueError(f"`{name}` must have rows. Received: none")
            split.check(schema)
        if batch_size is None:
            batch_size = default_batch_size(len(train))
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
        self._epoch = _new_epoch()

    @property
    def steps_per_epoch(self) -> int:
        return len(self.splits["train"]) // self.batch_size

    def seek(self, epoch: int) -> None:
        """Makes the next pass over `train` or `search` that of `epoch`.

        A training resumed from a checkpoint then sees rows in the order in
        which it would have seen them without the interruption.
        """
        self._epoch.assign(epoch)

    def with_tasks(self, names: Sequence[str]) -> "MultiTaskData":
        """The same rows in the same order with some of the labels.

        Args:
            names: names of tasks, see `DatasetSchema.with_tasks`.
        """
        schema = self.schema.with_tasks(names)
        if schema == self.schema:
            return self
        splits = {
            key: split.with_tasks(schema.task_names)
            for key, split in self.splits.items()
        }
        return self._with(schema, splits)

    def with_task_named(self, name: str) -> "MultiTaskData":
        """The same rows under another name of the only task.

        Args:
            name: see `DatasetSchema.with_task_named`.
        """
        schema = self.schema.with_task_named(name)
        (former,) = self.schema.task_names
        splits = {
            key: Split(split.inputs, {name: split.labels[former]})
            for key, split in self.splits.items()
        }
        return self._with(schema, splits)

    def with_score_weights(
        self, weights: Mapping[str, float]
    ) -> "MultiTaskData":
        """The same data, whose tasks count differently in scores.

        Args:
            weights: dict task name -> float > 0, such as
                `mt.search.precision_weights` makes; tasks that it lacks
                count 1.
        """
        return self._with(with_score_weights(self.schema, weights), self.splits)

    def _with(
        self, schema: DatasetSchema, splits: dict[str, Split]
    ) -> "MultiTaskData":
        """The same rows in the same order with other labels."""
        other = copy.copy(self)
        other.schema = schema
        other.splits = splits
        other._epoch = _new_epoch()
        return other

    @property
    def train(self) -> Dataset:
        """Shuffled training batches."""
        return self._passes(self._train_batches())

    @property
    def search(self) -> Dataset:
        """Pairs of a training batch and a validation batch for the reward."""
        train = self._train_batches()
        reward = self._shuffled("valid", self.reward_batch_size, 1)
        return self._passes(
            lambda epoch: tf.data.Dataset.zip((train(epoch), reward(epoch)))
        )

    @property
    def valid(self) -> Dataset:
        """Validation rows in order."""
        return self.in_order("valid")

    @property
    def test(self) -> Dataset:
        """Test rows in order."""
        return self.in_order("test")

    def in_order(self, split: str) -> Dataset:
        """All rows of a split, each once, in order.

        Args:
            split: `"train"`, `"valid"` or `"test"`.
        """
        check_choices(self.splits, split=split)
        return self._in_order(split).with_options(untuned_options())

    def _train_batches(self) -> Callable[[Tensor], Dataset]:
        return self._shuffled("train", self.batch_size, 0)

    def _passes(self, batches_of_epoch: Callable[[Tensor], Dataset]) -> Dataset:
        """Batches of an epoch; each pass over them is the next epoch."""

        def one_pass(_: Tensor) -> Dataset:
            return batches_of_epoch(self._epoch.assign_add(1) - 1)

        steps = tf.data.experimental.assert_cardinality(self.steps_per_epoch)
        return (
            tf.data.Dataset.range(1)
            .flat_map(one_pass)
            .apply(steps)
            .prefetch(2)
            .with_options(untuned_options())
        )

    def _shuffled(
        self, split: str, batch_size: int, stream: int
    ) -> Callable[[Tensor], Dataset]:
        """Epoch -> `steps_per_epoch` batches: one pass over rows or several."""
        gather = self._gather(split)

        def batches(epoch: Tensor) -> Dataset:
            rows = self._row_numbers(split, epoch, batch_size, stream)
            numbers = tf.data.Dataset.from_tensor_slices(rows)
            return numbers.map(gather, num_parallel_calls=2)

        return batches

    def _row_numbers(
        self, split: str, epoch: Tensor, batch_size: int, stream: int
    ) -> Tensor:
        """Row numbers of an epoch, `(steps, batch)`."""
        rows = tf.range(len(self.splits[split]), dtype=tf.int32)
        num_passes = self._num_passes(split, batch_size)
        orders = [
            tf.random.experimental.stateless_shuffle(
                rows, seed=[self.seed * 2 + stream, epoch * num_passes + index]
            )
            for index in range(num_passes)
        ]
        needed = self.steps_per_epoch * batch_size
        order = tf.concat(orders, axis=0)[:needed]
        return tf.reshape(order, (self.steps_per_epoch, batch_size))

    def _num_passes(self, split: str, batch_size: int) -> int:
        """Passes over a split that one epoch needs."""
        return -(-self.steps_per_epoch * batch_size // len(self.splits[split]))

    def _gather(self, split: str) -> Tensor:
        arrays = self.splits[split]
        inputs, labels = tf.nest.map_structure(
            tf.constant, (arrays.inputs, arrays.labels)
        )
        return lambda rows: tf.nest.map_structure(
            lambda values: tf.gather(values, rows), (inputs, labels)
        )

    def _in_order(self, split: str) -> Dataset:
        arrays = self.splits[split]
        return tf.data.Dataset.from_tensor_slices(
            (arrays.inputs, arrays.labels)
        ).batch(EVALUATION_BATCH_SIZE)


def _new_epoch() -> Tensor:
    return tf.Variable(0, dtype=tf.int64, trainable=False)
