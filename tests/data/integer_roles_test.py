from collections import Counter

import numpy as np
import pytest

from mtnas_tf.data.integer_roles import integer_role
from mtnas_tf.data.integer_roles import is_named_id

RNG = np.random.default_rng(0)


def role(name, values):
    return integer_role(name, Counter(np.asarray(values).tolist()))[0]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("age", RNG.integers(0, 91, 5000), "id"),
        ("weeks", RNG.integers(0, 53, 5000), "id"),
        ("video", RNG.integers(0, 700, 5000), "id"),
        ("hashed", RNG.choice(RNG.integers(0, 2**62, 500), 5000), "id"),
        ("movieId", RNG.zipf(1.5, 5000) % 2**30, "id"),
        ("order_id", np.arange(5000), "key"),
        ("weight", RNG.integers(10_000, 900_000, 5000), "amount"),
        ("gains", np.where(RNG.random(5000) < 0.8, 0, RNG.choice(99, 5000)), 0),
        ("fans", RNG.choice(RNG.zipf(1.3, 500) % 10**6, 5000), "amount"),
        ("time", RNG.integers(1.6e9, 1.7e9, 5000), "time"),
        ("time_ms", RNG.integers(1.6e12, 1.7e12, 5000), "time"),
        ("date", [20220425, 20220426] * 9, "time"),
        ("time", [1_650_812_741, 1_650_812_742] * 9, "time"),
        ("shop", [1_650_812_741, 1_650_812_742] * 9, "id"),
        ("follow_user_num", RNG.zipf(1.3, 5000) % 10**6, "amount"),
        ("user_id", RNG.choice(RNG.integers(1.6e9, 1.7e9, 99), 5000), "id"),
        (
            "date",
            np.add.outer(np.arange(1, 13) * 100, np.arange(1, 29)) + 20220000,
            "time",
        ),
    ],
)
def test_roles(name, values, expected):
    values = np.ravel(values)
    assert role(name, values) == (expected or "amount")


@pytest.mark.parametrize(
    "name", ["movieId", "USER_ID", "user", "video_id", "zip code"]
)
def test_names_of_ids(name):
    assert is_named_id(name)


@pytest.mark.parametrize("name", ["follow_user_num", "paid", "item_price", "x"])
def test_other_names(name):
    assert not is_named_id(name)
