"""Keeps the outputs of the towers with the predictions made from them.

A loss of probabilities has no gradient where they round to 0 or 1, and a loss
of values in a user's units loses digits to their mean. The outputs of the
towers are therefore an attribute of the predictions, as Keras itself keeps the
logits of its sigmoid and softmax.
"""

from typing import Any

from mtnas_tf.types import Tensor

_ATTRIBUTE = "_mtnas_tower_outputs"


def with_tower_outputs(predictions: Tensor, outputs: Tensor) -> Tensor:
    """Attaches the outputs of the towers to predictions.

    Args:
        predictions: tensor.
        outputs: tensor of the same shape, before the activation.
    """
    if predictions is not outputs:
        setattr(predictions, _ATTRIBUTE, outputs)
    return predictions


def tower_outputs_of(predictions: Any) -> Any:
    """The tower outputs attached to predictions, or None.

    Arrays, and tensors computed from predictions, have none.
    """
    return getattr(predictions, _ATTRIBUTE, None)
