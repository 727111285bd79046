"""An optimizer as it was before the first step."""

from keras import ops

from mtnas_tf.types import Optimizer

SETTINGS = ("learning_rate", "dynamic_scale")


def reset_optimizer(optimizer: Optimizer) -> None:
    """Forgets steps and moments, and keeps the settings.

    Args:
        optimizer: Keras optimizer, or `None`.
    """
    for variable in getattr(optimizer, "variables", ()):
        if variable.name not in SETTINGS:
            variable.assign(ops.zeros_like(variable))
