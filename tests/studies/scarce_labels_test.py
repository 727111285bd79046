"""Which labels are left, and what the table compares."""

import numpy as np
import pandas as pd
import pytest

from mtnas_tf.data import from_dataframe
from studies import scarce_labels
from studies.scarce_labels import FEW
from studies.scarce_labels import FULL_TASKS
from studies.scarce_labels import MANY
from studies.scarce_labels import SCARCE_TASKS
from studies.scarce_labels import TASKS

NUM_ROWS = 1000
COUNT = 80


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = {task: rng.integers(0, 2, NUM_ROWS) * 1.0 for task in TASKS}
    frame = pd.DataFrame({"user": rng.integers(0, 9, NUM_ROWS), **labels})
    return from_dataframe(frame, list(TASKS), batch_size=50)


def test_half_of_the_tasks_keep_a_share_of_their_labels(data):
    few = scarce_labels.with_few(data, COUNT, seed=3)
    share = COUNT / len(data.splits["train"])
    for name in ("train", "valid"):
        before, after = data.splits[name], few.splits[name]
        assert after.inputs is before.inputs
        for task in FULL_TASKS:
            np.testing.assert_array_equal(
                after.labels[task], before.labels[task]
            )
        for task in SCARCE_TASKS:
            kept = ~np.isnan(after.labels[task])
            assert kept.sum() == round(share * len(before))
            np.testing.assert_array_equal(
                after.labels[task][kept], before.labels[task][kept]
            )
    assert few.splits["test"] is data.splits["test"]
    for split in data.splits.values():  # which stays as it was
        assert not any(np.isnan(each).any() for each in split.labels.values())


def test_differences_are_to_mmoe_with_as_many_labels():
    worth = {(MANY, "mmoe"): 0.9, (MANY, "cgc"): 0.91}
    worth |= {(FEW, "mmoe"): 0.7, (FEW, "cgc"): 0.75}
    rows = [
        {
            "labels": labels,
            "method": method,
            "split": split,
            "auc": {
                task: auc + 0.01 * split - 0.1 * (task in SCARCE_TASKS)
                for task in TASKS
            },
        }
        for split in range(3)
        for (labels, method), auc in worth.items()
    ]
    found = scarce_labels._summarize(FEW, "cgc", rows)
    assert found["full"]["mean"] == pytest.approx(0.76)
    assert found["scarce"]["mean"] == pytest.approx(0.66)
    for kind in ("full", "scarce"):
        difference = found[f"{kind}_difference"]
        assert difference["mean"] == pytest.approx(0.05)
        assert difference["std_error"] == pytest.approx(0)
    page = scarce_labels.page({"summary": [found], "splits": 3})
    assert "| 1,500 | cgc | 0.7600 ± 0.0058 | +0.0500 ± 0.0000 |" in page
