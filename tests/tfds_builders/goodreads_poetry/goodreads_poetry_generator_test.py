import json
import pathlib

import numpy as np
import pytest

from tfds_builders import raw_file
from tfds_builders.goodreads_poetry import generator
from tfds_builders.goodreads_poetry import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"


def write(directory, num_rows, seed=0):
    directory.mkdir()
    generator.write_files(directory, num_rows, seed)
    return [
        directory / f"{name}.gz"
        for name in (parsing.INTERACTIONS, parsing.BOOKS)
    ]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write(tmp_path_factory.mktemp("goodreads") / "a", 20_000)


@pytest.fixture(scope="module")
def columns(paths):
    interactions, books = map(raw_file.read_lines, paths)
    interactions = parsing.parse_interactions(interactions)
    (block,) = parsing.joined_rows(
        interactions, parsing.parse_books(books), np.arange(20_000)
    )
    return block


def test_keys_are_those_of_the_format(paths):
    for path, name in zip(
        paths, (parsing.INTERACTIONS, parsing.BOOKS), strict=True
    ):
        made, model = (
            list(json.loads(next(raw_file.read_lines(file))))
            for file in (path, DUMMY_DATA / name)
        )
        assert made == model


def test_labels_have_their_rates(columns):
    read, satisfied, reviewed = (
        columns[name] == 1 for name in ("read", "satisfied", "reviewed")
    )
    assert read.mean() == pytest.approx(0.4804, abs=0.012)
    assert satisfied.mean() == pytest.approx(0.1835, abs=0.01)
    assert reviewed.mean() == pytest.approx(0.0568, abs=0.006)
    assert (columns["rating"] > 0).mean() == pytest.approx(0.4495, abs=0.012)
    assert read[satisfied].all()
    assert read[reviewed].mean() == pytest.approx(0.979, abs=0.02)


def test_books_and_users_are_as_many_as_in_the_original(columns):
    books = len(set(columns["book_id"]))
    assert books == pytest.approx(20_000 / generator.ROWS_PER_BOOK, rel=0.1)
    users = len(set(columns["user_id"]))
    assert users == pytest.approx(20_000 / generator.ROWS_PER_USER, rel=0.1)
    assert {len(user) for user in columns["user_id"]} == {32}


def test_quirks_occur(columns):
    unlisted = columns["work_id"] == ""
    assert unlisted.mean() == pytest.approx(0.01, abs=0.005)
    assert any(not title.isascii() for title in columns["title"])
    for name in ("series_id", "publisher", "language_code", "format"):
        assert "" in set(columns[name][~unlisted]), name
    for name in ("num_pages", "publication_year"):
        assert -1 in set(columns[name][~unlisted]), name
    assert 65535 in set(columns["publication_year"])


def test_seed_fixes_the_bytes(tmp_path):
    first, again, other = (
        [path.read_bytes() for path in write(tmp_path / name, 50, seed)]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first == again
    assert first[0] != other[0] and first[1] != other[1]


@pytest.mark.parametrize("num_rows", [1, 7, 8, 20])
def test_number_of_rows_is_exact_whatever_the_blocks(
    tmp_path, monkeypatch, num_rows
):
    monkeypatch.setattr(generator, "BLOCK_ROWS", 8)
    interactions, _ = write(tmp_path / "a", num_rows)
    records = map(json.loads, raw_file.read_lines(interactions))
    assert len({record["review_id"] for record in records}) == num_rows
