"""Tasks with images of their own, as batches of one task each."""

import numpy as np
import tensorflow as tf

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.data.dataset_options import untuned_options
from mtnas_tf.data.image_split import ImageSplit
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.types import Dataset
from mtnas_tf.types import Tensor

EVALUATION_BATCH_SIZE = 48
BATCH_SIZE = 16


class ImageTaskData:
    """Batches of one task each, from images that are kept as bytes.

    A batch is `(inputs, labels)`: `inputs` a dict of `images`, float32
    `(batch, height, width, channels)`, 1 for ink and 0 for paper, and `task`,
    an int32 scalar, the task's place in the schema; `labels` int32 `(batch,)`,
    the classes in that task.

    Training goes in rounds: one batch of every task, in an order that is
    shuffled anew for every round. A task's images are drawn without
    replacement; when all were seen, they are shuffled anew, so that a batch may
    hold the end of one pass and the start of the next. Everything is a
    function of `seed` and the number of the round: `rounds(start)` goes on as
    if it had begun with the first.

    Batches of evaluation are of one task too, 48 images each; the last one of a
    task has what is left.

    Args:
        schema: `DatasetSchema` of images.
        train: `ImageSplit` that weights are trained on.
        valid: `ImageSplit` that settings are chosen on.
        test: `ImageSplit` that reported numbers come from.
        batch_size: int > 0. Images in a training batch, at most as many as any
            task has. Defaults to `16`.
        seed: int >= 0. Seed of the order of tasks and images. Defaults to `0`.

    Example:
    >>> schema = mt.data.DatasetSchema(
    ...     name="letters",
    ...     image_shape=(5, 4, 1),
    ...     tasks=tuple(
    ...         mt.data.TaskSpec(name=name, kind="multiclass", num_classes=2)
    ...         for name in ("greek", "latin")
    ...     ),
    ... )
    >>> images = np.zeros((8, 5, 4, 1), np.uint8)
    >>> split = mt.data.ImageSplit(images, np.arange(8) % 2, np.arange(8) // 4)
    >>> data = mt.data.ImageTaskData(schema, split, split, split, batch_size=3)
    >>> inputs, labels = next(iter(data.train))
    >>> inputs["images"].shape, labels.shape
    (TensorShape([3, 5, 4, 1]), TensorShape([3]))
    """

    def __init__(
        self,
        schema: DatasetSchema,
        train: ImageSplit,
        valid: ImageSplit,
        test: ImageSplit,
        batch_size: int = BATCH_SIZE,
        seed: int = 0,
    ) -> None:
        check_ints(batch_size=batch_size)
        check_ints(0, seed=seed)
        self.schema = schema
        self.splits = {}
        splits = {"train": train, "valid": valid, "test": test}
        for name, split in splits.items():
            split.check(schema)
            self.splits[name] = split.by_task
        self.batch_size = batch_size
        self.seed = seed
        least = train.counts(self.num_tasks).min()
        if batch_size > least:
            raise ValueError(
                f"`batch_size` must be at most {least}, the training images of "
                f"a task. Received: batch_size={batch_size}"
            )

    @property
    def num_tasks(self) -> int:
        """Tasks, and batches of a round."""
        return len(self.schema.tasks)

    @property
    def train(self) -> Dataset:
        """Training batches, without an end: `fit` needs `steps_per_epoch`."""
        return self.rounds()

    def rounds(self, start: int = 0, num_rounds: int | None = None) -> Dataset:
        """Training batches of whole rounds.

        Args:
            start: int >= 0. Number of the first round. Defaults to `0`.
            num_rounds: int > 0. Rounds until the end. Defaults to `None`, no
                end.
        """
        check_ints(0, start=start)
        first = start * self.num_tasks
        steps = tf.data.Dataset.counter(first)
        if num_rounds is not None:
            check_ints(num_rounds=num_rounds)
            steps = steps.take(num_rounds * self.num_tasks)
        batches = steps.map(self._training_batch(), num_parallel_calls=2)
        return batches.prefetch(self.num_tasks).with_options(untuned_options())

    @property
    def valid(self) -> Dataset:
        """All validation images, task by task."""
        return self.in_order("valid")

    @property
    def test(self) -> Dataset:
        """All test images, task by task."""
        return self.in_order("test")

    def in_order(self, split: str) -> Dataset:
        """All images of a split, each once, task by task.

        Args:
            split: `"train"`, `"valid"` or `"test"`.
        """
        check_choices(self.splits, split=split)
        images, labels = self._tensors(split)
        counts = self.splits[split].counts(self.num_tasks)

        def batch(task: Tensor, start: Tensor, stop: Tensor) -> Tensor:
            return _inputs(images[start:stop], task), labels[start:stop]

        batches = tf.data.Dataset.from_tensor_slices(_batches(counts))
        return batches.map(batch, num_parallel_calls=2).with_options(
            untuned_options()
        )

    def by_task_name(self, batches: Dataset) -> Dataset:
        """Batches as models of the zoo take them.

        Args:
            batches: dataset of this object.

        Returns:
            dataset of `(inputs, labels)`: `inputs` a dict of `images` alone,
            `labels` a dict task name -> float32 `(batch, 1)`, NaN but for the
            batch's task.
        """
        names = self.schema.task_names

        def named(inputs: dict[str, Tensor], labels: Tensor) -> Tensor:
            labels = tf.cast(labels[:, None], tf.float32)
            return {"images": inputs["images"]}, {
                name: tf.where(inputs["task"] == index, labels, np.nan)
                for index, name in enumerate(names)
            }

        return batches.map(named)

    def _training_batch(self) -> Tensor:
        """Step -> its batch."""
        images, labels = self._tensors("train")
        sizes = self.splits["train"].counts(self.num_tasks)
        starts = tf.constant(np.cumsum(sizes) - sizes)
        counts = tf.constant(sizes)

        def batch(step: Tensor) -> Tensor:
            number, place = step // self.num_tasks, step % self.num_tasks
            task = self._shuffled(self.num_tasks, number, 0)[place]
            count = counts[task]
            first = number * self.batch_size
            passes = [
                self._shuffled(count, first // count + i, 1 + task)
                for i in range(2)
            ]
            start = first % count
            order = tf.concat(passes, 0)[start : start + self.batch_size]
            rows = starts[task] + tf.ensure_shape(order, (self.batch_size,))
            inputs = _inputs(tf.gather(images, rows), task)
            return inputs, tf.gather(labels, rows)

        return batch

    def _shuffled(
        self, count: Tensor, number: Tensor, stream: Tensor
    ) -> Tensor:
        """Numbers below `count` in an order; the streams' are independent."""
        return tf.random.experimental.stateless_shuffle(
            tf.range(tf.cast(count, tf.int64)),
            seed=[self.seed, number * (1 + self.num_tasks) + stream],
        )

    def _tensors(self, split: str) -> tuple[Tensor, Tensor]:
        arrays = self.splits[split]
        return tf.constant(arrays.images), tf.constant(arrays.labels, tf.int32)


def _inputs(images: Tensor, task: Tensor) -> dict[str, Tensor]:
    return {
        "images": 1.0 - tf.cast(images, tf.float32) / 255.0,
        "task": tf.cast(task, tf.int32),
    }


def _batches(counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Task, first row and the row behind the last one of every batch."""
    stops = np.cumsum(counts)
    batches = [
        (task, start, min(start + EVALUATION_BATCH_SIZE, stop))
        for task, stop in enumerate(stops)
        for start in range(stop - counts[task], stop, EVALUATION_BATCH_SIZE)
    ]
    return tuple(np.array(batches).T)
