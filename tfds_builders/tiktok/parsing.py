"""Blocks of the tab-separated training file -> columns.

A block is matched against the format as a whole, which is as fast as reading
it and leaves nothing to a parser's guesses: the first line that does not match
is an error.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

# Absolute, because `tfds build` imports the folder of a data set by itself.
from tfds_builders.raw_file import MAX_LINE_BYTES
from tfds_builders.raw_file import WINDOW_BYTES
from tfds_builders.record_layout import Columns

TRAIN = "final_track2_train.txt"
HOW_TO_GET = f"""\
Put {TRAIN}, plain or as {TRAIN}.gz, into one folder and pass that folder as
`manual_dir`. It is the training file of track 2 of the ICME 2019 Short Video
Understanding Challenge (https://biendata.xyz/competition/icmechallenge2019/),
which needs an account and may no longer be handed out. A .tgz archive must be
unpacked first."""

# Columns in the order of the file.
DTYPES: dict[str, Any] = {
    "uid": np.int32,
    "user_city": np.int32,
    "item_id": np.int32,
    "author_id": np.int32,
    "item_city": np.int32,
    "channel": np.int32,
    "finish": np.float32,
    "like": np.float32,
    "music_id": np.int32,
    "device": np.int32,
    "time": np.int64,
    "duration_time": np.int32,
}

SPLIT_SIZES = {"train": 15_697_872, "valid": 1_962_234, "test": 1_962_234}
SPLIT_SEED = 0

# Digits that always fit the type.
_VALUES = {np.int32: b"-?[0-9]{1,9}+", np.int64: b"-?[0-9]{1,18}+"}
_LABEL = b"[01]"
_LINE = b"\t".join(_VALUES.get(dtype, _LABEL) for dtype in DTYPES.values())
# Possessive: nothing is kept for going back, however many lines match.
_LINES = re.compile(b"(?:" + _LINE + b"\r?\n)*+")


def parse_windows(
    file: io.BufferedIOBase, window_bytes: int = WINDOW_BYTES
) -> Iterator[Columns]:
    """Columns of the file's rows, in order, a window at a time.

    Args:
        file: the training file, opened in binary mode.
        window_bytes: int > 0. Bytes read at once, and then to the end of the
            line. Defaults to `WINDOW_BYTES`.

    Raises:
        ValueError: at a line that is malformed. None is ever skipped.
    """
    first_line = 1
    while content := file.read(window_bytes):
        content += file.readline(MAX_LINE_BYTES)
        columns = parse_window(content, first_line)
        first_line += len(columns["uid"])
        yield columns


def parse_window(content: bytes, first_line: int = 1) -> Columns:
    """Columns of whole lines.

    Args:
        content: the lines; the last needs no line end.
        first_line: int. Number of the first line, for errors. Defaults to `1`.

    Raises:
        ValueError: if a line is malformed.
    """
    if not content.endswith(b"\n"):
        content += b"\n"
    matched = _LINES.match(content)
    end = matched.end() if matched else 0
    if end < len(content):
        raise _malformed(content, end, first_line)
    table = pd.read_csv(
        io.BytesIO(content),
        sep="\t",
        header=None,
        names=list(DTYPES),
        dtype=DTYPES,
        na_filter=False,
    )
    return {name: table[name].to_numpy() for name in DTYPES}


def members_of_split(
    windows: Iterator[Columns], is_member: np.ndarray, seed: int
) -> Iterator[Columns]:
    """The rows of one split, shuffled inside every window.

    Args:
        windows: columns of all rows, in order.
        is_member: bool `(rows,)`. Rows of the split.
        seed: int >= 0. Seed of the shuffle.
    """
    rng = np.random.default_rng(seed)
    start = 0
    for columns in windows:
        stop = start + len(columns["uid"])
        rows = rng.permutation(np.flatnonzero(is_member[start:stop]))
        yield {name: values[rows] for name, values in columns.items()}
        start = stop


def _malformed(content: bytes, at: int, first_line: int) -> ValueError:
    number = first_line + content.count(b"\n", 0, at)
    line = content[at : content.index(b"\n", at)]
    return ValueError(
        f"Line {number} of {TRAIN} must hold {len(DTYPES)} integers separated "
        f"by tabs: {', '.join(DTYPES)}, where finish and like are 0 or 1. "
        f"Received: line={line[:200]!r}"
    )
