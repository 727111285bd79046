"""A layer inside the config of another."""

import keras

from mtnas_tf.types import Config


def serialized_layer(layer: keras.layers.Layer) -> Config:
    """The layer's class and arguments, without the shapes it was built on.

    What contains it builds it again.

    Args:
        layer: Keras layer.

    Example:
    >>> serialized_layer(keras.layers.Dense(3))["class_name"]
    'Dense'
    """
    config: Config = keras.saving.serialize_keras_object(layer)
    return {k: v for k, v in config.items() if k != "build_config"}
