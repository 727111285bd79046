import zlib

import numpy as np
import pytest
from hypothesis import given
from made_up_drawings import png_of
from mutations import FUZZ
from mutations import faulty_bytes

from tfds_builders.omniglot_mtl import bilevel_png

IMAGE = np.where(
    np.random.default_rng(0).random((105, 105, 1)) < 0.5, 0, 255
).astype(np.uint8)
PNG = png_of(IMAGE)


def test_pixels():
    pixels = bilevel_png.decode(PNG)
    assert (pixels.shape, pixels.dtype) == ((105, 105, 1), np.uint8)
    np.testing.assert_array_equal(pixels, IMAGE)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "no PNG of 105 x 105 pixels of one bit"),
        (b"\xff\xd8\xff\xe0 a JPEG", "no PNG of 105 x 105 pixels of one bit"),
        (png_of(IMAGE[:104]), "no PNG of 105 x 105 pixels of one bit"),
        (png_of(IMAGE[:, :104]), "no PNG of 105 x 105 pixels of one bit"),
        (png_of(IMAGE, bit_depth=8), "no PNG of 105 x 105 pixels of one"),
        (png_of(IMAGE, row_filter=2), "not 105 unfiltered rows"),
        (PNG[:100], "its pixels are damaged"),
        (PNG[:40], "its pixels are damaged"),
        (PNG.replace(b"IDAT", b"tEXt"), "its pixels are damaged"),
    ],
)
def test_other_file_is_refused(content, rule):
    with pytest.raises(ValueError, match=rule):
        bilevel_png.decode(content)


def test_other_number_of_rows_is_refused():
    short = zlib.compress(bytes(104 * 15))
    at = PNG.index(b"IDAT")
    content = PNG[: at - 4] + len(short).to_bytes(4, "big") + b"IDAT" + short
    with pytest.raises(ValueError, match="not 105 unfiltered rows"):
        bilevel_png.decode(content)


@FUZZ
@given(faulty_bytes(PNG))
def test_faulty_file_is_refused_or_read_as_it_was(content):
    try:
        pixels = bilevel_png.decode(content)
    except ValueError as error:
        assert str(error).startswith("it")
    else:
        np.testing.assert_array_equal(pixels, IMAGE)
