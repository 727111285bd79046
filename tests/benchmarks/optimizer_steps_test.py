"""The section on optimizers, without processes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import assert_near

from benchmarks import book_crossing
from benchmarks.optimizer import loss_subject as optimizer_loss
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table


def test_dense_adam_is_what_exact_follows():
    """Repeated rows, rows left out for a while, decay of touched rows."""
    start = np.linspace(-1, 1, 8).reshape(4, 2)
    tables = [
        keras.Variable(start, dtype="float32"),
        Table(start, dtype="float32"),
    ]
    dense = optimizer_loss.DenseAdam(0.01, coupled_decay=0.1)
    exact = SparseAdam(0.01, weight_decay=0.1)
    for rows in ([0, 1, 1], [2], [2, 0], [2], [1, 1, 1]):
        values = tf.reshape(tf.range(1.0, 2 * len(rows) + 1), (-1, 2))
        for adam, table in zip((dense, exact), tables, strict=True):
            gradient = tf.IndexedSlices(values, tf.constant(rows), (4, 2))
            adam.apply([gradient], [table])
    exact.finalize_variable_values([tables[1]])
    assert_near(*(t.numpy() for t in tables))
    assert not np.allclose(tables[0][:3], start[:3], atol=1e-2)
    np.testing.assert_array_equal(tables[0][3], start[3].astype("float32"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though:UserWarning")
def test_rounds_are_seeds_and_pairs_share_them(monkeypatch):
    monkeypatch.setattr(
        book_crossing, "load", lambda: (CONFIG, load_data(CONFIG))
    )
    with without_graphs():
        measure = {
            name: optimizer_loss.build({"optimizer": name})
            for name in ("exact", "dense")
        }
        first, again = ({n: m() for n, m in measure.items()} for _ in range(2))
    for losses in (first, again):
        exact, dense = losses["exact"], losses["dense"]
        assert exact["epochs"] == dense["epochs"] == 2
        for figure in ("valid_loss", "test_loss"):
            assert exact[figure] == pytest.approx(dense[figure], abs=2e-4)
    assert first["exact"]["test_loss"] != again["exact"]["test_loss"]
