"""Keeps the outputs of the towers with the predictions made from them.

A loss of probabilities has no gradient where they round to 0 or 1, and a loss
of values in a user's units loses digits to their mean. The outputs of the
towers are therefore an attribute of the predictions, as Keras itself keeps the
logits of its sigmoid and softmax.
"""

from mtnas_tf.types import Tensor

_ATTRIBUTE = "_mtnas_tower_outputs"
_OF_KERAS = "_keras_logits"  # what a sigmoid or softmax of Keras's was of


def with_tower_outputs(predictions: Tensor, outputs: Tensor) -> Tensor:
    """Attaches the outputs of the towers to predictions.

    Args:
        predictions: tensor.
        outputs: tensor of the same shape, before the activation.
    """
    if predictions is not outputs:
        setattr(predictions, _ATTRIBUTE, outputs)
    return predictions


def tower_outputs_of(predictions: Tensor, takes_logits: bool = False) -> Tensor:
    """The tower outputs attached to predictions, or None.

    Arrays, and tensors computed from predictions, have none.

    Args:
        predictions: tensor or array.
        takes_logits: bool. Whether to accept the logits that Keras's own
            sigmoid and softmax attach, where a user's towers end with one.
            Defaults to `False`.
    """
    own = getattr(predictions, _ATTRIBUTE, None)
    if own is None and takes_logits:
        return getattr(predictions, _OF_KERAS, None)
    return own
