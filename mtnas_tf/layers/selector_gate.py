"""What the two kinds of DSelect-k gates have in common."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.layers.expert_selection import num_bits
from mtnas_tf.layers.expert_selection import selection_penalty
from mtnas_tf.layers.expert_selection import selections
from mtnas_tf.layers.gate_records import record_weights
from mtnas_tf.layers.masked_softmax import masked_softmax
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


class SelectorGate(keras.layers.Layer):
    """A mixture of values by selectors, wherever their codes come from.

    Args:
        num_selected: see `DSelectKGate`.
        gamma: see `DSelectKGate`.
        entropy_weight: see `DSelectKGate`.
        **kwargs: Passed to `keras.layers.Layer`.
    """

    def __init__(
        self,
        num_selected: int,
        gamma: float,
        entropy_weight: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_selected=num_selected)
        check_positive(gamma=gamma)
        check_at_least(0, entropy_weight=entropy_weight)
        self.num_selected = int(num_selected)
        self.gamma = gamma
        self.entropy_weight = entropy_weight
        self.num_values = 1

    @property
    def code_shape(self) -> tuple[int, int]:
        """`(selectors, bits)` of all codes of a mixture."""
        return (self.num_selected, num_bits(self.num_values))

    def mixing_weights(self, codes: Tensor, logits: Tensor | None) -> Tensor:
        """The weights of the values, in float32: `(..., num_values)`.

        Args:
            codes: `(..., selectors, bits)`.
            logits: `(..., selectors)`, or `None` of a single selector.
        """
        return _mixed(selections(codes, self.num_values, self.gamma), logits)

    def mix(
        self,
        codes: Tensor,
        logits: Tensor | None,
        values: Tensor,
        training: bool,
    ) -> Tensor:
        """The mixture, `(batch, units)`; in training it adds the penalty.

        Args:
            codes: see `mixing_weights`.
            logits: see `mixing_weights`.
            values: `(batch, num_values, units)`.
            training: bool.
        """
        selected = selections(codes, self.num_values, self.gamma)
        if training:
            self.add_loss(selection_penalty(selected, self.entropy_weight))
        weights = ops.cast(_mixed(selected, logits), self.compute_dtype)
        record_weights(self, weights)
        return ops.sum(weights[..., None] * values, axis=-2)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_selected": self.num_selected,
            "gamma": self.gamma,
            "entropy_weight": self.entropy_weight,
        }


def _mixed(selected: Tensor, logits: Tensor | None) -> Tensor:
    """What selectors give to the values, weighted by the selectors' logits."""
    if logits is None:
        return selected[..., 0, :]
    shares = masked_softmax(logits)[..., None]
    return ops.sum(shares * selected, axis=-2)
