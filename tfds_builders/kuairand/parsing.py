"""KuaiRand's logs and features -> one record per interaction.

The files are comma-separated, with a header. Features quote values that hold
commas; logs hold integers alone, and are read line by line.
"""

import csv
import logging
import math
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from etils import epath

# Relative, because `tfds build` imports this folder by itself.
from .column_names import LABELS
from .column_names import LOG_COLUMNS
from .column_names import USER_COLUMNS
from .column_names import USER_TEXTS
from .column_names import VIDEO_COLUMNS
from .column_names import VIDEO_TEXTS
from .feature_table import MISSING_INTEGER
from .feature_table import FeatureTable

# Version of the data -> its folder, rows of both standard logs, of the random.
VERSIONS = {
    "pure": ("KuaiRand-Pure", 1_436_609, 1_186_059),
    "1k": ("KuaiRand-1K", 11_713_045, 43_028),
}
STANDARD_LOGS = ("log_standard_4_08_to_4_21", "log_standard_4_22_to_5_08")
RANDOM_LOG = "log_random_4_22_to_5_08"
USERS = "user_features"
VIDEOS = "video_features_basic"
FILES = (*STANDARD_LOGS, RANDOM_LOG, USERS, VIDEOS)
HOW_TO_GET = """\
Download KuaiRand-Pure.tar.gz or KuaiRand-1K.tar.gz from
https://zenodo.org/records/10439422, unpack it, and pass as `manual_dir` the
folder that holds KuaiRand-Pure (or KuaiRand-1K), or the `data` folder inside
it."""

SPLITS = ("train", "valid", "test", "test_random")

# Fits int64. Not \d, which matches the digits of other scripts too.
_INTEGER = re.compile(r"(-?[0-9]{1,18})(?:\.0)?")


def find_files(
    directory: epath.PathLike, version: str
) -> dict[str, epath.Path]:
    """Paths of a version's five files, by their names without the version.

    Args:
        directory: folder that holds the files, or that of the version.
        version: string. A key of `VERSIONS`.

    Raises:
        FileNotFoundError: if a file is not there.
    """
    folder = VERSIONS[version][0]
    unpacked = epath.Path(directory) / folder / "data"
    parent = unpacked if unpacked.exists() else epath.Path(directory)
    paths = {name: parent / f"{name}_{version}.csv" for name in FILES}
    missing = [path.name for path in paths.values() if not path.exists()]
    if missing:
        raise FileNotFoundError(
            f"`manual_dir` must hold the {folder} files. Missing: {missing}. "
            f"Received: manual_dir={directory}\n{HOW_TO_GET}"
        )
    return paths


def read_users(path: epath.Path) -> FeatureTable:
    """Features of every user, by user id."""
    with path.open("rb") as file:
        return parse_table(path.name, file, USER_COLUMNS, USER_TEXTS)


def read_videos(path: epath.Path) -> FeatureTable:
    """Features of every video, by video id."""
    with path.open("rb") as file:
        return parse_table(path.name, file, VIDEO_COLUMNS, VIDEO_TEXTS)


def read_split(
    paths: dict[str, epath.Path], version: str, split: str
) -> Iterator[tuple[str, dict[str, int]]]:
    """Key and log row of every interaction of a split.

    Args:
        paths: dict, what `find_files` returns.
        version: string. A key of `VERSIONS`.
        split: string. One of `SPLITS`.

    Raises:
        ValueError: if a header or a line is none of KuaiRand.
    """
    is_random = split == "test_random"
    num_rows = 0
    for log in (RANDOM_LOG,) if is_random else STANDARD_LOGS:
        with paths[log].open("rb") as file:
            for row in parse_log(paths[log].name, file):
                num_rows += 1
                if is_random or split_of(row["date"]) == split:
                    yield f"{log}/{num_rows}", row
    if split in ("train", "test_random"):  # the others read the same logs
        _warn_row_count(version, is_random, num_rows)


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


def parse_log(name: str, lines: Iterable[bytes]) -> Iterator[dict[str, int]]:
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


def split_of(date: int) -> str:
    """The split of a day of the standard logs.

    Example:
    >>> split_of(20220421), split_of(20220422), split_of(20220429)
    ('train', 'valid', 'test')
    """
    if date <= 20220421:
        return "train"
    return "valid" if date <= 20220428 else "test"


def join(
    row: dict[str, int], users: FeatureTable, videos: FeatureTable
) -> dict[str, Any]:
    """One record; an unlisted user or video has missing columns."""
    video = videos.record(row["video_id"])
    return {
        **{n: value for n, value in row.items() if n not in LABELS},
        **{label: float(row[n]) for n, label in LABELS.items()},
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


def _log_row(line: bytes) -> dict[str, int]:
    row = {n: _integer(n, text) for n, text in _row(LOG_COLUMNS, line).items()}
    for name in LABELS:
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


def _warn_row_count(version: str, is_random: bool, num_rows: int) -> None:
    folder, num_standard, num_random = VERSIONS[version]
    expected = num_random if is_random else num_standard
    if num_rows != expected:
        logging.getLogger(__name__).warning(
            "%s: the %s logs hold %d rows; the published ones hold %d.",
            folder,
            "random" if is_random else "standard",
            num_rows,
            expected,
        )
