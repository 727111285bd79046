import numpy as np
import pandas as pd

from mtnas_tf.data import RowSplit
from mtnas_tf.data import from_dataframe
from mtnas_tf.data.dealt_rows import DealtRows
from mtnas_tf.data.frame_table import FrameTable
from mtnas_tf.data.tables import propose_for_rows
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.verbs.infer import text_page


def test_a_page_says_what_becomes_of_every_column():
    num_rows = 400
    frame = pd.DataFrame(
        {
            "user_id": np.arange(num_rows) % 90,
            "fans_num": np.arange(num_rows) % 80,
            "time": pd.date_range("2020-01-01", periods=num_rows),
            "click": [1, 0, 0, 0] * 100,
            "seconds": np.arange(num_rows) / 4,
        }
    )
    frame.loc[:99, "seconds"] = np.nan
    rows = DealtRows(FrameTable(frame), RowSplit())
    proposal = propose_for_rows(rows, ["click", "seconds"])
    columns, splits = text_page(proposal, rows).split("\n\n")
    rows = {line.split()[0]: line for line in columns.splitlines()[2:]}
    assert set(rows) == {"user_id", "fans_num", "time"}
    assert "its name says id" in rows["user_id"]
    assert "float, 32 buckets" in rows["fans_num"]
    assert "if these are ids" in rows["fans_num"]
    assert "left out" in rows["time"]
    train = splits.splitlines()[2]
    data = from_dataframe(frame, schema=proposal.schema, batch_size=8)
    labels = data.splits["train"].labels
    count, total = labels["click"].sum(), len(labels["click"])
    assert f"{int(count)} positives of {total} ({count / total:.2%})" in train
    known = labels["seconds"][~np.isnan(labels["seconds"])].astype(float)
    assert f"{len(known)} labels, {known.mean():.4g} +- " in train


def test_columns_are_aligned():
    text = aligned(["a", "b"], [["xx", "1"], ["y", "10"]], right=("b",))
    assert text == "a    b\n------\nxx   1\ny   10"
