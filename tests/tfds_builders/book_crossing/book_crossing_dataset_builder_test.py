import pathlib

import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import prepare
from tfds_builders.book_crossing import book_crossing_dataset_builder
from tfds_builders.book_crossing import parsing

FOLDER = pathlib.Path(parsing.__file__).parent


class BookCrossingTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = book_crossing_dataset_builder.Builder
    SPLITS = {"train": 8, "valid": 2, "test": 2}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare(
        "book_crossing", FOLDER / "dummy_data", tmp_path_factory.mktemp("bx")
    )


@pytest.fixture(scope="module")
def rows(builder):
    """Every record, by (user, ISBN, rating)."""
    splits = tfds.as_numpy(builder.as_dataset())
    records = [record for split in splits.values() for record in split]
    texts = [
        {k: v.decode() if isinstance(v, bytes) else v for k, v in r.items()}
        for r in records
    ]
    return {(r["user_id"], r["isbn"], r["rating"]): r for r in texts}


def test_every_rating_is_a_record_once(rows):
    files = parsing.read_files(FOLDER / "dummy_data")
    assert set(rows) == set(parsing.parse_ratings(files[parsing.RATINGS]))
    assert len(rows) == 12


def test_splits_are_those_of_the_parser(builder):
    files = parsing.read_files(FOLDER / "dummy_data")
    ratings = parsing.parse_ratings(files[parsing.RATINGS])
    for split, numbers in parsing.split_rows(len(ratings)).items():
        records = tfds.as_numpy(builder.as_dataset(split=split))
        stored = {
            (r["user_id"].decode(), r["isbn"].decode(), r["rating"])
            for r in records
        }
        assert stored == {ratings[number] for number in numbers}


def test_record_of_listed_user_and_book(rows):
    assert rows["1", "0000000001", 10] == {
        "user_id": "1",
        "age": 34,
        "age_bucket": "25-34",
        "location": "málaga, n/a, spain",
        "city": "málaga",
        "state": "",
        "country": "spain",
        "isbn": "0000000001",
        "title": 'Salt & "Pepper"',
        "author": "Jörg Müller",
        "year": 2001,
        "publisher": "Spice & Sons",
        "image_url_s": "http://img.example/1.THUMB.jpg",
        "image_url_m": "http://img.example/1.MZ.jpg",
        "image_url_l": "http://img.example/1.LZ.jpg",
        "rating": 10,
        "rated": 1.0,
        "satisfied": 1.0,
    }


def test_quirks_reach_the_records(rows):
    assert ("1", "0000000001", 0) in rows  # a repeated pair
    assert rows["1", "0210000010", 8]["title"] == "The Unbalanced Quote"
    assert rows["1", "0210000010", 8]["year"] == 0
    assert rows["2", "0210000010", 0]["age"] == -1
    assert rows["2", "0210000010", 0]["state"] == ""
    assert rows["2", "0000000003", 5]["author"] == "Jane Roe"
    assert rows["2", "0000000003", 5]["year"] == 2000
    assert rows["3", "0000000004", 10]["year"] == 2050
    assert rows["3", "0000000004", 10]["age"] == 244
    assert rows["3", "0000000004", 10]["age_bucket"] == "implausible"
    assert rows["3", "9999999999", 7]["title"] == ""
    assert rows["5", "0000000001", 3]["age"] == -1
    assert rows["4", "0000000005", 0]["year"] == -1


def test_description_and_citation_come_from_the_folder(builder):
    assert "Manual download" in builder.info.description
    assert "Ziegler" in builder.info.citation


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="BX-CSV-Dump.zip"):
        prepare("book_crossing", tmp_path / "absent", tmp_path / "data")


def test_partial_folder_says_what_is_missing(tmp_path):
    name = parsing.USERS
    (tmp_path / name).write_bytes((FOLDER / "dummy_data" / name).read_bytes())
    with pytest.raises(FileNotFoundError, match=parsing.RATINGS):
        prepare("book_crossing", tmp_path, tmp_path / "data")
