"""What a prediction was computed from.

A loss of probabilities has no gradient where they round to 0 or 1, and one of
values in a user's units loses digits to their mean. What the towers gave is
therefore kept beside a prediction, as Keras itself keeps the logits of its
sigmoid and softmax: as an attribute of the tensor.
"""

from typing import Any

from mtnas_tf.types import Tensor

_ATTRIBUTE = "_mtnas_tower_outputs"


def with_tower_outputs(predictions: Tensor, outputs: Tensor) -> Tensor:
    """The same predictions, with what they were computed from.

    Args:
        predictions: tensor.
        outputs: tensor of the same shape, before the activation.
    """
    if predictions is not outputs:
        setattr(predictions, _ATTRIBUTE, outputs)
    return predictions


def tower_outputs_of(predictions: Any) -> Any:
    """What predictions were computed from, or None if it was not kept.

    Arrays have lost it, as has every tensor that was computed from
    predictions.
    """
    return getattr(predictions, _ATTRIBUTE, None)
