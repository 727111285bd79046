"""Lets a balancing know when an epoch of a training ends."""

from typing import Any

import keras
from keras import tree

from mtnas_tf.balancing import Balancing


def with_epoch_ends(
    callbacks: Any, balancing: Balancing, model: keras.Model
) -> keras.callbacks.CallbackList | list[keras.callbacks.Callback]:
    """Callbacks of `fit`, and one that tells the balancing of epochs.

    Args:
        callbacks: in any form that `fit` takes.
        balancing: `Balancing` of the model.
        model: the model that is trained.
    """
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: balancing.end_epoch()
    )
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return keras.callbacks.CallbackList(
            [*callbacks.callbacks, callback], model=model
        )
    return [*tree.flatten(callbacks or []), callback]
