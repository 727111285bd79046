"""Rows of several models' tables, and gradients by them."""

import numpy as np
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.optimizers import Table
from mtnas_tf.population.table_rows import TableRows

MODELS, ROWS = 3, 5
WIDTHS = (2, 4)


def make_tables():
    """Pairs of a model's table and one of all models, of two widths."""
    rng = np.random.default_rng(0)
    return [
        (
            Table("zeros", shape=(ROWS, width)),
            Table(rng.normal(size=(ROWS, MODELS * width)).astype("float32")),
        )
        for width in WIDTHS
    ]


def own_rows(stacked, width, index):
    return stacked.numpy()[:, index * width :][:, :width]


def test_every_model_reads_its_share():
    tables = make_tables()
    ids = [tf.constant([[0, 4], [1, 1], [3, 0]]), tf.constant([2, 2])]
    rows = TableRows(tables, MODELS)
    with rows.between(None):
        # In another order than that of the tables.
        for (own, _), wanted in zip(reversed(tables), ids, strict=True):
            zeros = own.rows(wanted)
            assert zeros.shape == (*wanted.shape, own.shape[1])
            assert not np.any(zeros)
    found = rows.look_up()
    reads = list(zip(reversed(tables), ids, found, strict=True))
    for (own, stacked), wanted, values in reads:
        width = own.shape[1]
        assert values.shape == (MODELS, *wanted.shape, width)
        for index in range(MODELS):
            expected = own_rows(stacked, width, index)[wanted.numpy()]
            np.testing.assert_array_equal(values[index], expected)
    with rows.between([values[1] for values in found]):
        for (own, _), wanted, values in reads:
            np.testing.assert_array_equal(own.rows(wanted), values[1])
    assert all(own.reads is None for own, _ in tables)


def test_gradients_are_those_of_the_tables():
    tables = make_tables()
    rows = TableRows(tables, MODELS)
    (own, stacked), _ = tables
    ids = [tf.constant([[0, 4], [1, 1]]), tf.constant([4, 2, 4])]
    with rows.between(None):
        for wanted in ids:
            own.rows(wanted)
    rng = np.random.default_rng(1)
    slopes = [
        rng.normal(size=(MODELS, *wanted.shape, WIDTHS[0])).astype("float32")
        for wanted in ids
    ]
    gradient, of_other = rows.gradients(slopes)
    assert of_other is None  # was not read
    expected = np.zeros((ROWS, MODELS, WIDTHS[0]))
    for wanted, slope in zip(ids, slopes, strict=True):
        np.add.at(expected, wanted.numpy(), np.moveaxis(slope, 0, -2))
    dense = tf.convert_to_tensor(gradient)
    assert dense.shape == stacked.shape
    assert_near(dense, expected.reshape(dense.shape), scale=1.0)
