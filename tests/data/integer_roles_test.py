from collections import Counter

import numpy as np
import pytest

from mtnas_tf.data.integer_roles import integer_role
from mtnas_tf.data.integer_roles import name_words

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


def test_words_of_names():
    assert name_words("movieId") == {"movie", "id"}
    assert name_words("USER_ID") == {"user", "id"}
    assert name_words("video") == {"video"}
    assert "id" not in name_words("paid")
