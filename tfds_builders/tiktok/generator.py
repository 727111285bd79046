"""Made-up rows in the exact format of the training file, for tests of scale.

Columns are drawn independently, so nothing can be learnt from them. The
numbers of distinct values are those that participants of the challenge used as
sizes of their tables.
"""

import numpy as np
import pandas as pd
from etils import epath

from . import parsing

# Column -> distinct values, and the share of rows without one (-1).
VOCABULARIES = {
    "uid": (73_974, 0.0),
    "user_city": (396, 0.2),
    "item_id": (4_122_689, 0.0),
    "author_id": (850_308, 0.0),
    "item_city": (461, 0.05),
    "channel": (5, 0.0),
    "music_id": (89_778, 0.6),
    "device": (75_085, 0.0),
}
FINISH_RATE = 0.40
LIKE_RATE = 0.0097
FINISH_RATE_OF_LIKED = 0.55

FIRST_TIME = 53_055_000_000
NUM_SECONDS = 31_500_000
MEAN_DURATION = 12
MAX_DURATION = 300
BLOCK_ROWS = 1_000_000


def write_files(directory: epath.PathLike, num_rows: int, seed: int) -> None:
    """Writes the training file.

    Args:
        directory: folder of the file.
        num_rows: int > 0.
        seed: int >= 0. Seed of everything drawn.
    """
    rng = np.random.default_rng(seed)
    with (epath.Path(directory) / parsing.TRAIN).open("w") as file:
        for start in range(0, num_rows, BLOCK_ROWS):
            rows = draw_rows(rng, min(BLOCK_ROWS, num_rows - start))
            rows.to_csv(
                file, sep="\t", header=False, index=False, lineterminator="\n"
            )


def draw_rows(rng: np.random.Generator, num_rows: int) -> pd.DataFrame:
    """Draws rows, with the columns in the order of the file."""
    columns = {
        name: _draw_ids(rng, num_rows, num_values, missing_rate)
        for name, (num_values, missing_rate) in VOCABULARIES.items()
    }
    columns["finish"], columns["like"] = _draw_labels(rng, num_rows)
    columns["time"] = FIRST_TIME + rng.integers(NUM_SECONDS, size=num_rows)
    durations = rng.geometric(1 / MEAN_DURATION, num_rows)
    columns["duration_time"] = np.minimum(durations, MAX_DURATION)
    return pd.DataFrame({name: columns[name] for name in parsing.DTYPES})


def _draw_ids(
    rng: np.random.Generator,
    num_rows: int,
    num_values: int,
    missing_rate: float,
) -> np.ndarray:
    """Few values that occur often and many that occur seldom."""
    ids = (num_values * rng.random(num_rows) ** 3).astype(np.int32)
    ids[rng.random(num_rows) < missing_rate] = -1
    return ids


def _draw_labels(
    rng: np.random.Generator, num_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    like = rng.random(num_rows) < LIKE_RATE
    both = LIKE_RATE * FINISH_RATE_OF_LIKED
    rate_of_others = (FINISH_RATE - both) / (1 - LIKE_RATE)
    rates = np.where(like, FINISH_RATE_OF_LIKED, rate_of_others)
    finish = rng.random(num_rows) < rates
    return finish.astype(np.int8), like.astype(np.int8)
