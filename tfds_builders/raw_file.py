"""Raw files as users have them: in `manual_dir`, plain or gzipped."""

import contextlib
import functools
import gzip
import io
import zlib
from collections.abc import Iterator

import tensorflow_datasets as tfds
from etils import epath

MAX_LINE_BYTES = 1 << 24  # a file without lines must not fill the memory
WINDOW_BYTES = 1 << 26  # read at a time
_GZIP_MAGIC = b"\x1f\x8b"


def manual_dir(dl_manager: tfds.download.DownloadManager) -> epath.Path:
    """TFDS's `manual_dir`.

    Raises:
        FileNotFoundError: if it is absent or empty; says what to put there.
    """
    try:
        return dl_manager.manual_dir
    except AssertionError as error:
        raise FileNotFoundError(str(error)) from error


def find(
    dl_manager: tfds.download.DownloadManager, name: str
) -> epath.Path | None:
    """The file `name`, or `name.gz`, in `manual_dir`; None if there is none."""
    try:
        directory = manual_dir(dl_manager)
    except FileNotFoundError:
        return None
    paths = (directory / name, directory / f"{name}.gz")
    return next((path for path in paths if path.exists()), None)


@contextlib.contextmanager
def open_raw(path: epath.PathLike) -> Iterator[io.BufferedIOBase]:
    """Opens a file, through gzip if it begins as a gzip file does.

    Raises:
        ValueError: inside the context, where a gzip file is damaged.
    """
    try:
        with epath.Path(path).open("rb") as file:
            is_gzip = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            if is_gzip:
                # A GzipFile reads lines slowly by itself.
                yield io.BufferedReader(gzip.GzipFile(fileobj=file))
            else:
                yield file
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(
            "A gzip file must be complete; obtain it again. "
            f"Received: {path} ({error})"
        ) from error


def count_lines(path: epath.PathLike) -> int:
    """The lines of a file; the last one needs no line end.

    Raises:
        ValueError: where a gzip file is damaged.
    """
    count, last = 0, b"\n"
    with open_raw(path) as file:
        while content := file.read(WINDOW_BYTES):
            count += content.count(b"\n")
            last = content[-1:]
    return count + (last != b"\n")


def read_lines(path: epath.PathLike) -> Iterator[bytes]:
    """The lines of a file, each with its line end.

    A line longer than `MAX_LINE_BYTES` comes in pieces.

    Raises:
        ValueError: where a gzip file is damaged.
    """
    with open_raw(path) as file:
        yield from iter(functools.partial(file.readline, MAX_LINE_BYTES), b"")
