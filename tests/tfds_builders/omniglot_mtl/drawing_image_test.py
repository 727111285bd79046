import numpy as np
import pytest
from hypothesis import given
from made_up_drawings import png_of
from mutations import FUZZ
from mutations import faulty_bytes

from tfds_builders.omniglot_mtl import drawing_image

IMAGE = np.where(
    np.random.default_rng(0).random((105, 105, 1)) < 0.5, 0, 255
).astype(np.uint8)
PNG = png_of(IMAGE)


def test_pixels():
    pixels = drawing_image.decode(PNG)
    assert (pixels.shape, pixels.dtype) == ((105, 105, 1), np.uint8)
    np.testing.assert_array_equal(pixels, IMAGE)


@pytest.mark.parametrize("size", [28, 35, 104])
def test_smaller_image_is_the_mean_of_areas(size):
    # Pixel i covers [i, i + 1) * 105 / size of the original.
    edges = np.arange(size + 1) * 105 / size
    starts = np.maximum(edges[:-1, None], np.arange(105))
    stops = np.minimum(edges[1:, None], np.arange(1, 106))
    shares = np.maximum(stops - starts, 0) * size / 105  # (size, 105)
    expected = shares @ IMAGE[:, :, 0] @ shares.T
    pixels = drawing_image.decode(PNG, size)
    assert (pixels.shape, pixels.dtype) == ((size, size, 1), np.uint8)
    # Rounded to whole numbers, from float32.
    np.testing.assert_allclose(pixels[:, :, 0], expected, atol=0.5 + 1e-3)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "it is no PNG, or a damaged one"),
        (b"\xff\xd8\xff\xe0 a JPEG", "it is no PNG, or a damaged one"),
        (png_of(IMAGE[:104]), "it has not 105 x 105 pixels"),
        (png_of(IMAGE[:, :104]), "it has not 105 x 105 pixels"),
        (png_of(IMAGE, bit_depth=8), "it is no PNG, or a damaged one"),
        (png_of(IMAGE, gray=7), "it is not black and white"),
        (PNG[:100], "it is no PNG, or a damaged one"),
        (PNG[:40], "it is no PNG, or a damaged one"),
        (PNG.replace(b"IDAT", b"tEXt"), "it is no PNG, or a damaged one"),
    ],
)
def test_other_file_is_refused(content, rule):
    with pytest.raises(ValueError, match=rule):
        drawing_image.decode(content)


@FUZZ
@given(faulty_bytes(PNG))
def test_faulty_file_is_refused_or_read_as_it_was(content):
    try:
        pixels = drawing_image.decode(content)
    except ValueError as error:
        assert str(error).startswith("it")
    else:
        np.testing.assert_array_equal(pixels, IMAGE)
