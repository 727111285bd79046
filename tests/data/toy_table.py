"""A table of two tasks, as a frame and as files."""

import numpy as np
import pandas as pd

import mtnas_tf as mt
from mtnas_tf.data import RowSplit

TASKS = ["click", "like"]


def make_frame(num_rows=300, seed=0):
    """Strings, integers, floats and lists, all with gaps, labels too."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "user": rng.choice(["ann", "bob", "eve", None], num_rows),
            "age": rng.choice([18.0, 40.0, np.nan], num_rows),
            "price": rng.exponential(size=num_rows),
            "tags": [
                None
                if rng.random() < 0.1
                else list(rng.choice(list("abcd"), n))
                for n in rng.integers(0, 5, num_rows)
            ],
            "day": rng.permutation(num_rows),
        }
    )
    frame.loc[rng.random(num_rows) < 0.1, "price"] = np.nan
    score = (frame.user == "ann") + frame.price.fillna(0) - 0.5
    for index, task in enumerate(TASKS):
        noise = rng.normal(scale=0.3, size=num_rows)
        frame[task] = (score + noise > 0.5 * index).astype(float)
        frame.loc[rng.random(num_rows) < 0.2, task] = np.nan
    return frame


FRAME = make_frame()
SPLIT = RowSplit(kind="time", column="day")
KWARGS = {"split": SPLIT, "batch_size": 16, "reward_batch_size": 8}


def everything(data):
    """All rows of all splits, one below the other."""
    whole = mt.data.Split.concatenate(list(data.splits.values()))
    arrays = [*whole.inputs.values(), *whole.labels.values()]
    return np.concatenate(arrays, axis=1)


def write_frame(frame, path):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    return path
