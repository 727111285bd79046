"""Exports as numbered versions of a folder, which servers watch."""

import os
import re
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.staged_directory import staged

from .exporter import export_model
from .placement import FILES
from .placement import MANIFEST
from .spec import DEFAULT_OPSET
from .triton_config import CONFIG
from .triton_config import triton_config

LAYOUTS = ("triton", "tf_serving")
_VERSION = re.compile(r"[1-9]\d*")


def export_version(
    model: keras.Model,
    folder: str | os.PathLike[str],
    layout: str = "triton",
    precision: str = "float32",
    tasks: Sequence[str] | None = None,
    opset: int = DEFAULT_OPSET,
    seen_ids: np.ndarray | None = None,
) -> Path:
    """Exports `model` as the next version of a folder that a server serves.

    The layout `"triton"` is that of `mtnas serve`, too: `folder/1` has
    `model.onnx` and `manifest.json`, and `folder/config.pbtxt` tells NVIDIA
    Triton inputs, outputs and dynamic batching. With `"tf_serving"`, `folder/1`
    is a SavedModel, as TensorFlow Serving has versions, with the manifest in
    its `assets.extra`. Both other servers take encoded rows: `Preprocessor`
    makes them.

    Args:
        model: as `export_model` takes it.
        folder: path of the model's folder, whose name is the model's.
        layout: `"triton"` or `"tf_serving"`. Defaults to `"triton"`.
        precision: as `export_model` takes it. Defaults to `"float32"`.
        tasks: as `export_model` takes them. Defaults to `None`, all.
        opset: as `export_model` takes it. Defaults to `26`.
        seen_ids: as `export_model` takes them, not for `"tf_serving"`. Defaults
            to `None`: all embeddings.

    Returns:
        `pathlib.Path` of the version, a number above all that are there.

    Raises:
        ValueError: if `layout` is unknown, or as `export_model` does.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> model = mt.models.SharedBottom(data.schema)
    >>> [export_version(model, "models/log").name for _ in range(2)]
    ['1', '2']
    """
    if layout not in LAYOUTS:
        raise ValueError(
            f"`layout` must be one of {LAYOUTS}. Received: layout={layout!r}"
        )
    folder = local_path(folder).resolve()
    target = folder / str(_next_version(folder))
    options: dict[str, Any] = {
        "precision": precision,
        "tasks": tasks,
        "opset": opset,
        "seen_ids": seen_ids,
    }
    if layout == "triton":
        export_model(model, target, ("onnx",), **options)
        _write_config(folder, target)
    else:
        _export_saved_model(model, target, options)
    return target


def _next_version(folder: Path) -> int:
    if not folder.is_dir():
        return 1
    names = [path.name for path in folder.iterdir()]
    return 1 + max((int(x) for x in names if _VERSION.fullmatch(x)), default=0)


def _write_config(folder: Path, version: Path) -> None:
    """Writes the configuration once: it may have been edited since."""
    path = folder / CONFIG
    text = triton_config(folder.name, version)
    if not path.exists():
        partial = folder / f".{CONFIG}.{os.getpid()}"
        partial.write_text(text, "utf-8")
        partial.rename(path)
        return
    manifests = folder.glob(f"*/{MANIFEST}")
    texts = {triton_config(folder.name, x.parent) for x in manifests}
    if texts != {text}:
        warnings.warn(
            f"Version {version.name} of {folder.name!r} has other inputs or "
            f"outputs than another version, and {CONFIG} was kept: `mtnas "
            "serve` serves both, Triton needs a folder for each.",
            UserWarning,
            stacklevel=3,
        )


def _export_saved_model(
    model: keras.Model, target: Path, options: dict[str, Any]
) -> None:
    with staged(target) as staging:
        inner = staging / "export"
        export_model(model, inner, ("saved_model",), **options)
        for path in (inner / FILES["saved_model"]).iterdir():
            path.rename(staging / path.name)
        extra = staging / "assets.extra"
        extra.mkdir()
        (inner / MANIFEST).rename(extra / MANIFEST)
        shutil.rmtree(inner)
