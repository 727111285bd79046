import logging
import pathlib

import pytest

from tfds_builders.kuairand import files

DUMMY_DATA = pathlib.Path(files.__file__).parent / "dummy_data"
DATA = DUMMY_DATA / "KuaiRand-Pure" / "data"
PATHS = files.find_files(DUMMY_DATA, "pure")
NUM_ROWS = {"train": 5, "valid": 1, "test": 1, "holdout": 3}
NUM_RANDOM = {"test_random": 2, "holdout_random": 1}


def rows_of_splits(paths):
    return {
        split: dict(files.read_split(paths, "pure", split))
        for split in files.splits_of(paths)
    }


def copied(folder, *names):
    """A folder with some of the files."""
    for name in names:
        path = DATA / f"{name}_pure.csv"
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_splits_partition_the_impressions():
    rows = rows_of_splits(PATHS)
    assert {s: len(members) for s, members in rows.items()} == {
        **NUM_ROWS,
        **NUM_RANDOM,
    }
    assert len({key for members in rows.values() for key in members}) == 13
    for split, members in rows.items():
        is_rand = {row["is_rand"] for row in members.values()}
        assert is_rand == {int(split in files.RANDOM_SPLITS)}
        is_user_0 = {row["user_id"] == 0 for row in members.values()}
        assert is_user_0 == {split.startswith("holdout")}


def test_sizes_are_known_before_the_rows_are_read():
    assert files.split_sizes(PATHS) == {**NUM_ROWS, **NUM_RANDOM}


def test_of_repeats_the_first_is_read():
    (row,) = rows_of_splits(PATHS)["test"].values()
    assert (row["video_id"], row["hourmin"]) == (10, 2300)


def test_what_was_found_is_told(caplog):
    with caplog.at_level(logging.WARNING):
        rows_of_splits(PATHS)
    assert caplog.messages == [
        "KuaiRand-Pure: found 11 rows of the standard logs; 1,436,609 were "
        "published.",
        "KuaiRand-Pure: 1 rows of the standard logs repeat user, video and "
        "time of another, and are left out.",
        "KuaiRand-Pure: found 3 rows of the random log; 1,186,059 were "
        "published.",
    ]


def test_logs_may_be_absent(tmp_path, caplog):
    needed = [name for name in files.FILES if name not in files.OPTIONAL_FILES]
    folder = copied(tmp_path, *needed)
    with caplog.at_level(logging.WARNING):
        paths = files.find_files(folder, "pure")
    assert caplog.messages == [
        f"KuaiRand-Pure: {name}_pure.csv is not there, and is left out."
        for name in files.OPTIONAL_FILES
    ]
    assert files.splits_of(paths) == files.SPLITS
    rows = rows_of_splits(paths)
    whole = rows_of_splits(PATHS)
    assert [len(rows[split]) for split in files.SPLITS] == [2, 1, 1, 1]
    for split in ("valid", "test"):
        assert [*rows[split].values()] == [*whole[split].values()]


def test_folder_may_be_given_itself():
    assert files.find_files(DATA, "pure") == PATHS


@pytest.mark.parametrize(
    "name", sorted({*files.FILES} - {*files.OPTIONAL_FILES})
)
def test_missing_file_is_named(tmp_path, name):
    for other in set(files.FILES) - {name}:
        (tmp_path / f"{other}_1k.csv").touch()
    message = rf"KuaiRand-1K files. Missing: \['{name}_1k.csv'\].*{tmp_path}"
    with pytest.raises(FileNotFoundError, match=message) as caught:
        files.find_files(tmp_path, "1k")
    assert files.HOW_TO_GET in str(caught.value)
