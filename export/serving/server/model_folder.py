"""Which exports a folder holds, and whether their files are whole."""

import hashlib
import re
from pathlib import Path

from ..onnx_export import DATA
from ..onnx_export import MANIFEST
from ..onnx_export import MODEL
from ..onnx_export import data_files
from ..onnx_export import read_export

_VERSION = re.compile(r"[1-9]\d*")
Key = tuple[str, int]  # name of a model and version
Stamp = tuple[tuple[int, int, int] | None, ...]


def find_exports(path: Path, name: str | None) -> dict[Key, Path]:
    """The exports of a folder by model and version.

    Args:
        path: an export, its version is 1; a folder of versions; or a folder of
            such folders, whose names are those of the models.
        name: name of the model in the first two cases, None for the folder's.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if `name` is given for a folder of several models.
    """
    if path.name == MODEL:
        path = path.parent
    if not path.is_dir():
        raise FileNotFoundError(
            f"`artefact` must be a folder. Received: artefact={str(path)!r}"
        )
    own_name = name or path.resolve().name
    if (path / MANIFEST).exists() or (path / MODEL).exists():
        return {(own_name, 1): path}
    versions = _versions(path)
    if versions:
        return {(own_name, number): x for number, x in versions.items()}
    if name is not None:
        raise ValueError(
            "`name` must be left out for a folder of models. "
            f"Received: name={name!r}"
        )
    return {
        (folder.name, number): version
        for folder in sorted(path.iterdir())
        for number, version in _versions(folder).items()
    }


def stamp_of(path: Path) -> Stamp:
    """What changes when a file of an export does; None is a missing file."""
    return tuple(_file_stamp(path / name) for name in (MANIFEST, MODEL, DATA))


def check_files(path: Path) -> None:
    """Compares the model's files with the digests that its manifest has.

    Args:
        path: an export.

    Raises:
        FileNotFoundError, ValueError: if the export is not as it was written.
    """
    model_path, manifest = read_export(path)
    for name in (MODEL, *data_files(manifest)):
        checked = model_path.with_name(name)
        expected = manifest.get("files", {}).get(name, {}).get("sha256")
        with checked.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise ValueError(
                f"{checked} must have the sha256 of its manifest, {expected}; "
                f"export or copy it again. Received: {found}"
            )


def _versions(folder: Path) -> dict[int, Path]:
    if not folder.is_dir() or folder.name.startswith("."):
        return {}
    return {
        int(path.name): path
        for path in sorted(folder.iterdir())
        if _VERSION.fullmatch(path.name) and path.is_dir()
    }


def _file_stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
