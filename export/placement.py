"""Puts the files of an export in place, all of them or none."""

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

MANIFEST = "manifest.json"
FILES = {"onnx": "model.onnx", "saved_model": "saved_model"}


def check_replaceable(target: Path) -> None:
    """Raises unless `target` is new, empty or an earlier export."""
    if not target.exists():
        return
    known = {MANIFEST, *FILES.values()}
    if not target.is_dir() or {x.name for x in target.iterdir()} - known:
        raise FileExistsError(
            "`directory` must be new, empty or an earlier export. "
            f"Received: directory={str(target)!r}"
        )


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A directory that becomes `target` if the body succeeds."""
    # An ancestor that exists: a failure leaves no new parent behind.
    home = next(path for path in target.parents if path.exists())
    staging = home / f".{target.name}.{uuid.uuid4().hex}"
    staging.mkdir()
    try:
        yield staging
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def remove_export(directory: Path) -> None:
    """Removes an export, if there is one, and leaves whatever else is there.

    The manifest goes first: nothing is served without it.
    """
    for name in (MANIFEST, *FILES.values()):
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


def _replace(staging: Path, target: Path) -> None:
    """Renames; a directory that is not empty is moved away first."""
    if not target.exists():
        staging.rename(target)
        return
    earlier = staging.with_name(staging.name + ".earlier")
    target.rename(earlier)
    try:
        staging.rename(target)
    except OSError:
        earlier.rename(target)
        raise
    shutil.rmtree(earlier)
