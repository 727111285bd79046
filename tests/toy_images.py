"""Images of three tasks whose pixels tell which image it is."""

import numpy as np

import mtnas_tf as mt

NUM_CLASSES = {"greek": 2, "latin": 4, "n_ko": 3}
NUM_TRAIN, NUM_VALID, NUM_TEST = 4, 2, 3  # of each class
SCHEMA = mt.data.DatasetSchema(
    name="letters",
    image_shape=(6, 5, 1),
    tasks=tuple(
        mt.data.TaskSpec(name=name, kind="multiclass", num_classes=count)
        for name, count in NUM_CLASSES.items()
    ),
)


def make_split(num_images, seed=0):
    """Shuffled images; the first pixels are task, class, and which it is."""
    keys = [
        (task, label, image)
        for task, count in enumerate(NUM_CLASSES.values())
        for label in range(count)
        for image in range(num_images)
    ]
    keys = np.random.default_rng(seed).permutation(keys)
    images = np.zeros((len(keys), 6, 5, 1), np.uint8)
    images[:, 0, :3, 0] = 255 - keys
    # A class is a row of ink, so that it can be learned.
    images[:, 1:, :, 0] = 255
    images[np.arange(len(keys)), 1 + keys[:, 1], :, 0] = 0
    return mt.data.ImageSplit(images, keys[:, 0], keys[:, 1])


def make_data(batch_size=3, seed=0, schema=SCHEMA):
    splits = map(make_split, (NUM_TRAIN, NUM_VALID, NUM_TEST))
    return mt.data.ImageTaskData(schema, *splits, batch_size, seed)


def keys_of(images):
    """What `make_split` wrote into the first pixels, from ink of 0 to 1."""
    return np.rint(np.asarray(images)[:, 0, :3, 0] * 255).astype(int)
