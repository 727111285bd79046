"""KuaiRand's logs and features -> one record per interaction.

The files are comma-separated, with a header. Features quote values that hold
commas; logs hold integers alone, and are read line by line.
"""

import csv
import math
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

# Relative, because `tfds build` imports this folder by itself.
from .column_names import FINISH
from .column_names import LOG_COLUMNS
from .column_names import SIGNALS
from .feature_table import MISSING_INTEGER
from .feature_table import FeatureTable
from .splitting import Row

# Fits int64. Not \d, which matches the digits of other scripts too.
_INTEGER = re.compile(r"(-?[0-9]{1,18})(?:\.0)?")


def parse_table(
    name: str,
    lines: Iterable[bytes],
    columns: Sequence[str],
    texts: Sequence[str],
) -> FeatureTable:
    """Features by the first column.

    Args:
        name: string. The file, for errors.
        lines: iterable of bytes, the header first, with or without line ends.
        columns: sequence of strings. The file's columns.
        texts: sequence of strings. Those of the columns that hold text; the
            others hold integers, and an empty value is -1.

    Raises:
        ValueError: if the header or a line is malformed, or a key repeated.
    """
    integers = [n for n in columns[1:] if n not in texts]
    table = FeatureTable(integers, texts)
    for number, line in _data_lines(name, lines, columns):
        try:
            row = _row(columns, line)
            key = _integer(columns[0], row[columns[0]])
            if key == MISSING_INTEGER:
                raise ValueError(f"column `{columns[0]}` is empty")
            table.add(
                key,
                [_integer(n, row[n]) for n in integers],
                [row[n] for n in texts],
            )
        except (ValueError, csv.Error) as error:
            raise _wrong_line(name, number, line, error) from error
    return table


def parse_log(name: str, lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a log, in its order; nothing is ever skipped.

    Args:
        name: string. The file, for errors.
        lines: iterable of bytes, the header first, with or without line ends.

    Raises:
        ValueError: if the header or a line is malformed.
    """
    for number, line in _data_lines(name, lines, LOG_COLUMNS):
        try:
            row = _log_row(line)
        except (ValueError, csv.Error) as error:
            raise _wrong_line(name, number, line, error) from error
        yield row


def join(
    row: Row, users: FeatureTable, videos: FeatureTable, tasks: Sequence[str]
) -> dict[str, Any]:
    """One record; an unlisted user or video has missing columns.

    Args:
        row: of a log.
        users: what `read_users` returns.
        videos: what `read_videos` returns.
        tasks: some of `column_names.TASKS`, whose labels the record has. Other
            signals stay integers under the names of the logs.
    """
    video = videos.record(row["video_id"])
    labels = {SIGNALS[name]: float(row[name]) for name in SIGNALS}
    labels[FINISH] = float(row["play_time_ms"] >= row["duration_ms"] > 0)
    return {
        **{n: value for n, value in row.items() if SIGNALS.get(n) not in tasks},
        **{task: labels[task] for task in tasks},
        "hour": row["hourmin"] // 100,
        **users.record(row["user_id"]),
        **video,
        "first_tag": video["tag"].partition(",")[0],
        "video_duration_bucket": duration_bucket(video["video_duration"]),
    }


def duration_bucket(milliseconds: int) -> int:
    """Number of a duration's half octave; -1 for a missing one.

    Example:
    >>> [duration_bucket(time) for time in (-1, 0, 7000, 18000, 87433)]
    [-1, 0, 26, 28, 33]
    """
    if milliseconds < 0:
        return MISSING_INTEGER
    return round(2 * math.log2(1 + milliseconds))


def _data_lines(
    name: str, lines: Iterable[bytes], columns: Sequence[str]
) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents of the lines below the header."""
    numbered = enumerate(lines, start=1)
    _, header = next(numbered, (1, b""))
    expected = ",".join(columns)
    if header.rstrip(b"\r\n") != expected.encode():
        raise ValueError(
            f"{name} must be a KuaiRand file, with header {expected}. "
            f"Received: header={header[:200]!r}"
        )
    return numbered


def _row(columns: Sequence[str], line: bytes) -> dict[str, str]:
    values = next(csv.reader([line.decode().rstrip("\r\n")], strict=True), [])
    if len(values) != len(columns):
        raise ValueError(f"it has {len(values)} columns, not {len(columns)}")
    return dict(zip(columns, values, strict=True))


def _log_row(line: bytes) -> Row:
    row = {n: _integer(n, text) for n, text in _row(LOG_COLUMNS, line).items()}
    for name in SIGNALS:
        if row[name] not in (0, 1):
            raise ValueError(f"column `{name}` is not 0 or 1")
    for name in ("user_id", "video_id"):
        if row[name] < 0:
            raise ValueError(f"column `{name}` is empty or negative")
    if not 0 <= row["hourmin"] < 2400:
        raise ValueError("column `hourmin` is not in 0 to 2359")
    if not 20220408 <= row["date"] <= 20220508:
        raise ValueError("column `date` is not in 20220408 to 20220508")
    return row


def _integer(name: str, text: str) -> int:
    if not text:
        return MISSING_INTEGER
    match = _INTEGER.fullmatch(text)
    if not match:
        raise ValueError(f"column `{name}` is no integer but {text!r}")
    return int(match[1])


def _wrong_line(
    name: str, number: int, line: bytes, error: Exception
) -> ValueError:
    return ValueError(
        f"Line {number} of {name} must be one of KuaiRand: {error}. "
        f"Received: line={line[:200]!r}"
    )
