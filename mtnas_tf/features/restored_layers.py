"""Layers made again from the config of another."""

import keras

from mtnas_tf.types import Config


def restored_layers(config: Config, *names: str) -> Config:
    """A config in which layers take the place of what describes them.

    Args:
        config: Keras config of a layer that holds others, each as
            `serialized_layer` describes it, or as `None`.
        *names: their keys.

    Example:
    >>> inner = keras.saving.serialize_keras_object(keras.layers.Dense(3))
    >>> restored_layers({"rate": 0.5, "inner": inner}, "inner")["inner"].units
    3
    """
    layers = {
        name: keras.saving.deserialize_keras_object(config[name])
        for name in names
    }
    return {**config, **layers}
