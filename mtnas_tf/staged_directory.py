"""A directory that is written beside its place, then renamed."""

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A directory that becomes `target` if the body succeeds.

    Args:
        target: absolute path. What is there is replaced as a whole.
    """
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
