"""KuaiRand's files: which are there, and the rows of each split in them."""

import logging
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from etils import epath

# Relative, because `tfds build` imports this folder by itself.
from .column_names import USER_COLUMNS
from .column_names import USER_TEXTS
from .column_names import VIDEO_COLUMNS
from .column_names import VIDEO_TEXTS
from .feature_table import FeatureTable
from .parsing import parse_log
from .parsing import parse_table
from .splitting import Row
from .splitting import first_of_each_impression
from .splitting import split_of
from .splitting import split_of_random

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
# Without the second standard log there are no days to validate and test on.
OPTIONAL_FILES = (STANDARD_LOGS[0], RANDOM_LOG)
HOW_TO_GET = """\
Download KuaiRand-Pure.tar.gz or KuaiRand-1K.tar.gz from
https://zenodo.org/records/10439422, unpack it, and pass as `manual_dir` the
folder that holds KuaiRand-Pure (or KuaiRand-1K), or the `data` folder inside
it."""

SPLITS = ("train", "valid", "test", "holdout")
RANDOM_SPLITS = ("test_random", "holdout_random")


def find_files(
    directory: epath.PathLike, version: str
) -> dict[str, epath.Path]:
    """Paths of a version's files, by their names without the version.

    Logs of `OPTIONAL_FILES` that are not there are named in a log message.

    Args:
        directory: folder that holds the files, or that of the version.
        version: string. A key of `VERSIONS`.

    Raises:
        FileNotFoundError: if another file is not there.
    """
    folder = VERSIONS[version][0]
    unpacked = epath.Path(directory) / folder / "data"
    parent = unpacked if unpacked.exists() else epath.Path(directory)
    paths = {name: parent / f"{name}_{version}.csv" for name in FILES}
    absent = [name for name, path in paths.items() if not path.exists()]
    missing = [paths[n].name for n in absent if n not in OPTIONAL_FILES]
    if missing:
        raise FileNotFoundError(
            f"`manual_dir` must hold the {folder} files. Missing: {missing}. "
            f"Received: manual_dir={directory}\n{HOW_TO_GET}"
        )
    for name in absent:
        logging.getLogger(__name__).warning(
            "%s: %s is not there, and is left out.",
            folder,
            paths.pop(name).name,
        )
    return paths


def splits_of(paths: dict[str, epath.Path]) -> tuple[str, ...]:
    """The splits that files have rows of.

    Args:
        paths: dict, what `find_files` returns.
    """
    return SPLITS + (RANDOM_SPLITS if RANDOM_LOG in paths else ())


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
) -> Iterator[tuple[str, Row]]:
    """Key and log row of every interaction of a split.

    Of rows that repeat user, video and time, the first is read.

    Args:
        paths: dict, what `find_files` returns.
        version: string. A key of `VERSIONS`.
        split: string. One of `splits_of(paths)`.

    Raises:
        ValueError: if a header or a line is none of KuaiRand.
    """
    is_random = split in RANDOM_SPLITS
    counts = {"read": 0, "kept": 0}
    for own, key, row in _dealt(paths, is_random, counts):
        if own == split:
            yield key, row
    if split in ("train", "test_random"):  # the others read the same logs
        _tell_counts(version, is_random, counts)


def split_sizes(paths: dict[str, epath.Path]) -> dict[str, int]:
    """The number of rows of each split.

    Args:
        paths: dict, what `find_files` returns.

    Raises:
        ValueError: if a header or a line is none of KuaiRand.
    """
    counts = dict.fromkeys(splits_of(paths), 0)
    for is_random in (False, True):
        for split, _, _ in _dealt(paths, is_random, {"read": 0, "kept": 0}):
            counts[split] += 1
    return counts


def _dealt(
    paths: dict[str, epath.Path], is_random: bool, counts: dict[str, int]
) -> Iterator[tuple[str, str, Row]]:
    """Split, key and row of every impression; counts what was read and kept."""
    logs = (RANDOM_LOG,) if is_random else STANDARD_LOGS
    read = _counted(_rows_of_logs(paths, logs), counts, "read")
    for key, row in _counted(first_of_each_impression(read), counts, "kept"):
        user, date = row["user_id"], row["date"]
        own = split_of_random(user) if is_random else split_of(user, date)
        yield own, key, row


def _rows_of_logs(
    paths: dict[str, epath.Path], logs: Sequence[str]
) -> Iterator[tuple[str, Row]]:
    """Rows of the logs that are there; keys number them through all."""
    number = 0
    for log in logs:
        if log in paths:
            with paths[log].open("rb") as file:
                for row in parse_log(paths[log].name, file):
                    number += 1
                    yield f"{log}/{number}", row


def _counted(
    rows: Iterable[tuple[str, Row]], counts: dict[str, int], name: str
) -> Iterator[tuple[str, Row]]:
    for pair in rows:
        counts[name] += 1
        yield pair


def _tell_counts(version: str, is_random: bool, counts: dict[str, int]) -> None:
    folder, num_standard, num_random = VERSIONS[version]
    expected = num_random if is_random else num_standard
    logs = "random log" if is_random else "standard logs"
    read, repeats = counts["read"], counts["read"] - counts["kept"]
    say = logging.getLogger(__name__).warning
    if read != expected:
        say(
            "%s: found %s rows of the %s; %s were published.",
            *(folder, f"{read:,}", logs, f"{expected:,}"),
        )
    if repeats:
        say(
            "%s: %s rows of the %s repeat user, video and time of another, "
            "and are left out.",
            *(folder, f"{repeats:,}", logs),
        )
