"""Opens the files of an export for ONNX Runtime."""

import json
import os
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path

FORMAT_VERSION = 1
MODEL = "model.onnx"
DATA = f"{MODEL}.data"  # large constants of a model beyond 2 GB
MANIFEST = "manifest.json"


def read_export(path: str | os.PathLike[str]) -> tuple[Path, dict[str, Any]]:
    """The model's file and the content of the manifest beside it.

    Args:
        path: path of an export directory or of the `model.onnx` in it.

    Raises:
        FileNotFoundError: if one of them, or a file that belongs to the model,
            is missing.
        ValueError: if the manifest is damaged, or of another format version.
    """
    model_path = local_path(path)
    if model_path.is_dir():
        model_path = model_path / MODEL
    manifest_path = model_path.with_name(MANIFEST)
    for needed in (model_path, manifest_path):
        if not needed.is_file():
            raise FileNotFoundError(
                "`path` must be an export with the format 'onnx': missing "
                f"{needed}. Received: path={str(path)!r}"
            )
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        version = manifest.get("format_version")
    except (ValueError, AttributeError) as error:
        raise ValueError(
            "`manifest.json` must be as `export_model` wrote it; export the "
            f"model again. Received: {manifest_path}: {error}"
        ) from error
    if version != FORMAT_VERSION:
        raise ValueError(
            f"{manifest_path} must have `format_version` {FORMAT_VERSION}. "
            f"Received: format_version={version!r}"
        )
    if not all(
        model_path.with_name(name).is_file() for name in data_files(manifest)
    ):
        raise FileNotFoundError(
            f"`path` must be a whole export: missing {DATA}. "
            f"Received: path={str(path)!r}"
        )
    return model_path, manifest


def data_files(manifest: dict[str, Any]) -> list[str]:
    """Names of the files that ONNX Runtime reads beside the model's own."""
    return [DATA] if DATA in manifest.get("files", {}) else []


def new_session(path: Path, num_threads: int | None) -> Any:
    """A session of ONNX Runtime.

    Args:
        path: the model's file.
        num_threads: threads of one prediction; None leaves the choice to ONNX
            Runtime.

    Raises:
        ValueError: if ONNX Runtime cannot load the file.
    """
    # Not at the top: it takes long, and a server's arguments need none of it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    if num_threads is not None:
        options.intra_op_num_threads = num_threads
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's own have no base class
        raise ValueError(
            "`path` must be an ONNX model that ONNX Runtime can load; export "
            f"it again. Received: {path}, of which it says: {error}"
        ) from error
