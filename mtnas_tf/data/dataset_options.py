"""Options of the datasets that batches come from."""

import tensorflow as tf

from mtnas_tf.types import Tensor


def untuned_options() -> Tensor:
    """Options without autotuning: nothing here can be tuned.

    Its thread was seen to delay the end of an iterator by seconds.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
