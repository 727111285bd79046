"""A small schema with a chain of tasks, domains, entities and a sequence."""

import numpy as np

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import Split
from mtnas_tf.data import TaskSpec

NUM_BUCKETS = 17
NUM_DOMAINS = 3
# Columns of `ids`: user, seen (3), item, tab. The tabs own the first rows of
# the table: "home", "search", all others.
SCHEMA = DatasetSchema(
    name="toy_roles",
    fields=(
        FieldSpec(name="user"),
        FieldSpec(name="seen", max_length=3),
        FieldSpec(name="x", kind="vector", size=2),
        FieldSpec(name="item"),
        FieldSpec(name="tab", vocabulary=("home", "search")),
    ),
    tasks=(
        TaskSpec(name="buy", requires="click"),
        TaskSpec(name="click"),
        TaskSpec(name="like", condition="click"),
    ),
    num_buckets=NUM_BUCKETS,
    domain="tab",
    entities=("user", "item"),
    sequences={"seen": "item"},
)


def make_split(num_rows, seed=0):
    """Rows with labels that fit the relations, lists of one to three."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(NUM_DOMAINS, NUM_BUCKETS, (num_rows, 6))
    ids[:, 5] = np.arange(num_rows) % NUM_DOMAINS
    for row, length in enumerate(rng.integers(1, 4, num_rows)):
        ids[row, 1 + length : 4] = -1
    inputs = {
        "ids": ids.astype("int32"),
        "values": rng.normal(size=(num_rows, 2)).astype("float32"),
    }
    click, buy, like = rng.integers(0, 2, (3, num_rows, 1)).astype("float32")
    labels = {"buy": buy * click, "click": click, "like": like}
    return Split(inputs, SCHEMA.mask(labels))
