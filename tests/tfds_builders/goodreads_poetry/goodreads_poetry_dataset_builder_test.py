import gzip
import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds
from etils import epath

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import prepare
from tfds_builders import raw_file
from tfds_builders.goodreads_poetry import goodreads_poetry_dataset_builder
from tfds_builders.goodreads_poetry import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
FILES = (parsing.INTERACTIONS, parsing.BOOKS)
SPLITS = {"train": 8, "valid": 2, "test": 2}


class GoodreadsPoetryRowsTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = goodreads_poetry_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["rows"]
    SPLITS = SPLITS
    DL_DOWNLOAD_RESULT = {}  # both files lie in the folder


class GoodreadsPoetryChunkedTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = goodreads_poetry_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["chunked"]
    SPLITS = dict.fromkeys(SPLITS, 1)
    DL_DOWNLOAD_RESULT = {}


def rows_of_split(builder, split):
    """Rows of either layout, sorted; texts as they are stored, in UTF-8."""
    rows = []
    for record in tfds.as_numpy(builder.as_dataset(split=split)):
        columns = [np.atleast_1d(record[name]) for name in parsing.DTYPES]
        rows += zip(*(c.tolist() for c in columns), strict=True)
    return sorted(rows)


def all_rows(builder):
    return sorted(r for split in SPLITS for r in rows_of_split(builder, split))


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare(
        "goodreads_poetry", DUMMY_DATA, tmp_path_factory.mktemp("goodreads")
    )


def test_every_interaction_is_a_record_once(builder):
    assert builder.builder_config.name == "rows"
    interactions, books = (
        parse(raw_file.read_lines(DUMMY_DATA / name))
        for name, parse in zip(
            FILES,
            (parsing.parse_interactions, parsing.parse_books),
            strict=True,
        )
    )
    (columns,) = parsing.joined_rows(interactions, books, np.arange(12))
    expected = [
        tuple(v.encode() if isinstance(v, str) else v for v in row)
        for row in zip(*(c.tolist() for c in columns.values()), strict=True)
    ]
    assert all_rows(builder) == sorted(expected)


def test_quirks_reach_the_records(builder):
    rows = [
        dict(zip(parsing.DTYPES, r, strict=True)) for r in all_rows(builder)
    ]
    by_book = {row["book_id"]: row for row in rows}
    assert by_book[b"11"]["title"].decode() == "Poesía — 詩"
    assert by_book[b"11"]["author_id"] == b"21"
    assert by_book[b"11"]["series_id"] == b"301"
    assert by_book[b"12"]["publication_year"] == 65535
    assert by_book[b"12"]["num_pages_bucket"] == 20
    assert by_book[b"13"]["title"] == b""
    assert by_book[b"14"]["average_rating"] == -1
    assert by_book[b"15"]["num_pages"] == -1
    assert by_book[b"99"]["work_id"] == b""
    labels = ("read", "satisfied", "reviewed")
    assert [sum(row[label] for row in rows) for label in labels] == [6, 3, 4]


def test_layouts_hold_the_same_rows_in_the_same_splits(builder, tmp_path):
    chunked = prepare("goodreads_poetry/chunked", DUMMY_DATA, tmp_path / "data")
    for split in SPLITS:
        assert rows_of_split(chunked, split) == rows_of_split(builder, split)


def test_description_and_citation_come_from_the_folder(builder):
    assert "academic use" in builder.info.description
    assert "Monotonic Behavior Chains" in builder.info.citation


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Stands in for the public host; holds the addresses asked for."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    asked = []

    def download(self, urls):
        asked.extend(urls.values())
        paths = {}
        for name, url in urls.items():
            assert url.endswith(f"/byGenre/{name}.gz")
            # TFDS names its files otherwise.
            paths[name] = epath.Path(folder / f"hash-of-{name[10:14]}")
            content = (DUMMY_DATA / name).read_bytes()
            paths[name].write_bytes(gzip.compress(content))
        return paths

    monkeypatch.setattr(tfds.download.DownloadManager, "download", download)
    return asked


def test_files_are_downloaded(builder, host, tmp_path):
    downloaded = prepare(
        "goodreads_poetry", tmp_path / "absent", tmp_path / "data"
    )
    assert host == [f"{parsing.URL}{name}.gz" for name in FILES]
    assert all_rows(downloaded) == all_rows(builder)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("own", FILES)
def test_own_file_is_preferred(builder, host, tmp_path, own, ending):
    content = (DUMMY_DATA / own).read_bytes()
    manual_dir = tmp_path / "own"
    manual_dir.mkdir()
    (manual_dir / f"{own}{ending}").write_bytes(
        gzip.compress(content) if ending else content
    )
    mixed = prepare("goodreads_poetry", manual_dir, tmp_path / "data")
    (other,) = set(FILES) - {own}
    assert host == [f"{parsing.URL}{other}.gz"]
    assert all_rows(mixed) == all_rows(builder)


def test_own_files_need_no_host(host, tmp_path):
    prepare("goodreads_poetry", DUMMY_DATA, tmp_path / "data")
    assert not host


def test_truncated_download_is_refused(host, tmp_path):
    content = gzip.compress((DUMMY_DATA / parsing.BOOKS).read_bytes())
    manual_dir = tmp_path / "own"
    manual_dir.mkdir()
    (manual_dir / f"{parsing.BOOKS}.gz").write_bytes(content[:-20])
    with pytest.raises(ValueError, match="gzip file must be complete"):
        prepare("goodreads_poetry", manual_dir, tmp_path / "data")
