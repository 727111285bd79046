r"""Ali-CCP's samples and common features -> one record per sample.

Lines are comma-separated, without a header or quotes:

    sample id, click, purchase, index of common features, number, features
    index of common features, number, features

Features are separated by \x01, and each reads field \x02 id \x03 weight. The
files hold gigabytes and are read line by line.
"""

import logging
import math
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

# Relative, because `tfds build` imports this folder by itself.
from .common_features import CommonFeatures

PARTS = ("train", "test")
NUM_SAMPLES = {"train": 42_300_135, "test": 43_016_840}
COMMON_FIELDS = (
    *("101", "109_14", "110_14", "127_14", "150_14", "121", "122", "124"),
    *("125", "126", "127", "128", "129"),
)
SAMPLE_FIELDS = (
    *("205", "206", "207", "210", "216", "508", "509", "702", "853", "301"),
)
FIELDS = COMMON_FIELDS + SAMPLE_FIELDS
LABELS = ("click", "purchase")
MISSING = -1
HOW_TO_GET = """\
Put sample_skeleton_train.csv, common_features_train.csv,
sample_skeleton_test.csv and common_features_test.csv into one folder and pass
that folder as `manual_dir`. They are inside sample_train.tar.gz and
sample_test.tar.gz of https://tianchi.aliyun.com/dataset/408 (needs a login)."""

SPLITS = ("train", "valid", "test")

_WEIGHT = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_ID = re.compile(r"\d{1,9}")  # fits int32


def find_files(directory: epath.PathLike) -> dict[str, epath.Path]:
    """Paths of the four files, by their names without `.csv`.

    Raises:
        FileNotFoundError: if a file is not there.
    """
    names = [
        f"{kind}_{part}"
        for part in PARTS
        for kind in ("sample_skeleton", "common_features")
    ]
    paths = {name: epath.Path(directory) / f"{name}.csv" for name in names}
    missing = [path.name for path in paths.values() if not path.exists()]
    if missing:
        raise FileNotFoundError(
            f"`manual_dir` must hold the Ali-CCP files. Missing: {missing}. "
            f"Received: manual_dir={directory}\n{HOW_TO_GET}"
        )
    return paths


def read_common(path: epath.Path) -> CommonFeatures:
    """Common features of a file; see `parse_common`."""
    with path.open("rb") as file:
        return parse_common(path.name, file)


def about_sizes(files: Mapping[str, epath.Path]) -> dict[str, int]:
    """About how many samples each split has, from the lines of the files.

    Args:
        files: dict of file name -> path.
    """
    counts = (count_lines(files[f"sample_skeleton_{p}"]) for p in PARTS)
    return sizes_of_splits(*counts)


def read_split(
    path: epath.Path, common: CommonFeatures, split: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Samples of a file that belong to a split; see `parse_samples`."""
    with path.open("rb") as file:
        yield from parse_samples(path.name, file, common, split)


def parse_common(name: str, lines: Iterable[bytes]) -> CommonFeatures:
    """Common features by their index.

    Args:
        name: string. The file, for errors.
        lines: iterable of bytes, with or without line ends.

    Raises:
        ValueError: if a line is malformed, or an index is there twice.
    """
    common = CommonFeatures(len(COMMON_FIELDS))
    for number, line in enumerate(lines, start=1):
        try:
            index, count, features = _columns(line, 3)
            common.add(index, _ids(COMMON_FIELDS, count, features))
        except ValueError as error:
            raise _wrong_line(name, number, line, error) from error
    return common


def parse_samples(
    name: str, lines: Iterable[bytes], common: CommonFeatures, split: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row number, from 0, and record of every sample of a split.

    A purchase without a click is impossible; such samples are left out and
    counted in a warning, as public code leaves them out. Nothing else is.

    Args:
        name: string. The file, for errors.
        lines: iterable of bytes, with or without line ends.
        common: the common features of the same part.
        split: string. One of `SPLITS`.

    Raises:
        ValueError: if a line is malformed, or its common features are not
            there.
    """
    num_impossible = num_lines = 0
    for num_lines, line in enumerate(lines, start=1):
        try:
            sample, click, purchase, *rest = _columns(line, 6)
            if split not in ("test", split_of(sample)):
                continue
            labels = _labels(click, purchase)
            if labels == (0.0, 1.0):
                num_impossible += 1
                continue
            record = _record(labels, rest, common)
        except ValueError as error:
            raise _wrong_line(name, num_lines, line, error) from error
        yield num_lines - 1, record
    _warn(name, split, num_lines, num_impossible)


def split_of(sample: str) -> str:
    """The split of a sample of the train file: one in ten is for validation.

    Example:
    >>> split_of("10"), split_of("11")
    ('train', 'valid')
    """
    return hashed_split(sample)


def _columns(line: bytes, count: int) -> list[str]:
    columns = line.decode("ascii").rstrip("\r\n").split(",")
    if len(columns) != count:
        raise ValueError(f"it has {len(columns)} columns, not {count}")
    return columns


def _labels(click: str, purchase: str) -> tuple[float, float]:
    if click not in ("0", "1") or purchase not in ("0", "1"):
        raise ValueError("click and purchase are not 0 or 1")
    return float(click), float(purchase)


def _record(
    labels: tuple[float, float], columns: list[str], common: CommonFeatures
) -> dict[str, Any]:
    index, count, features = columns
    if index not in common:
        raise ValueError(f"its common features {index!r} are not there")
    ids = [*common[index], *_ids(SAMPLE_FIELDS, count, features)]
    return {
        **dict(zip(FIELDS, ids, strict=True)),
        **dict(zip(LABELS, labels, strict=True)),
    }


def _ids(fields: tuple[str, ...], count: str, features: str) -> list[int]:
    """The id of each field: the one of the largest weight, else the first."""
    parts = features.split("\x01") if features else []
    if count != str(len(parts)):
        raise ValueError(f"it has {len(parts)} features, not {count}")
    best = dict.fromkeys(fields, (-math.inf, str(MISSING)))
    for part in parts:
        field, weight, identity = _feature(part)
        if field in best and weight > best[field][0]:
            best[field] = (weight, identity)
    return [int(identity) for _, identity in best.values()]


def _feature(text: str) -> tuple[str, float, str]:
    """Field, weight and id of a feature."""
    field, _, rest = text.partition("\x02")
    identity, _, weight = rest.partition("\x03")
    if not _ID.fullmatch(identity):
        raise ValueError(f"a feature is not field, id and weight but {text!r}")
    if not _WEIGHT.fullmatch(weight) or math.isinf(float(weight)):
        raise ValueError(f"a weight is no finite decimal but {weight!r}")
    return field, float(weight), identity


def _wrong_line(
    name: str, number: int, line: bytes, error: ValueError
) -> ValueError:
    return ValueError(
        f"Line {number} of {name} must be one of Ali-CCP: {error}. "
        f"Received: line={line[:200]!r}"
    )


def _warn(name: str, split: str, num_lines: int, num_impossible: int) -> None:
    logger = logging.getLogger(__name__)
    if num_impossible:
        logger.warning(
            "%s: %d samples with a purchase but no click left out of %s.",
            name,
            num_impossible,
            split,
        )
    expected = NUM_SAMPLES["test" if split == "test" else "train"]
    if num_lines != expected:
        logger.warning(
            "%s holds %d lines; the published file holds %d.",
            name,
            num_lines,
            expected,
        )
