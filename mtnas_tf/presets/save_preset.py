"""Saves a model as a preset."""

import json
import os
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.presets.load_preset import new_model
from mtnas_tf.presets.model_card import ModelCard
from mtnas_tf.presets.preset_files import CARD
from mtnas_tf.presets.preset_files import CONFIG
from mtnas_tf.presets.preset_files import FILES
from mtnas_tf.presets.preset_files import MANIFEST
from mtnas_tf.presets.preset_files import ROUTE
from mtnas_tf.presets.preset_files import SCHEMA
from mtnas_tf.presets.preset_files import WEIGHTS
from mtnas_tf.presets.preset_files import write_manifest
from mtnas_tf.staged_directory import staged
from mtnas_tf.types import Config


def save_preset(
    model: keras.Model,
    directory: str | os.PathLike[str],
    overwrite: bool,
    card: ModelCard,
    tasks: Sequence[TaskSpec],
    costs: Mapping[str, int],
) -> Path:
    """Saves a model as a preset, see `PortableModel.save_to_preset`.

    Args:
        model: built `keras.Model`.
        directory: path of the preset.
        overwrite: whether a preset that is there is replaced.
        card: `ModelCard`.
        tasks: the model's `TaskSpec`s, for the card.
        costs: name -> number, for the card.
    """
    path = local_path(directory)
    _check_target(path, overwrite)
    config = _config_of(model)
    with staged(path.resolve()) as staging:
        _write_weights(model, config, staging / WEIGHTS)
        files = {
            CONFIG: json.dumps(config, indent=2) + "\n",
            CARD: card.to_markdown(
                _title(model, tasks), tasks, costs, _fields(model)
            ),
            **_descriptions(model),
        }
        for name, text in files.items():
            (staging / name).write_text(text, encoding="utf-8")
        write_manifest(staging, type(model).__name__)
    return path


def _check_target(path: Path, overwrite: bool) -> None:
    if not path.exists():
        return
    if not overwrite:
        raise FileExistsError(
            "`directory` must be new, unless `overwrite=True`. "
            f"Received: directory={str(path)!r}"
        )
    others = {MANIFEST} if not path.is_dir() else _others(path)
    if others:
        raise FileExistsError(
            "`directory` must be new, empty or an earlier preset: "
            "`overwrite=True` replaces nothing else. Received: directory="
            f"{str(path)!r}"
        )


def _others(path: Path) -> set[str]:
    """What lies in a directory that is no file of a preset."""
    names = {entry.name for entry in path.iterdir()}
    is_preset = MANIFEST in names or not names
    return names - set(FILES) if is_preset else names


def _config_of(model: keras.Model) -> Config:
    """The model's class and arguments, without optimizer and losses."""
    if not model.built:
        raise ValueError(
            "`model` must be built, and should be trained. "
            f"Received: model={model.name!r}, built=False"
        )
    config = keras.saving.serialize_keras_object(model)
    kept = {
        key: value
        for key, value in config.items()
        if key not in ("build_config", "compile_config")
    }
    read: Config = json.loads(json.dumps(kept))  # as it will be read
    return read


def _write_weights(model: keras.Model, config: Config, path: Path) -> None:
    """Writes the weights of a model from a copy made of its config.

    The copy has no optimizer, whose state Keras would write too. It reads back
    what was written, so that a model which its config does not rebuild is
    refused here and not where it is loaded.
    """
    copy = new_model(config, "model")
    weights = model.get_weights()
    shapes = [w.shape for w in copy.weights]
    if shapes != [w.shape for w in weights]:
        raise ValueError(
            "`model` must be rebuilt by its config, weights and all. Received: "
            f"a `{type(model).__name__}` of {len(weights)} weights, whose "
            f"config makes {len(shapes)}, or others"
        )
    copy.set_weights(weights)
    copy.save_weights(path)
    copy.set_weights([np.zeros_like(weight) for weight in weights])
    copy.load_weights(path)
    for variable, weight, read in zip(
        model.weights, weights, copy.get_weights(), strict=True
    ):
        if not np.array_equal(weight, read, equal_nan=True):
            raise ValueError(
                "`model` must be saved by Keras as a whole. Received: a "
                f"`{type(model).__name__}` whose {variable.path} is not in "
                "the file of its weights"
            )


def _title(model: keras.Model, tasks: Sequence[TaskSpec]) -> str:
    names = ", ".join(task.name for task in tasks)
    return f"{type(model).__name__} of {names}"


def _fields(model: keras.Model) -> Sequence[FieldSpec]:
    """The columns that a model reads; none of images."""
    schema = getattr(model, "schema", None)
    return () if schema is None else schema.fields


def _descriptions(model: keras.Model) -> dict[str, str]:
    """Name -> text of the files about schema and route, where it has them."""
    files = {}
    schema = getattr(model, "schema", None)
    if schema is not None:
        files[SCHEMA] = schema.to_json()
    body = getattr(model, "body", None)
    route = getattr(model, "route", getattr(body, "route", None))
    if route is not None:
        files[ROUTE] = route.to_json() + "\n"
    return files
