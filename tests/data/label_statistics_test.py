import itertools

import numpy as np
import pandas as pd
import pytest

from mtnas_tf.data.label_statistics import LabelStatistics

TASKS = ("a", "b", "c", "d")


def make_labels(num_rows=200):
    """Correlated labels with gaps; `b` has a large mean, `d` is constant."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(num_rows, 1))
    labels = base + rng.normal(size=(num_rows, 4)) * [0.5, 1, 3, 0]
    labels[:, 1] += 1e7
    labels[:, 3] = 0.1
    labels[rng.random(labels.shape) < 0.3] = np.nan
    labels[:20, 2] = np.nan  # the first blocks have none
    return pd.DataFrame(labels, columns=TASKS)


@pytest.mark.parametrize("block_rows", [1, 7, 200])
def test_blocks_give_what_all_rows_give(block_rows):
    labels = make_labels()
    statistics = LabelStatistics(TASKS)
    for start in range(0, len(labels), block_rows):
        part = labels.iloc[start : start + block_rows]
        block = {task: part[task].to_numpy() for task in TASKS}
        assert statistics.update(block) == len(part)
    for task, found in statistics.tasks().items():
        assert found["mean"] == pytest.approx(labels[task].mean(), rel=1e-12)
        missing = labels[task].isna().mean()
        assert found["missing"] == pytest.approx(missing)
    expected = labels.corr()
    pairs = statistics.correlations()
    assert [tuple(pair["tasks"]) for pair in pairs] == [
        *itertools.combinations(TASKS, 2)
    ]
    for pair in pairs:
        if "d" in pair["tasks"]:
            assert np.isnan(pair["pearson"])
        else:
            one, other = pair["tasks"]
            assert pair["pearson"] == pytest.approx(
                expected.loc[one, other], abs=1e-9
            )


def test_a_task_without_labels_has_no_mean():
    statistics = LabelStatistics(("a", "b"))
    block = {"a": np.full(3, np.nan), "b": np.array([0, 1, 1])}
    statistics.update(block)
    assert statistics.tasks()["a"] == pytest.approx(
        {"mean": np.nan, "missing": 1.0}, nan_ok=True
    )
    (pair,) = statistics.correlations()
    assert np.isnan(pair["pearson"])
