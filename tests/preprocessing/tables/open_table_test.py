import json
import sys

import numpy as np
import pandas as pd
import pytest

from mtnas_preprocessing.tables import open_table

ROWS = [
    {"user": "0007", "age": 2**63 - 1, "tags": ["a", "b"], "is_new": True},
    {"user": 'a,"b"\nc', "age": None, "tags": [], "is_new": None},
    {"user": None, "age": 6_800_000_000_000_000_001, "tags": None},
    {"user": "é", "age": -1, "tags": ["c"], "is_new": False},
]
FRAME = pd.DataFrame(
    {
        "user": [row["user"] for row in ROWS],
        "age": pd.array([row["age"] for row in ROWS], dtype="Int64"),
        "tags": [row["tags"] for row in ROWS],
        "is_new": pd.array([r.get("is_new") for r in ROWS], dtype="boolean"),
    }
)


def write(tmp_path, name):
    path = tmp_path / name
    if ".parquet" in name:
        FRAME.to_parquet(path)
    elif ".jsonl" in name:
        text = "\n".join(map(json.dumps, ROWS))
        path.write_text(text)
    else:
        FRAME.to_csv(path, index=False)
    return path


def rows_of(table, num_rows=10):
    return [
        dict(zip(part, values, strict=True))
        for part in table.parts(num_rows)
        for values in zip(*part.values(), strict=True)
    ]


@pytest.mark.parametrize("num_rows", [1, 3, 10])
@pytest.mark.parametrize("name", ["t.parquet", "t.jsonl"])
def test_values_keep_their_types(name, num_rows, tmp_path):
    table = open_table(write(tmp_path, name))
    assert table.names == list(FRAME)
    expected = [{name: row.get(name) for name in FRAME} for row in ROWS]
    assert rows_of(table, num_rows) == expected
    assert table.column("age", num_rows) == [row["age"] for row in expected]


@pytest.mark.parametrize("num_rows", [1, 3, 10])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.csv.bz2", "t.csv.xz"])
def test_cells_are_texts(name, num_rows, tmp_path):
    table = open_table(write(tmp_path, name))
    assert table.column("user", num_rows) == ["0007", 'a,"b"\nc', "", "é"]
    assert table.column("age")[::2] == [str(ROWS[i]["age"]) for i in (0, 2)]
    assert table.column("is_new") == ["True", "", "", "False"]


def test_a_byte_order_mark_and_blank_lines(tmp_path):
    (tmp_path / "t.csv").write_text("\ufeffa,b\n\n1,2\n\n", encoding="utf-8")
    assert rows_of(open_table(tmp_path / "t.csv")) == [{"a": "1", "b": "2"}]


def test_a_folder_is_a_table(tmp_path):
    """Integers of one part and floats of another stay what they are."""
    folder = tmp_path / "parts"
    folder.mkdir()
    pd.DataFrame({"a": [2**60 + 1], "b": ["x"]}).to_parquet(
        folder / "part-0.parquet"
    )
    pd.DataFrame({"b": ["y"], "a": [0.5]}).to_parquet(folder / "part-1.parquet")
    (folder / "_SUCCESS").touch()
    (folder / "_metadata.parquet").touch()
    rows = rows_of(open_table(folder))
    assert rows == [{"a": 2**60 + 1, "b": "x"}, {"a": 0.5, "b": "y"}]


def test_an_index_with_a_name_is_a_column(tmp_path):
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index([5, 6], name="user"))
    frame.to_parquet(tmp_path / "t.parquet")
    assert open_table(tmp_path / "t.parquet").column("user") == [5, 6]
    frame.rename_axis(None).to_parquet(tmp_path / "t.parquet")
    assert open_table(tmp_path / "t.parquet").names == ["a"]


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, "t.csv")
    assert open_table("~/t.csv").names == list(FRAME)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "a,b\n1\n", "Line 2 of .*must have 2 cells.*: 1 cells"),
        ("t.csv", "a,a\n1,2\n", r"distinct names.*\['a'\] among"),
        ("t.csv", "a,\n1,2\n", r"distinct names.*\[''\] among"),
        ("t.csv", "", "distinct names"),
        ("t.csv", "a\n\0\n" + "x" * 200_000, "Line . of .*must be CSV"),
        ("t.jsonl", '{"a": 1}\n[2]\n', "Line 2 of .*JSON object.*2"),
        ("t.jsonl", '{"a": 1}\n{"a"\n', "Line 2 of .*JSON object"),
        ("t.parquet", "a", "must be a Parquet file"),
        ("t.txt", "a", "`path` must end in one of.*path=.*t.txt"),
        ("t.parquet.gz", "a", "`path` must end in one of"),
    ],
)
def test_what_is_no_table_is_refused(name, content, message, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        rows_of(open_table(tmp_path / name))


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no table.*u.csv"):
        open_table(tmp_path / "u.csv")
    with pytest.raises(ValueError, match="must hold .parquet files"):
        open_table(tmp_path)


def test_parts_that_do_not_fit(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "0.parquet")
    pd.DataFrame({"b": [1]}).to_parquet(tmp_path / "1.parquet")
    with pytest.raises(ValueError, match=r"same columns.*\['b'\] in 1.parquet"):
        open_table(tmp_path)
    (tmp_path / "1.parquet").unlink()
    (tmp_path / "day=1").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "day=1" / "2.parquet")
    with pytest.raises(ValueError, match="values of a column.*day=1"):
        open_table(tmp_path)


def test_a_missing_column_is_named(tmp_path):
    table = open_table(write(tmp_path, "t.csv"))
    with pytest.raises(ValueError, match=r"must have the columns \['x'\]"):
        table.column("x")


def test_parquet_needs_pyarrow(tmp_path, monkeypatch):
    write(tmp_path, "t.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="needs pyarrow: pip install pyarrow"):
        open_table(tmp_path / "t.parquet")


def test_large_integers_are_exact_in_every_file(tmp_path):
    ids = [6_800_000_000_000_000_000 + i for i in range(1000)]
    frame = pd.DataFrame({"item": pd.array([*ids, None], dtype="Int64")})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert open_table(tmp_path / "t.parquet").column("item") == [*ids, None]
    found = open_table(tmp_path / "t.csv").column("item")
    assert found[:-1] == list(map(str, ids))
    assert found[-1] == ""
    assert len(set(np.array(ids).astype(float))) < 10  # as floats


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_a_damaged_file_is_named(suffix, tmp_path):
    path = tmp_path / f"t.csv{suffix}"
    pd.DataFrame({"a": range(9999)}).to_csv(path, index=False)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=f"t.csv{suffix} must be a whole file"):
        rows_of(open_table(path))


def test_text_of_another_encoding_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-16")
    with pytest.raises(ValueError, match="t.csv must be a whole file of UTF-8"):
        open_table(tmp_path / "t.csv")
