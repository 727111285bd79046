"""Run directories and files that appear whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from mtnas_preprocessing import local_path


@contextlib.contextmanager
def run_directory(
    workdir: str | Path,
    inputs: Mapping[str, str] | None = None,
    results: str | None = None,
) -> Iterator[Path]:
    """A new run directory, renamed into place when the block succeeds.

    The block writes into `<workdir>.partial`. If it raises, that directory is
    removed, unless it has `results`. If the process is killed or interrupted,
    the directory stays, and the run can be resumed if it has `inputs`.

    Args:
        workdir: the run directory to make. Must not exist.
        inputs: name -> text of the files that define the run. They are written
            first, and a directory that a killed run left with the same ones is
            resumed. Defaults to `None`: such a directory is emptied.
        results: pattern of files with which a failed run is kept, to be
            resumed; a directory that has them and other `inputs` is refused.
            Defaults to `None`, none.

    Raises:
        FileExistsError: if it exists, or has results of another run.
    """
    workdir = local_path(workdir)
    check_is_new(workdir)
    partial = workdir.with_name(workdir.name + ".partial")
    if inputs is None:
        _empty(partial)
    elif differing := _differing(partial, inputs):
        _check_has_no(results, partial, differing)
        _empty(partial)
        for name, text in inputs.items():
            write_text(partial / name, text)
    try:
        yield partial
    except BaseException as error:
        is_kept = isinstance(error, KeyboardInterrupt) or (
            results is not None and any(partial.glob(results))
        )
        if inputs is None or not is_kept:
            shutil.rmtree(partial, ignore_errors=True)
        raise
    partial.rename(workdir)


def _empty(partial: Path) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)


def _check_has_no(
    results: str | None, partial: Path, differing: list[str]
) -> None:
    """Hours of training are not removed because of a mistyped argument."""
    if results is not None and any(partial.glob(results)):
        raise FileExistsError(
            "`workdir` must not be that of another run which was stopped: "
            f"{partial} has its results, with another "
            f"{' and '.join(differing)}. Repeat its command, remove that "
            "folder, or name another `workdir`. "
            f"Received: workdir={partial.with_suffix('')}"
        )


def _differing(directory: Path, texts: Mapping[str, str]) -> list[str]:
    """The names of the files that a directory lacks, or has with other text."""
    return [
        name
        for name, text in texts.items()
        if not (directory / name).is_file()
        or (directory / name).read_text(encoding="utf-8") != text
    ]


@contextlib.contextmanager
def new_directory(workdir: str | Path) -> Iterator[None]:
    """Makes a directory, and removes it if the block raises.

    For files that contain their final path.

    Args:
        workdir: the directory to make. Must not exist.
    """
    check_is_new(workdir)
    workdir = local_path(workdir)
    workdir.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(workdir, ignore_errors=True)
        raise


def check_is_new(workdir: str | Path) -> None:
    """Raises `FileExistsError` unless a run directory can be made there."""
    if local_path(workdir).exists():
        raise FileExistsError(
            f"`workdir` must not exist: a run is never overwritten. "
            f"Received: workdir={workdir}"
        )


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A path to write to beside `path`, renamed to it when the block ends."""
    path = local_path(path)
    beside = path.with_name(f".partial-{path.name}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file whole."""
    with whole_file(path) as beside:
        beside.write_text(text, encoding="utf-8")
