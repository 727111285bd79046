import gzip
import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import prepare
from tfds_builders.tiktok import parsing
from tfds_builders.tiktok import tiktok_dataset_builder

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SPLITS = {"train": 8, "valid": 1, "test": 1}


class TiktokRowsTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tiktok_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["rows"]
    SPLITS = SPLITS


class TiktokChunkedTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tiktok_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["chunked"]
    SPLITS = dict.fromkeys(SPLITS, 1)


def rows_of_split(builder, split):
    """Rows of either layout, sorted."""
    rows = []
    for record in tfds.as_numpy(builder.as_dataset(split=split)):
        columns = [np.atleast_1d(record[name]) for name in parsing.DTYPES]
        rows += zip(*(c.tolist() for c in columns), strict=True)
    return sorted(rows)


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare("tiktok", DUMMY_DATA, tmp_path_factory.mktemp("tiktok"))


def test_every_line_is_a_record_once(builder):
    assert builder.builder_config.name == "rows"
    content = (DUMMY_DATA / parsing.TRAIN).read_bytes()
    columns = parsing.parse_window(content)
    lines = zip(*(columns[n].tolist() for n in parsing.DTYPES), strict=True)
    rows = [row for split in SPLITS for row in rows_of_split(builder, split)]
    assert sorted(rows) == sorted(lines)
    assert len(rows_of_split(builder, "train")) == 8


def test_layouts_hold_the_same_rows_in_the_same_splits(builder, tmp_path):
    chunked = prepare("tiktok/chunked", DUMMY_DATA, tmp_path / "data")
    for split in SPLITS:
        assert rows_of_split(chunked, split) == rows_of_split(builder, split)


def test_gzipped_file_gives_the_same_records(builder, tmp_path):
    content = (DUMMY_DATA / parsing.TRAIN).read_bytes()
    (tmp_path / f"{parsing.TRAIN}.gz").write_bytes(gzip.compress(content))
    zipped = prepare("tiktok", tmp_path, tmp_path / "data")
    for split in SPLITS:
        assert rows_of_split(zipped, split) == rows_of_split(builder, split)


def test_description_and_citation_come_from_the_folder(builder):
    assert "Manual download" in builder.info.description
    assert "Short Video Understanding" in builder.info.citation


@pytest.mark.parametrize("folder", ["absent", ""])
def test_missing_file_says_what_to_do(tmp_path, folder):
    (tmp_path / "other.txt").touch()
    message = "`manual_dir` must hold final_track2_train.txt.*\n.*Put final"
    with pytest.raises(FileNotFoundError, match=message):
        prepare("tiktok", tmp_path / folder, tmp_path / "data")


def test_file_of_too_few_lines_is_refused(tmp_path):
    (tmp_path / parsing.TRAIN).touch()
    with pytest.raises(ValueError, match="`num_rows` must give every split"):
        prepare("tiktok", tmp_path, tmp_path / "data")
