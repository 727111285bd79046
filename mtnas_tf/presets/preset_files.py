"""The files of a preset, and what tells that they are whole."""

import datetime
import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path

import keras
import tensorflow as tf

import mtnas_tf
from mtnas_tf.file_digests import FileDigest
from mtnas_tf.file_digests import file_digests
from mtnas_tf.types import Config

FORMAT_VERSION = 1
MANIFEST, CONFIG, WEIGHTS = "preset.json", "config.json", "model.weights.h5"
SCHEMA, ROUTE, CARD = "schema.json", "route.json", "README.md"
FILES = (MANIFEST, CONFIG, WEIGHTS, SCHEMA, ROUTE, CARD)
_DIGEST = "sha256"  # of the manifest's own text, its last key


def write_manifest(directory: Path, model: str) -> None:
    """Writes the manifest of the files that lie in a directory.

    Args:
        directory: the directory, with every other file of the preset.
        model: name of the model's class.
    """
    content = {
        "format_version": FORMAT_VERSION,
        "created": datetime.datetime.now(datetime.UTC).isoformat(
            timespec="seconds"
        ),
        "model": model,
        "files": file_digests(directory),
        "versions": {
            "python": platform.python_version(),
            "mtnas_tf": mtnas_tf.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
    }
    text = _sealed(content)
    (directory / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(directory: Path) -> Config:
    """The manifest of a preset, whose files are all as they were written.

    Args:
        directory: the preset.

    Raises:
        FileNotFoundError: if there is no preset, or a file is missing.
        ValueError: if a file was changed or added, or the preset is of another
            format version. Every message names the file.
    """
    path = directory / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"`directory` must be a preset: there is no {MANIFEST} in it. "
            f"Received: directory={str(directory)!r}"
        )
    content = _unsealed(path)
    if content.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"{path} must have `format_version` {FORMAT_VERSION}: load it with "
            "the version of mtnas_tf that wrote it. Received: "
            f"format_version={content.get('format_version')!r}"
        )
    _check_files(directory, content["files"])
    return content


def _check_files(directory: Path, expected: Mapping[str, FileDigest]) -> None:
    found = file_digests(directory)
    paths = (p.relative_to(directory) for p in sorted(directory.rglob("*")))
    for name in (path.as_posix() for path in paths):
        if name not in expected and name != MANIFEST:
            raise ValueError(
                f"The preset {directory} must hold what its {MANIFEST} lists "
                f"and nothing else. Received: {name} too"
            )
    for name, digest in expected.items():
        if name not in found:
            raise FileNotFoundError(
                f"The preset {directory} must hold what its {MANIFEST} lists. "
                f"Received: no {name}"
            )
        if found[name] != digest:
            raise ValueError(
                f"{name} of the preset {directory} must be as it was written, "
                f"of {digest['bytes']:,} bytes and sha256 "
                f"{digest['sha256'][:12]}. Received: "
                f"{found[name]['bytes']:,} bytes of sha256 "
                f"{found[name]['sha256'][:12]}"
            )


def _sealed(content: Config) -> str:
    """A manifest's text, which ends with a digest of what precedes it."""
    text = json.dumps(content, indent=2)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({**content, _DIGEST: digest}, indent=2) + "\n"


def _unsealed(path: Path) -> Config:
    try:
        text = path.read_bytes().decode()
        content = json.loads(text)
        known = {k: v for k, v in content.items() if k != _DIGEST}
        is_whole = text == _sealed(known)
    except (ValueError, AttributeError):  # no text, no JSON, no object
        is_whole = False
    if not is_whole:
        raise ValueError(
            f"{path} must be as it was written. Received: a changed file, "
            "whose text does not have the digest that it ends with"
        )
    return dict(content)
