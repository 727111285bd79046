"""Loads a preset."""

import json
import os

import keras

from mtnas_preprocessing import local_path
from mtnas_tf.presets.library_classes import import_classes
from mtnas_tf.presets.preset_files import CONFIG
from mtnas_tf.presets.preset_files import WEIGHTS
from mtnas_tf.presets.preset_files import read_manifest
from mtnas_tf.types import Config


def from_preset(directory: str | os.PathLike[str]) -> keras.Model:
    """Loads a model that `save_to_preset` wrote, in any process.

    Nothing but the library needs to be imported: the classes that the preset
    names are, if they are the library's or Keras's, and no others. Nothing in
    it is code, and nothing is unpickled. It comes without an optimizer:
    `compile` it to train on.

    Args:
        directory: path of the preset.

    Returns:
        The model, of the class that was saved.

    Raises:
        FileNotFoundError: if there is no preset, or a file of it is missing.
        ValueError: if a byte of it was changed or a file added, it names a
            class of neither this library nor Keras, or it is of another format
            version.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> model = mt.models.SharedBottom(data.schema)
    >>> path = model.save_to_preset("preset_of_clicks")
    >>> from_preset(path).schema == data.schema
    True
    """
    path = local_path(directory)
    read_manifest(path)
    config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    model = new_model(config, "directory")
    model.load_weights(path / WEIGHTS)
    return model


def new_model(config: Config, argument: str) -> keras.Model:
    """A model with fresh weights.

    Args:
        config: what `keras.saving.serialize_keras_object` returns.
        argument: name of what the config comes from, for errors.
    """
    import_classes(config, argument)
    model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"`{argument}` must be a model. Received: a "
            f"`{type(model).__name__}`"
        )
    return model
