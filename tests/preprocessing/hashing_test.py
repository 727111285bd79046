import hashlib

import numpy as np
import pytest

from mtnas_preprocessing.hashing import bucket_id

# Saved models and served requests rely on these numbers: never change them.
PINS = [
    ("city", "paris", 1_000_000, 678029),
    ("city", "", 1_000_000, 615377),
    ("user_id", "276726", 300_000, 123250),
    ("title", "Ænigma – 夢", 2**31 - 1, 1207180934),
]


@pytest.mark.parametrize(("field", "text", "num_buckets", "pin"), PINS)
def test_is_the_remainder_of_the_md5_of_field_and_text(
    field, text, num_buckets, pin
):
    digest = hashlib.md5((field + "=" + text).encode("utf-8")).digest()
    expected = int.from_bytes(digest, "big") % num_buckets
    assert bucket_id(field, text, num_buckets) == expected == pin


def test_ids_fill_the_range():
    ids = [bucket_id("f", str(i), 7) for i in range(700)]
    assert set(ids) == set(range(7))
    counts = np.bincount(ids)
    assert counts.min() > 60


def test_field_is_part_of_the_key():
    assert bucket_id("a", "x", 10**6) != bucket_id("b", "x", 10**6)
