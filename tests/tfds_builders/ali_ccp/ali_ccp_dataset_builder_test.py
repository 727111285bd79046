import logging
import pathlib
import shutil

import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import CATALOG
from mtnas_tf.data import prepare
from tfds_builders.ali_ccp import ali_ccp_dataset_builder
from tfds_builders.ali_ccp import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = CATALOG["ali_ccp"]


class AliCcpTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = ali_ccp_dataset_builder.Builder
    SPLITS = {"train": 6, "valid": 2, "test": 3}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare("ali_ccp", DUMMY_DATA, tmp_path_factory.mktemp("ali_ccp"))


def stored(builder, split):
    """Records of a split, in the order of their values."""
    records = tfds.as_numpy(builder.as_dataset(split=split))
    return sorted([r[name] for name in parsing.FIELDS] for r in records)


@pytest.mark.parametrize(
    ("split", "part"),
    [("train", "train"), ("valid", "train"), ("test", "test")],
)
def test_records_are_those_of_the_parser(builder, split, part):
    files = parsing.find_files(DUMMY_DATA)
    common = parsing.read_common(files[f"common_features_{part}"])
    path = files[f"sample_skeleton_{part}"]
    rows = [r for _, r in parsing.read_split(path, common, split)]
    expected = sorted([r[name] for name in parsing.FIELDS] for r in rows)
    assert stored(builder, split) == expected


def test_sizes_are_about_known_before_the_rows_are_read():
    # With those that are left out: a purchase without a click in each file.
    sizes = parsing.about_sizes(parsing.find_files(DUMMY_DATA))
    assert sizes == {"train": 9, "valid": 1, "test": 4}


def test_quirks_reach_the_records(builder):
    records = list(tfds.as_numpy(builder.as_dataset(split="test")))
    (bought,) = (r for r in records if r["purchase"])
    assert bought["click"] == 1
    assert bought["101"] == 31_390
    assert bought["109_14"] == 450_002  # of the largest weight
    assert bought["127_14"] == 670_001  # the first of two equal ones
    assert bought["210"] == 9_052_218
    assert bought["126"] == -1  # a missing one
    # A user's features in one part say nothing of the other part's.
    assert {r["101"] for r in records} == {31_390, 50}


def test_impossible_samples_are_reported(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        prepare("ali_ccp", DUMMY_DATA, tmp_path / "data")
    reported = [m for m in caplog.messages if "no click" in m]
    assert reported == [
        f"sample_skeleton_{part}.csv: 1 samples with a purchase but no click "
        f"left out of {split}."
        for split, part in [
            ("train", "train"),
            ("valid", "train"),
            ("test", "test"),
        ]
    ]


def test_fields_and_tasks_are_columns_of_the_records(builder):
    assert [field.name for field in SCHEMA.fields] == list(parsing.FIELDS)
    assert {field.kind for field in SCHEMA.fields} == {"integer"}
    assert SCHEMA.task_names == parsing.LABELS
    assert {*parsing.FIELDS, *parsing.LABELS} == set(builder.info.features)


def test_sample_without_common_features_is_named(tmp_path):
    raw_dir = tmp_path / "raw"
    shutil.copytree(DUMMY_DATA, raw_dir)
    (raw_dir / "common_features_train.csv").write_bytes(b"")
    message = "Line 1 of sample_skeleton_train.csv .*'bacff91692951881' are not"
    with pytest.raises(ValueError, match=message):
        prepare("ali_ccp", raw_dir, tmp_path / "data")


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="sample_skeleton_train.csv"):
        prepare("ali_ccp", tmp_path / "absent", tmp_path / "data")
