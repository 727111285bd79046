"""Where the files of an export lie."""

import shutil
from pathlib import Path

MANIFEST = "manifest.json"
FILES = {
    "onnx": "model.onnx",
    "onnx_raw": "model_raw.onnx",
    "saved_model": "saved_model",
}
ONNX = ("onnx", "onnx_raw")
DATA_SUFFIX = ".data"  # behind the name of an ONNX file: its large constants
_NAMES = (
    MANIFEST,
    *FILES.values(),
    *(FILES[name] + DATA_SUFFIX for name in ONNX),
)


def check_replaceable(target: Path) -> None:
    """Raises unless `target` is new, empty or an earlier export."""
    if not target.exists():
        return
    if not target.is_dir() or {x.name for x in target.iterdir()} - {*_NAMES}:
        raise FileExistsError(
            "`directory` must be new, empty or an earlier export. "
            f"Received: directory={str(target)!r}"
        )


def remove_export(directory: Path) -> None:
    """Removes an export, if there is one, and leaves whatever else is there.

    The manifest goes first: nothing is served without it.
    """
    for name in _NAMES:
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()
