"""The manifest: the files of an export and how they were made."""

import datetime
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

import mtnas_tf
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.file_digests import file_digests
from mtnas_tf.models import AllocatedNet

from .raw_spec import RawSpec
from .spec import ExportSpec

FORMAT_VERSION = 1
_LIBRARIES = (mtnas_tf, keras, tf, np, onnx, onnxruntime, tf2onnx)


def build_manifest(
    model: keras.Model,
    spec: ExportSpec,
    directory: Path,
    max_differences: Mapping[str, float],
    raw: RawSpec | None = None,
) -> dict[str, Any]:
    """Describes the export in `directory` as plain data, for JSON.

    Args:
        model: `AllocatedNet`, or `keras.Model` with a `schema`.
        spec: `ExportSpec` that the files were validated against.
        directory: directory that holds the files.
        max_differences: dict of format -> largest measured difference.
        raw: `RawSpec` of the file of raw columns. Defaults to `None`, none.

    Returns:
        dict. Sizes that vary are None; `files` has paths relative to
        `directory`.
    """
    is_onnx = any(name.startswith("onnx") for name in max_differences)
    return {
        "format_version": FORMAT_VERSION,
        "created": datetime.datetime.now(datetime.UTC).isoformat(
            timespec="seconds"
        ),
        "model": type(model).__name__,
        **_described(model, [tensor.name for tensor in spec.outputs]),
        "inputs": [tensor.to_dict() for tensor in spec.inputs],
        "outputs": [tensor.to_dict() for tensor in spec.outputs],
        "raw_inputs": _raw_inputs(raw),
        "opset": spec.opset if is_onnx else None,
        "precision": spec.precision,
        "table_rows": _table_rows(spec),
        "validation": {
            "tolerance": spec.tolerance,
            "batch_sizes": list(spec.batch_sizes),
            "max_difference": dict(max_differences),
        },
        "files": file_digests(directory),
        "versions": {
            "python": platform.python_version(),
            **{x.__name__: x.__version__ for x in _LIBRARIES},
        },
    }


def _raw_inputs(raw: RawSpec | None) -> list[dict[str, Any]]:
    """Inputs of the file of raw columns; of ids, whose they are."""
    if raw is None:
        return []
    fields = [f for f in raw.read_fields if f not in raw.raw_fields]
    hashed = {f.name: f.num_ids for f in fields if f.is_embedded}
    return [
        {**x.to_dict(), "fields": hashed}
        if x.name == raw.ids_name
        else x.to_dict()
        for x in raw.inputs
    ]


def _table_rows(spec: ExportSpec) -> dict[str, int]:
    """Rows of a table in the model, and in the files."""
    kept = spec.kept_rows
    in_files = spec.num_buckets if kept is None else len(kept.rows)
    return {"model": spec.num_buckets, "files": in_files}


def _described(model: Any, tasks: list[str]) -> dict[str, Any]:
    """Some of the tasks, and how raw rows become inputs."""
    if isinstance(model, AllocatedNet):  # images come as they are
        kept = [task for task in model.task_specs if task.name in tasks]
        return {
            "schema": None,
            "tasks": [_task(task) for task in kept],
            "preprocessing": None,
        }
    schema = model.schema.with_tasks(tasks)
    return {
        "schema": schema.name,
        "tasks": [_task(task) for task in schema.tasks],
        "domain": schema.domain,
        "entities": list(schema.entities),
        "sequences": schema.sequences or {},
        "preprocessing": schema.preprocessor.to_dict(),
    }


def _task(task: TaskSpec) -> dict[str, Any]:
    known = {
        "num_classes": task.num_classes,
        "condition": task.condition,
        "requires": task.requires,
    }
    given = {name: value for name, value in known.items() if value is not None}
    return {"name": task.name, "kind": task.kind, **given}
