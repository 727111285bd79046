"""PNG files of black and white pixels, as Omniglot holds them -> pixels."""

import numpy as np
import tensorflow as tf

SIZE = 105


def decode(content: bytes, size: int = SIZE) -> np.ndarray:
    """Pixels of a drawing: 0 is ink and 255 paper.

    A smaller image holds the mean of the area that each pixel covers.

    The files have one bit a pixel. TensorFlow reads a bit as 0 or 255, Pillow
    as 0 or 1. TFDS takes one or the other, by how records are read, so that its
    records must not hold the files as they are.

    Args:
        content: bytes of the file.
        size: int in 1 to `SIZE`. Height and width. Defaults to `SIZE`.

    Returns:
        uint8 `(size, size, 1)`.

    Raises:
        ValueError: if it is another kind of file, or damaged.
    """
    try:
        pixels = tf.io.decode_png(content, channels=1)
    except tf.errors.InvalidArgumentError as error:
        raise ValueError("it is no PNG, or a damaged one") from error
    if pixels.shape != (SIZE, SIZE, 1):
        raise ValueError(f"it has not {SIZE} x {SIZE} pixels")
    if not np.isin(pixels, (0, 255)).all():
        raise ValueError("it is not black and white")
    if size < SIZE:
        pixels = tf.round(tf.image.resize(pixels, (size, size), method="area"))
    return np.asarray(pixels, np.uint8)
