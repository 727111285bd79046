"""`mtnas export`: a run's model as files that serve it, or as a preset."""

import json
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.run_card import card_of_run
from mtnas_tf.experiment.run_files import MODEL
from mtnas_tf.experiment.run_files import PRESET
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import load_model
from mtnas_tf.experiment.run_inputs import check_schema
from mtnas_tf.experiment.run_inputs import inputs_of_run

FORMATS = ("onnx", "saved_model")  # without any


def export(
    workdir: Path,
    formats: Sequence[str] | None = None,
    precision: str = "float32",
    license: str = "",
    to: Path | None = None,
    layout: str | None = None,
    tasks: Sequence[str] | None = None,
    opset: int | None = None,
    seen_ids: bool = False,
    table: str | Path | None = None,
    say: Callable[[str], None] = print,
) -> Results:
    """Exports a run's model, into its `export` directory or as a version.

    The format `"preset"` goes into the run's `preset` directory instead, for
    `mt.models.from_preset`, with what the run tells in its card. An earlier one
    is replaced.

    Args:
        workdir: the run directory.
        formats: see `export_model`, and `"preset"`. Defaults to `None`, ONNX
            and SavedModel.
        precision: see `export_model`. Defaults to `"float32"`.
        license: the licence of the data, for a preset's card. Defaults to `""`,
            not stated.
        to: folder of a model, of which it becomes the next version, see
            `export_version`. Defaults to `None`: `export` in `workdir`.
        layout: of that folder. Defaults to `None`, `"triton"`.
        tasks: see `export_model`. Defaults to `None`, all.
        opset: see `export_model`, of which `None` takes the default. Defaults
            to `None`.
        seen_ids: whether ONNX files have the embeddings of the ids in the run's
            training rows alone, see `export_model`. Defaults to `False`.
        table: where the run's table lies now, read for `seen_ids`. Defaults to
            `None`, where it lay.
        say: called with lines of text. Defaults to `print`.

    Returns:
        `{"directory": path}` of the export, and `"preset"`: path, of those that
        were made.
    """
    # Files that serve a model lie to the right of this package.
    from export import export_model
    from export import export_version

    workdir = local_path(workdir)
    _check(formats, license, to, layout)
    _check_seen_ids(seen_ids, table, formats, to, layout)
    served = [name for name in formats or FORMATS if name != PRESET]
    options: dict[str, Any] = {"precision": precision, "tasks": tasks}
    if opset is not None:
        options["opset"] = opset
    if not served:
        _check_preset_alone(options)
    model = load_model(workdir, MODEL)
    if seen_ids:
        options["seen_ids"] = _ids_of_training(workdir, model, table)
    if to is not None:
        directory = export_version(model, to, layout or "triton", **options)
        _say_exported(directory, say)
        return {"directory": str(directory)}
    places = {}
    if served:
        places["directory"] = export_model(
            model, workdir / "export", formats=served, **options
        )
    if PRESET in (formats or ()):
        places[PRESET] = model.save_to_preset(
            workdir / PRESET,
            overwrite=True,
            card=card_of_run(workdir, license),
        )
    for place in places.values():
        _say_exported(place, say)
    return {name: str(place) for name, place in places.items()}


def _ids_of_training(
    workdir: Path, model: Any, table: str | Path | None
) -> np.ndarray:
    """The ids of the rows that a run's model was trained on."""
    _, data = inputs_of_run(workdir, table)
    check_schema(model, data)
    inputs = data.splits["train"].inputs
    if "ids" not in inputs:
        raise ValueError(
            "`--seen-ids` must be left out for a model without an embedding "
            f"table. Received: fields {[f.name for f in data.schema.fields]}"
        )
    return inputs["ids"]


def _say_exported(place: Path, say: Callable[[str], None]) -> None:
    """A line for an export, and one for each file that lacks rows."""
    from export.placement import FILES
    from export.placement import MANIFEST
    from export.placement import ONNX
    from export.whole_bytes import bytes_of_file
    from export.whole_bytes import whole_bytes

    say(f"exported to {place}")
    if not (place / MANIFEST).is_file():  # a preset, or of TensorFlow Serving
        return
    text = (place / MANIFEST).read_text(encoding="utf-8")
    rows = json.loads(text)["table_rows"]
    for path in (place / FILES[name] for name in ONNX):
        if rows["files"] < rows["model"] and path.is_file():
            say(
                f"{path.name}: {rows['files']:,} of {rows['model']:,} "
                f"embeddings, {bytes_of_file(path) / 1e3:,.0f} kB instead of "
                f"{whole_bytes(path) / 1e3:,.0f} kB"
            )


def _check_seen_ids(
    seen_ids: bool,
    table: str | Path | None,
    formats: Sequence[str] | None,
    to: Path | None,
    layout: str | None,
) -> None:
    """Refuses what has no embeddings to leave out, before data is read."""
    if not seen_ids:
        if table is not None:
            raise ValueError(
                "`--table` must be left out without `--seen-ids`, which alone "
                f"reads it. Received: table={str(table)!r}"
            )
        return
    served = [name for name in formats or FORMATS if name != PRESET]
    if to is not None:
        served = ["saved_model" if layout == "tf_serving" else "onnx"]
    if not served or "saved_model" in served:
        raise ValueError(
            "`--seen-ids` must go with formats of ONNX alone: `--format onnx`, "
            "or `--to` without `--layout tf_serving`. Received: formats="
            f"{served or list(formats or ())}"
        )


def _check_preset_alone(options: dict[str, Any]) -> None:
    """Refuses what a preset does not read: it is the whole model."""
    defaults = {"precision": "float32", "tasks": None}
    for name, value in options.items():
        if value != defaults.get(name):
            raise ValueError(
                f"`{name}` must be left out for a preset, which keeps the "
                f"whole model as it is. Received: {name}={value!r}"
            )


def _check(
    formats: Sequence[str] | None,
    license: str,
    to: Path | None,
    layout: str | None,
) -> None:
    """Refuses what none of the formats reads."""
    if license and PRESET not in (formats or ()):
        raise ValueError(
            "`license` must be left out without the format 'preset', whose "
            f"card names it. Received: license={license!r}, formats={formats}"
        )
    if to is None and layout is not None:
        raise ValueError(
            "`--layout` needs `--to`, the folder of a model. "
            f"Received: layout={layout!r}"
        )
    if to is not None and formats is not None:
        raise ValueError(
            "`--format` must be left out with `--to`: the layout has one. "
            f"Received: format={list(formats)}"
        )
