"""Exports a trained model: freeze, write, validate, then put in place."""

import contextlib
import dataclasses
import functools
import json
import logging
import os
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.arguments import check_instances
from mtnas_tf.models import AllocatedNet
from mtnas_tf.staged_directory import staged
from mtnas_tf.stages import stage

from .artefact import Artefact
from .freeze import freeze
from .kept_rows import KeptRows
from .manifest import build_manifest
from .onnx_model import load_onnx
from .onnx_model import load_onnx_reference
from .onnx_model import save_onnx
from .onnx_model import save_onnx_raw
from .placement import FILES
from .placement import MANIFEST
from .placement import ONNX
from .placement import check_replaceable
from .raw_spec import RawSpec
from .reached import reached_inputs
from .route_graph import is_known
from .saved_model import load_saved_model
from .saved_model import save_saved_model
from .spec import DEFAULT_OPSET
from .spec import TOLERANCES
from .spec import ExportSpec
from .validate import validate

_SAVERS: dict[str, Callable[[keras.Model, Any, Path], None]] = {
    "onnx": save_onnx,
    "onnx_raw": save_onnx_raw,
    "saved_model": save_saved_model,
}
# Format -> what its file is run by, to be compared with the model.
_LOADERS: dict[str, dict[str, Callable[[Path], Artefact]]] = {
    "onnx": {"onnx": load_onnx, "onnx_reference": load_onnx_reference},
    "onnx_raw": {
        "onnx_raw": load_onnx,
        "onnx_raw_reference": load_onnx_reference,
    },
    "saved_model": {"saved_model": load_saved_model},
}
# ONNX Runtime's quantization logs to the root.
_LOGGERS = ("tf2onnx", "tensorflow", "absl", "root")


def export_model(
    model: keras.Model,
    directory: str | os.PathLike[str],
    formats: Sequence[str] = ("onnx", "saved_model"),
    precision: str = "float32",
    tasks: Sequence[str] | None = None,
    opset: int = DEFAULT_OPSET,
    seen_ids: np.ndarray | None = None,
) -> Path:
    """Exports `model` to files that are checked against it.

    `directory` will hold `model.onnx`, `saved_model/` (signature
    `serving_default`) and `manifest.json`, and nothing else. The files carry
    the weights that a prediction reads: no optimizer state, and nothing of a
    search.

    An ONNX file of more than 2 GB has its large weights in a second file beside
    it, whose name ends in `.data`.

    Inputs are `ids`, int64 `(batch, id fields)`, hashed into
    `[0, num_buckets)`, and `values`, float32 `(batch, floats)`; one that no
    exported task reads is absent. Outputs are float32 `(batch, 1)`, of a
    multi-class task `(batch, classes)`, under the names of the tasks.

    With `tasks` the files have what these depend on, and no node, constant or
    input more: sub-networks, tables and towers of other tasks are left out, but
    for the towers of tasks that they require. An array that tasks share, such
    as the kernels of all experts of a layer, is cut in routes, `SharedBottom`,
    `MMoE`, `MLMMoE` and PLE of one level, and stays whole in other models.

    Every file is loaded back in its runtime, ONNX in the reference evaluator of
    the standard too, and held to these names, dtypes and shapes, and to the
    model's predictions within 1e-5 (relative to predictions above 1) at batch
    sizes 1, 7 and 1,000 (of images and int8: 1 and 7) and with the least and
    largest ids; 1e-3 and 5e-2 for a `precision` of `"float16"` and `"int8"`.
    Ids outside of the table must make it fail.

    The format `"onnx_raw"` writes `model_raw.onnx`, whose inputs are the raw
    columns that ONNX encodes as training does, under the names of the fields:
    strings `(batch, 1)` and int64 `(batch, 1)` of fields with a vocabulary,
    float64 `(batch, 1)` of floats, float32 `(batch, size)` of vectors. Missing
    is the empty string, -1 or NaN. The ids of other fields, which are hashed or
    lists, are columns of `hashed_ids`, int64, in the order of `raw_inputs` in
    the manifest.

    An `AllocatedNet` has one input instead, `images`, float32 `(batch, height,
    width, channels)`; `Predictor` does not serve it.

    The export is written beside `directory` and renamed at the end: an
    earlier export is replaced as a whole, and only if nothing failed.

    Args:
        model: `AllocatedNet`, or `keras.Model` with an attribute `schema`, a
            `DatasetSchema`, called with a dict of `ids` (int32) and `values`
            and returning a dict of task name -> `(batch, 1)`, or `(batch,
            classes)`.
        directory: path. New, empty, or an earlier export.
        formats: sequence of `"onnx"`, `"onnx_raw"` and `"saved_model"`, at
            least one. Defaults to `("onnx", "saved_model")`.
        precision: how an ONNX file stores weights; SavedModels are float32.
            `"float16"`: half the bytes a number of the embedding table, which
            is most of a file. `"int8"`: a byte a weight, of the table and of
            dense layers, which are then computed in integers. Defaults to
            `"float32"`.
        tasks: names of the tasks to export. Defaults to `None`, all.
        opset: int. Version of ONNX's operator set, in
            `export.spec.OPSETS`. Defaults to `26`.
        seen_ids: ids of the rows that the model was trained on, ints of any
            shape. An ONNX file then has the embeddings of these alone, and a
            map of ids; all other ids read one embedding, that of the unseen id
            nearest to their mean. This changes predictions of rows with such
            ids. Defaults to `None`: all embeddings.

    Returns:
        `pathlib.Path` of `directory`.

    Raises:
        ExportMismatchError: if a file does not agree with the model.
        TypeError: if the model has no schema.
        ValueError: if `model` is none, a format, precision, task, opset or
            seen id is unknown, they do not go together, or the model does not
            fit.
        FileExistsError: if `directory` holds anything but an export.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> model = mt.models.SharedBottom(data.schema)
    >>> path = export_model(model, "out")
    >>> sorted(file.name for file in path.iterdir())
    ['manifest.json', 'model.onnx', 'saved_model']
    """
    check_instances(keras.Model, model=model)
    if not formats or not set(formats) <= set(FILES):
        raise ValueError(
            f"`formats` must name at least one of {tuple(FILES)}, and "
            f"nothing else. Received: formats={formats!r}"
        )
    _check_options(formats, precision, opset, seen_ids)
    target = local_path(directory).resolve()
    check_replaceable(target)
    spec = ExportSpec.from_model(model, precision, tasks, opset)
    if seen_ids is not None:
        kept = KeptRows.of_model(model, spec.num_buckets, seen_ids)
        spec = dataclasses.replace(spec, kept_rows=kept)
    with staged(target) as staging, _quiet(*_LOGGERS):
        if not is_known(model):  # a network of the library reads all inputs
            concrete = freeze(model, spec).get_concrete_function()
            spec = spec.with_inputs(reached_inputs(concrete))
        _write(model, spec, staging, formats)
    return local_path(directory)


def _write(
    model: keras.Model,
    spec: ExportSpec,
    directory: Path,
    formats: Sequence[str],
) -> None:
    contracts = list(_contracts(model, spec, dict.fromkeys(formats)))
    num_files = sum(len(names) for _, names in contracts)
    max_differences: dict[str, float] = {}
    with stage("export", num_files + 1, "files") as count:
        for own, names in contracts:
            for name in names:
                _SAVERS[name](model, own, directory / FILES[name])
                count(1)
        for own, names in contracts:
            loaders = {
                runtime: functools.partial(load, directory / FILES[name])
                for name in names
                for runtime, load in _LOADERS[name].items()
            }
            max_differences |= validate(loaders, model, own)
    specs = (own for own, _ in contracts)
    raw = next((own for own in specs if isinstance(own, RawSpec)), None)
    manifest = build_manifest(model, spec, directory, max_differences, raw)
    text = json.dumps(manifest, indent=2) + "\n"
    (directory / MANIFEST).write_text(text, encoding="utf-8")


def _contracts(
    model: Any, spec: ExportSpec, formats: Collection[str]
) -> Iterator[tuple[ExportSpec, list[str]]]:
    """Contracts, each with the formats that are held to it."""
    plain = [name for name in formats if name != "onnx_raw"]
    if plain:
        yield spec, plain
    if "onnx_raw" in formats:
        if isinstance(model, AllocatedNet):
            raise ValueError(
                "`formats` must not name 'onnx_raw' for a model of images. "
                f"Received: model={model.name!r}"
            )
        yield RawSpec.of(spec, model.schema.preprocessor), ["onnx_raw"]


def _check_options(
    formats: Sequence[str],
    precision: str,
    opset: int,
    seen_ids: np.ndarray | None,
) -> None:
    if precision not in TOLERANCES:
        raise ValueError(
            f"`precision` must be one of {tuple(TOLERANCES)}. "
            f"Received: precision={precision!r}"
        )
    if precision != "float32" and not set(formats) <= set(ONNX):
        raise ValueError(
            f"`formats` must be some of {ONNX} for precision={precision!r}. "
            f"Received: formats={formats!r}"
        )
    if seen_ids is not None and not set(formats) <= set(ONNX):
        raise ValueError(
            f"`formats` must be some of {ONNX} with `seen_ids`. "
            f"Received: formats={formats!r}"
        )
    if opset != DEFAULT_OPSET and not set(formats) & set(ONNX):
        raise ValueError(
            "`opset` must be left out without a format of ONNX. "
            f"Received: opset={opset!r}, formats={formats!r}"
        )


@contextlib.contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Silences loggers below errors."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
