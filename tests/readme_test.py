"""The script of the README runs as it stands, on made-up ratings."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest
from tolerances import assert_near

import mtnas_tf as mt
from export.serving import Predictor
from tfds_builders.book_crossing import parsing

README = Path(__file__).parents[1] / "README.md"
NUM_RATINGS = 2000
ROWS = [{"user_id": "7", "isbn": "0000000003", "age": 34}, {"user_id": None}]


def first_python_block():
    return re.search(r"```python\n(.*?)```", README.read_text(), re.S)[1]


def write_raw_files(directory):
    """Ratings in the format of Book-Crossing, of 50 users and 40 books."""
    rng = np.random.default_rng(0)
    users = [f'"{i}";"city{i % 7}, n/a, spain";"{20 + i}"' for i in range(50)]
    books = [
        f'"{i:010}";"title {i}";"author {i % 9}";"{1990 + i % 20}";"press"'
        ';"";"";""'
        for i in range(40)
    ]
    ratings = []
    for _ in range(NUM_RATINGS):
        user, book = rng.integers(50), rng.integers(40)
        score = rng.choice([0, 8, 10], p=[0.5, 0.3, 0.2])
        ratings.append(f'"{user}";"{book:010}";"{score}"')
    for name, lines in (
        (parsing.USERS, users),
        (parsing.BOOKS, books),
        (parsing.RATINGS, ratings),
    ):
        text = "\r\n".join([parsing.HEADERS[name], *lines, ""])
        (directory / name).write_bytes(text.encode("iso-8859-1"))


@pytest.fixture
def book_crossing(tmp_path, monkeypatch):
    """`mt.data.load("book_crossing")` reads the made-up ratings."""
    raw_dir, data_dir = tmp_path / "raw", tmp_path / "data"
    raw_dir.mkdir()
    write_raw_files(raw_dir)
    mt.data.prepare("book_crossing", raw_dir=raw_dir, data_dir=data_dir)
    load = functools.partial(mt.data.load, data_dir=data_dir, num_buckets=500)
    monkeypatch.setattr(mt.data, "load", load)
    monkeypatch.chdir(tmp_path)


def test_script_runs(book_crossing, tmp_path):
    names = {}
    exec(compile(first_python_block(), str(README), "exec"), names)
    data, model = names["data"], names["model"]
    assert sum(map(len, data.splits.values())) == NUM_RATINGS
    assert data.schema.task_names == ("rated", "satisfied")
    assert model.route == names["route"]
    rows = [
        {**dict.fromkeys(f.name for f in data.schema.fields), **row}
        for row in ROWS
    ]
    served = Predictor(tmp_path / "out").predict(rows)
    outputs = model.predict(data.schema.preprocessor(rows), verbose=0)
    for task in data.schema.task_names:
        assert_near(served[task], outputs[task][:, 0])


def test_every_python_block_is_python():
    text = README.read_text()
    for block in re.findall(r"```python\n(.*?)```", text, re.S):
        compile(block, str(README), "exec")
