import pathlib

import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import CATALOG
from mtnas_tf.data import prepare
from tfds_builders.census_income import census_income_dataset_builder
from tfds_builders.census_income import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = CATALOG["census_income"]


class CensusIncomeTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = census_income_dataset_builder.Builder
    SPLITS = {"train": 10, "valid": 4, "test": 4}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare(
        "census_income", DUMMY_DATA, tmp_path_factory.mktemp("census")
    )


def stored(builder, split):
    """Records of a split as plain Python values, by their ages."""
    records = tfds.as_numpy(builder.as_dataset(split=split))
    texts = [
        {k: v.decode() if isinstance(v, bytes) else v for k, v in r.items()}
        for r in records
    ]
    return {record["age"]: record for record in texts}


def parsed(name, rows):
    lines = parsing.read_files(DUMMY_DATA)[name]
    records = [parsing.parse_line(name, r + 1, lines[r]) for r in rows]
    return {record["age"]: record for record in records}


def test_records_are_those_of_the_parser(builder):
    counts = {parsing.TRAIN: 10, parsing.TEST: 8}
    for split, (name, rows) in parsing.split_rows(counts).items():
        expected = parsed(name, rows)
        assert stored(builder, split) == {
            age: record | {"instance_weight": pytest.approx(weight)}
            for age, record in expected.items()
            for weight in [record["instance_weight"]]
        }


def test_quirks_reach_the_records(builder):
    rows = stored(builder, "train")
    assert rows[7]["mig_chg_msa"] == ""  # a question mark
    assert rows[7]["mig_prev_sunbelt"] == ""
    assert rows[7]["instance_weight"] == 991  # without decimals
    assert rows[0]["country_mother"] == ""
    assert rows[23]["hisp_origin"] == "NA"  # a value, no missing one
    assert rows[23]["wage_per_hour_bucket"] == 18
    assert rows[35]["citizenship"] == "Foreign born- Not a citizen of U S"
    assert rows[71]["stock_dividends_bucket"] == 33
    assert rows[29]["never_married"] == 0
    assert {age for age, row in rows.items() if row["income"]} == {51, 71}


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        (parsing.TRAIN, {"train": 8, "valid": 1, "test": 1}),
        (parsing.TEST, {"train": 6, "valid": 1, "test": 1}),
    ],
)
def test_one_file_makes_all_splits(tmp_path, name, sizes):
    raw_dir = tmp_path / "raw"
    raw_dir.mkdir()
    (raw_dir / name).write_bytes((DUMMY_DATA / name).read_bytes())
    builder = prepare("census_income", raw_dir, tmp_path / "data")
    splits = builder.info.splits
    assert {k: s.num_examples for k, s in splits.items()} == sizes
    ages = [age for split in sizes for age in stored(builder, split)]
    assert sorted(ages) == sorted(parsed(name, range(sum(sizes.values()))))


def test_fields_are_the_attributes_less_the_label():
    names = {field.name for field in SCHEMA.fields}
    attributes = {*parsing.INTEGERS, *parsing.TEXTS} - {"marital_stat"}
    assert len(names) == len(attributes) == 39
    assert names - attributes == {
        "wage_per_hour_bucket",
        "stock_dividends_bucket",
    }
    assert SCHEMA.task_names == ("income", "never_married")


def test_kinds_of_the_fields_fit_the_records(builder):
    for field in SCHEMA.fields:
        is_text = field.name in parsing.TEXTS
        assert field.kind == ("string" if is_text else "integer")
        assert field.name in builder.info.features


def test_description_and_citation_come_from_the_folder(builder):
    assert "split 8:1:1" in builder.info.description
    assert "Multi-gate" in builder.info.citation


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="census-income.data"):
        prepare("census_income", tmp_path / "absent", tmp_path / "data")


def test_wrong_line_is_named(tmp_path):
    raw_dir = tmp_path / "raw"
    raw_dir.mkdir()
    content = (DUMMY_DATA / parsing.TEST).read_bytes()
    (raw_dir / parsing.TEST).write_bytes(content + b"1, 2, 3\n")
    with pytest.raises(ValueError, match="Line 9 of census-income.test"):
        prepare("census_income", raw_dir, tmp_path / "data")
