"""The images of one split as arrays."""

import dataclasses

import numpy as np

from mtnas_tf.data.schema import DatasetSchema


@dataclasses.dataclass(frozen=True)
class ImageSplit:
    """Images, each an example of one task.

    Args:
        images: uint8 `(images, height, width, channels)`; 0 is ink.
        tasks: int `(images,)`. Place of the image's task in the schema.
        labels: int `(images,)`. The image's class in that task.

    Example:
    >>> images = np.zeros((3, 5, 4, 1), np.uint8)
    >>> split = ImageSplit(images, np.array([1, 0, 1]), np.array([0, 2, 1]))
    >>> len(split), split.by_task.labels.tolist()
    (3, [2, 0, 1])
    """

    images: np.ndarray
    tasks: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @property
    def by_task(self) -> "ImageSplit":
        """The same images, those of a task one after the other."""
        order = np.argsort(self.tasks, kind="stable")
        return ImageSplit(
            self.images[order], self.tasks[order], self.labels[order]
        )

    def counts(self, num_tasks: int) -> np.ndarray:
        """Images of each task, `(num_tasks,)`.

        Args:
            num_tasks: int > 0.
        """
        return np.bincount(self.tasks, minlength=num_tasks)

    def check(self, schema: DatasetSchema) -> None:
        """Raises `ValueError` where the arrays do not fit the schema.

        Args:
            schema: `DatasetSchema` of images.
        """
        size, shape = len(self), (len(self), *(schema.image_shape or ()))
        if self.images.shape != shape or self.images.dtype != np.uint8:
            raise ValueError(
                f"`images` must be uint8 of shape {shape}. Received: "
                f"{self.images.dtype} of shape {self.images.shape}"
            )
        for name in ("tasks", "labels"):
            received = getattr(self, name).shape
            if received != (size,):
                raise ValueError(
                    f"`{name}` must have shape {(size,)}. Received: {received}"
                )
        _check_range("tasks", self.tasks, np.array(len(schema.tasks)))
        counts = self.counts(len(schema.tasks))
        if not counts.all():
            name = schema.task_names[counts.argmin()]
            raise ValueError(
                f"`tasks` must have an image of every task. Received: none of "
                f"`{name}`"
            )
        num_classes = np.array(list(schema.num_outputs.values()))
        _check_range("labels", self.labels, num_classes[self.tasks])


def _check_range(name: str, numbers: np.ndarray, bounds: np.ndarray) -> None:
    is_wrong = (numbers < 0) | (numbers >= bounds)
    if is_wrong.any():
        first = is_wrong.argmax()
        bound = np.broadcast_to(bounds, numbers.shape)[first]
        raise ValueError(
            f"`{name}` must lie in [0, {bound}). "
            f"Received: {numbers[first]} of image {first}"
        )
