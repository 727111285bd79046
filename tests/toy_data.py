"""Small data whose sizes differ on every axis."""

import dataclasses

import numpy as np

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import Split
from mtnas_tf.data import TaskSpec

NUM_BUCKETS = 11
CLICK = TaskSpec(name="click")
STARS = TaskSpec(name="stars", kind="regression")
BUY = TaskSpec(name="buy")
SCHEMA = DatasetSchema(
    name="toy",
    fields=(
        FieldSpec(name="user"),
        FieldSpec(name="x", kind="vector", size=2),
        FieldSpec(name="item"),
        # Its values own the first rows of the table: 1, 2, 3, all others.
        FieldSpec(name="age", kind="integer", vocabulary=("1", "2", "3")),
    ),
    tasks=(CLICK, STARS),
    num_buckets=NUM_BUCKETS,
    domain="age",
    entities=("user", "item"),
)
CLICKED_LINK = TaskSpec(name="click", kind="multiclass", num_classes=4)
BINARY_SCHEMA = dataclasses.replace(SCHEMA.without_roles, tasks=(CLICK, BUY))
# The tasks of `SCHEMA` by name, the first with a number for each of 4 classes.
CLASS_SCHEMA = dataclasses.replace(SCHEMA, tasks=(CLICKED_LINK, STARS))


def widths(name, units):
    """The argument of a model's width."""
    if name in ("mtnas", "auto_mtl"):
        return {"units": units}
    return {"hidden_units": (units,)}


def make_split(num_rows, schema=SCHEMA, seed=0):
    """Rows whose first label is NaN in row 0, both classes present."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, schema.num_buckets, (num_rows, 3)).astype("int32")
    values = rng.normal(size=(num_rows, 2)).astype("float32")
    score = values[:, :1] + 0.3 * (ids[:, :1] - 5)
    labels = {}
    for index, task in enumerate(schema.tasks):
        target = score + rng.normal(size=score.shape) - index
        if task.kind == "binary":
            target = target > np.median(target)
        if task.kind == "multiclass":
            quantiles = np.arange(1, task.num_classes) / task.num_classes
            target = np.digitize(target, np.quantile(target, quantiles))
        labels[task.name] = target.astype("float32")
    labels[schema.tasks[0].name][0] = np.nan
    return Split({"ids": ids, "values": values}, labels)


def make_data(schema=BINARY_SCHEMA, seed=0, **kwargs):
    """Train, valid and test splits of 23, 13 and 5 rows."""
    splits = [
        make_split(num_rows, schema, seed=index)
        for index, num_rows in enumerate((23, 13, 5))
    ]
    kwargs = {"batch_size": 5, "reward_batch_size": 6} | kwargs
    return MultiTaskData(schema, *splits, seed=seed, **kwargs)
