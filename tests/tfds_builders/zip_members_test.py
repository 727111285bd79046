import io
import re
import zipfile

import pytest
from etils import epath

from tfds_builders import zip_members

CONTENTS = {"a/one.txt": b"1" * 99, "two.png": b"", "a/zwölf": b"\0\xff"}


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.mkdir("a")
        for name, content in CONTENTS.items():
            opened.writestr(name, content)
    return bytearray(file.getvalue())


def read(directory, content, is_wanted=lambda name: not name.endswith("/")):
    path = epath.Path(directory) / "x.zip"
    path.write_bytes(content)
    return zip_members.read_members(path, is_wanted)


def changed(at, value):
    """A zip file with another byte in both headers of its first file.

    Args:
        at: int. Place in the file's own header; the directory's has two more
            bytes before it.
        value: int. The byte.
    """
    content = zipped()
    own = content.index(b"a/one.txt") - 30
    listed = content.rindex(b"a/one.txt") - 46
    content[own + at] = content[listed + at + 2] = value
    return content


def test_contents_by_path(tmp_path):
    assert read(tmp_path, zipped()) == CONTENTS


def test_only_wanted_files_are_read(tmp_path):
    damaged = changed(8, 99)
    wanted = read(tmp_path, damaged, lambda name: name == "two.png")
    assert wanted == {"two.png": b""}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x05\x06",
        b"not a zip file",
        zipped()[:-30],
        zipped()[60:],
        changed(6, 1),  # encrypted
        changed(4, 99),  # of a later version of the format
        changed(8, 99),  # of an unknown method
        changed(8, 12),  # of other methods than the one it was written with
        changed(8, 14),
        changed(8, 0),
    ],
)
def test_damaged_file_is_refused(tmp_path, content):
    shown = re.escape(str(tmp_path / "x.zip"))
    message = f"`x.zip` must be a complete zip file.*Received: {shown} "
    with pytest.raises(ValueError, match=message):
        read(tmp_path, content)


def test_absent_file_is_no_damage(tmp_path):
    with pytest.raises(FileNotFoundError):
        zip_members.read_members(epath.Path(tmp_path) / "x.zip", str.isascii)
