"""Copies of a task come to use the same components, unlike tasks others."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mtnas_tf.models import AllocationNet
from mtnas_tf.optimizers import RowAdam

SIZE = 12
NUM_CLASSES = 8
NUM_ROUNDS = 800
BATCH_SIZE = 32
NUM_DRAWINGS = 4096
NUM_NEW_DRAWINGS = 512
# Glyphs and a copy with other drawings, and the same turned and inverted.
TASKS = ("upright", "upright_2", "turned", "turned_2")
COPIES = ((0, 1), (2, 3))
UNLIKE = ((0, 2), (0, 3), (1, 2), (1, 3))


def make(seed):
    keras.utils.set_random_seed(seed)
    # Strokes of 3x3 alone. Few filters, so that unlike tasks are in each
    # other's way; many components, so that a layer never has none.
    return AllocationNet(
        dict.fromkeys(TASKS, NUM_CLASSES),
        (SIZE, SIZE, 1),
        components=(("conv3x3",),) * 8,
        strides=(2, 2),
        num_filters=4,
        dropout_rate=0.0,
        l2=0.0,
        budget=0.75,
        budget_penalty=20.0,
        initial_probability=0.9,
        learning_rate_factor=4.0,
        seed=seed,
    )


def glyphs(rng):
    """Three strokes between random points, for each class."""
    images = np.zeros((NUM_CLASSES, SIZE, SIZE), "float32")
    for image in images:
        points = rng.integers(1, SIZE - 1, size=(4, 2))
        for start, end in zip(points, points[1:], strict=False):
            for weight in np.linspace(0, 1, 2 * SIZE):
                y, x = np.round(start + (end - start) * weight).astype(int)
                image[y, x] = 1
    return images


def drawings(shapes, task, count, rng):
    """Shifted, paler and noisy glyphs, and their classes."""
    labels = rng.integers(NUM_CLASSES, size=count)
    images = np.stack(
        [
            np.roll(image, rng.integers(-1, 2, size=2), (0, 1))
            for image in shapes[labels]
        ]
    )
    ink = rng.uniform(0.6, 1, (count, 1, 1))
    images = np.clip(images * ink + rng.normal(0, 0.4, images.shape), 0, 1)
    if TASKS[task].startswith("turned"):
        images = 1 - np.rot90(images, axes=(1, 2))
    return images[..., None].astype("float32"), labels.astype("int32")


def make_data(seed):
    """Batches of a task each, in rounds, and new drawings of every task."""
    rng = np.random.default_rng(seed)
    shapes = glyphs(rng)
    old, new = (
        [drawings(shapes, task, count, rng) for task in range(len(TASKS))]
        for count in (NUM_DRAWINGS, NUM_NEW_DRAWINGS)
    )
    images, labels = (
        tf.constant(np.stack(part)) for part in zip(*old, strict=True)
    )
    order = [rng.permutation(len(TASKS)) for _ in range(NUM_ROUNDS)]
    tasks = np.concatenate(order).astype("int32")
    rows = rng.integers(NUM_DRAWINGS, size=(len(tasks), BATCH_SIZE))

    def batch(task, places):
        inputs = {"images": tf.gather(images[task], places), "task": task}
        return inputs, tf.gather(labels[task], places)

    return tf.data.Dataset.from_tensor_slices((tasks, rows)).map(batch), new


def accuracy(model, task, images, labels):
    inputs = {"images": images, "task": np.array(task, "int32")}
    return (model(inputs).numpy().argmax(axis=1) == labels).mean()


@pytest.mark.slow
def test_copies_share_and_unlike_tasks_part():
    model = make(0)
    model.compile(RowAdam(0.005), steps_per_execution=20)
    initial = [variable.numpy() for variable in model.optimizer.variables]
    parted = []
    for seed in range(3):  # the first of the page's ten
        model.set_weights(make(seed).get_weights())  # compiled once
        for variable, value in zip(
            model.optimizer.variables, initial, strict=True
        ):
            variable.assign(value)
        batches, new = make_data(seed)
        model.fit(batches, verbose=0)
        accuracies = [accuracy(model, i, *x) for i, x in enumerate(new)]
        assert min(accuracies) > 0.7  # of eight classes
        probs = model.allocation.probs.numpy()
        # All start at 0.9: how far two tasks have come apart.
        copies, unlike = (
            [np.abs(probs[i] - probs[j]).mean() for i, j in pairs]
            for pairs in (COPIES, UNLIKE)
        )
        parted.append(max(copies) < min(unlike))
    assert sum(parted) >= 2
