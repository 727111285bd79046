"""AliExpress's train.csv and test.csv of one country -> one record per row.

The files are those that the Multitask-Recommendation-Library makes of the
published ones: comma-separated, with a header, without quotes. They are read
line by line, since they hold gigabytes.
"""

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from etils import epath

# Absolute, because `tfds build` imports the folder of a data set by itself.
from tfds_builders.raw_file import count_lines
from tfds_builders.validation_share import hashed_split
from tfds_builders.validation_share import sizes_of_splits

COUNTRIES = ("NL", "ES", "FR", "US")
TRAIN = "train.csv"
TEST = "test.csv"
CATEGORICALS = tuple(f"categorical_{i}" for i in range(1, 17))
NUMERICALS = tuple(f"numerical_{i}" for i in range(1, 64))
LABELS = ("click", "conversion")
COLUMNS = ("search_id", *CATEGORICALS, *NUMERICALS, *LABELS)
HOW_TO_GET = """\
Put AliExpress_NL/train.csv and AliExpress_NL/test.csv (ES, FR and US for the
other countries) into one folder and pass that folder as `manual_dir`.
https://github.com/easezyc/Multitask-Recommendation-Library links to these
processed files, and holds the script (data/preprocess.py) that makes them of
the published ones, https://tianchi.aliyun.com/dataset/74690 (needs a login)."""

SPLITS = ("train", "valid", "test")

_INTEGER = re.compile(r"-?\d{1,9}")  # fits int32
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_SEARCH_ID = re.compile(r"\d{1,18}")  # fits int64
_LARGEST = (2 - 2**-23) * 2.0**127  # of float32


def find_files(
    directory: epath.PathLike, country: str
) -> dict[str, epath.Path]:
    """Paths of a country's files, by file name.

    Args:
        directory: folder that holds the countries' folders.
        country: string. One of `COUNTRIES`.

    Raises:
        FileNotFoundError: if a file is not there.
    """
    folder = epath.Path(directory) / f"AliExpress_{country}"
    paths = {name: folder / name for name in (TRAIN, TEST)}
    missing = [f"{folder.name}/{n}" for n, p in paths.items() if not p.exists()]
    if missing:
        raise FileNotFoundError(
            f"`manual_dir` must hold the AliExpress files. Missing: {missing}. "
            f"Received: manual_dir={directory}\n{HOW_TO_GET}"
        )
    return paths


def about_sizes(files: Mapping[str, epath.Path]) -> dict[str, int]:
    """About how many rows each split has, from the lines of the files.

    Args:
        files: dict of file name -> path.
    """
    counts = (count_lines(files[name]) - 1 for name in (TRAIN, TEST))
    return sizes_of_splits(*counts)


def read_split(
    files: Mapping[str, epath.Path], split: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row number and record of every row of a split, in the file's order.

    Args:
        files: dict of file name -> path.
        split: string. One of `SPLITS`.

    Raises:
        ValueError: if the header or a line is none of AliExpress.
    """
    path = files[TEST if split == "test" else TRAIN]
    with path.open("rb") as file:
        rows = parse_lines(f"{path.parent.name}/{path.name}", file)
        for row, record in enumerate(rows):
            if split in ("test", split_of(record["search_id"])):
                yield row, record


def parse_lines(name: str, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The records of a file's lines.

    Args:
        name: string. The file, for errors.
        lines: iterable of bytes, the header first, with or without line ends.

    Raises:
        ValueError: if the header or a line is none of AliExpress.
    """
    numbered = enumerate(lines, start=1)
    _, header = next(numbered, (1, b""))
    if header.rstrip(b"\r\n") != ",".join(COLUMNS).encode():
        raise ValueError(
            f"{name} must have the header search_id,categorical_1,...,"
            "categorical_16,numerical_1,...,numerical_63,click,conversion. "
            f"Received: header={header[:200]!r}"
        )
    for number, line in numbered:
        try:
            record = _record(line.decode("ascii").rstrip("\r\n"))
        except ValueError as error:  # a UnicodeDecodeError is one
            raise ValueError(
                f"Line {number} of {name} must be a row of AliExpress: "
                f"{error}. Received: line={line[:200]!r}"
            ) from error
        yield record


def split_of(search_id: int) -> str:
    """The split of a search of the train file: one in ten is for validation.

    Whole searches are drawn, by a hash, since the rows of one share the
    columns of user and query.

    Example:
    >>> [search_id for search_id in range(20) if split_of(search_id) == "valid"]
    [11, 16, 18]
    """
    return hashed_split(search_id)


def _record(line: str) -> dict[str, Any]:
    values = line.split(",")
    if len(values) != len(COLUMNS):
        raise ValueError(f"it has {len(values)} columns, not {len(COLUMNS)}")
    search_id, *rest = values
    if not _SEARCH_ID.fullmatch(search_id):
        raise ValueError("column `search_id` is no integer")
    click, conversion = rest[-2:]
    if (click, conversion) not in (("0", "0"), ("1", "0"), ("1", "1")):
        raise ValueError("`click` and `conversion` are not 0,0 or 1,0 or 1,1")
    return {
        "search_id": int(search_id),
        **dict(zip(CATEGORICALS, map(_integer, rest[:16]), strict=True)),
        "numerical": [_number(text) for text in rest[16:-2]],
        "click": float(click),
        "conversion": float(conversion),
    }


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"a category is no integer but {text!r}")
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or abs(float(text)) > _LARGEST:
        raise ValueError(f"a number is no finite decimal but {text!r}")
    return float(text)
