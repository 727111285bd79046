import gzip
import re
import types

import pytest
from etils import epath

from tfds_builders import raw_file

CONTENT = b"one\n\xff\x00two\r\n\nlast"
LINES = [b"one\n", b"\xff\x00two\r\n", b"\n", b"last"]


@pytest.mark.parametrize("name", ["plain.txt", "zipped.gz", "misnamed.txt"])
def test_plain_and_gzipped_files_read_the_same(tmp_path, name):
    is_plain = name == "plain.txt"
    content = CONTENT if is_plain else gzip.compress(CONTENT)
    (tmp_path / name).write_bytes(content)
    assert list(raw_file.read_lines(tmp_path / name)) == LINES
    assert raw_file.count_lines(tmp_path / name) == len(LINES)


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_file_has_no_lines(tmp_path, content):
    (tmp_path / "empty").write_bytes(content)
    assert not list(raw_file.read_lines(tmp_path / "empty"))
    assert raw_file.count_lines(tmp_path / "empty") == 0


def test_lines_are_counted_across_windows(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_file, "WINDOW_BYTES", 4)
    (tmp_path / "ended").write_bytes(CONTENT + b"\n")
    (tmp_path / "open").write_bytes(CONTENT)
    for name in ("ended", "open"):
        assert raw_file.count_lines(tmp_path / name) == len(LINES)


def test_an_endless_line_comes_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_file, "MAX_LINE_BYTES", 4)
    (tmp_path / "long").write_bytes(b"123456789\nab\n")
    pieces = list(raw_file.read_lines(tmp_path / "long"))
    assert pieces == [b"1234", b"5678", b"9\n", b"ab\n"]


def damaged(kind):
    whole = bytearray(gzip.compress(bytes(range(256)) * 99))
    if kind == "truncated":
        return whole[: len(whole) // 2]
    if kind == "overwritten":
        whole[12:60] = bytes(48)
    if kind == "wrong checksum":
        whole[-8:] = bytes(8)
    return whole


@pytest.mark.parametrize("kind", ["truncated", "overwritten", "wrong checksum"])
def test_a_damaged_gzip_file_is_refused(tmp_path, kind):
    path = tmp_path / "damaged.gz"
    path.write_bytes(damaged(kind))
    message = f"gzip file must be complete.*Received: {re.escape(str(path))}"
    with pytest.raises(ValueError, match=message):
        list(raw_file.read_lines(path))


class Manager:
    """As TFDS's: asserts where the folder is absent or empty."""

    def __init__(self, directory):
        self.directory = directory

    @property
    def manual_dir(self):
        assert self.directory is not None
        return epath.Path(self.directory)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a.txt"], "a.txt"),
        (["a.txt.gz"], "a.txt.gz"),
        (["a.txt", "a.txt.gz"], "a.txt"),
        (["b.txt"], None),
    ],
)
def test_find_takes_either_form(tmp_path, names, found):
    for name in names:
        (tmp_path / name).touch()
    path = raw_file.find(Manager(tmp_path), "a.txt")
    assert (path and path.name) == found


def test_find_without_a_folder():
    assert raw_file.find(Manager(None), "a.txt") is None


def test_other_errors_pass(tmp_path):
    (tmp_path / "plain").write_bytes(b"x")
    with pytest.raises(KeyError):
        with raw_file.open_raw(tmp_path / "plain"):
            raise KeyError
    assert isinstance(raw_file.read_lines(tmp_path), types.GeneratorType)
    with pytest.raises(OSError):
        list(raw_file.read_lines(tmp_path / "absent"))
