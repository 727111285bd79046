import pathlib
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import CATALOG
from mtnas_tf.data import prepare
from tfds_builders.aliexpress import aliexpress_dataset_builder
from tfds_builders.aliexpress import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = CATALOG["aliexpress"]


class AliexpressTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = aliexpress_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["nl"]
    SPLITS = {"train": 5, "valid": 3, "test": 3}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare(
        "aliexpress/nl", DUMMY_DATA, tmp_path_factory.mktemp("aliexpress")
    )


def rounded(record):
    numbers = np.asarray(record["numerical"], np.float32).tolist()
    return tuple((record | {"numerical": tuple(numbers)}).values())


def test_records_are_those_of_the_parser(builder):
    files = parsing.find_files(DUMMY_DATA, "NL")
    for split in parsing.SPLITS:
        stored = tfds.as_numpy(builder.as_dataset(split=split))
        expected = [r for _, r in parsing.read_split(files, split)]
        names = list(expected[0])
        ordered = [{name: r[name] for name in names} for r in stored]
        assert sorted(map(rounded, ordered)) == sorted(map(rounded, expected))


def test_sizes_are_about_known_before_the_rows_are_read():
    # Eight rows, of which a tenth is none.
    sizes = parsing.about_sizes(parsing.find_files(DUMMY_DATA, "NL"))
    assert sizes == {"train": 8, "valid": 0, "test": 3}


def test_configs_are_the_countries():
    configs = aliexpress_dataset_builder.Builder.BUILDER_CONFIGS
    assert {config.name: config.country for config in configs} == {
        "nl": "NL",
        "es": "ES",
        "fr": "FR",
        "us": "US",
    }


@pytest.mark.parametrize("country", ["es", "fr", "us"])
def test_country_reads_its_own_folder(tmp_path, country):
    raw_dir = tmp_path / "raw"
    source = DUMMY_DATA / "AliExpress_NL"
    shutil.copytree(source, raw_dir / f"AliExpress_{country.upper()}")
    builder = prepare(f"aliexpress/{country}", raw_dir, tmp_path / "data")
    assert builder.info.splits["train"].num_examples == 5
    with pytest.raises(FileNotFoundError, match="AliExpress_NL/train.csv"):
        prepare("aliexpress/nl", raw_dir, tmp_path / "data")


def test_wrong_country_is_named():
    with pytest.raises(ValueError, match="`country` must.*country='RU'"):
        aliexpress_dataset_builder.AliexpressConfig(name="ru", country="RU")


def test_fields_are_the_inputs_of_the_records(builder):
    names = {field.name for field in SCHEMA.fields}
    assert names == {*parsing.CATEGORICALS, "numerical"}
    assert SCHEMA.task_names == parsing.LABELS
    assert builder.info.features["numerical"].shape == (63,)
    (vector,) = SCHEMA.preprocessor.value_fields
    assert vector.size == 63


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="AliExpress_NL/train.csv"):
        prepare("aliexpress/nl", tmp_path / "absent", tmp_path / "data")
