"""A DSelect-k gate: a task's mixture of at most k values."""

from typing import Any

import keras

from mtnas_tf.layers.selector_gate import SelectorGate
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class DSelectKGate(SelectorGate):
    """Mixes values by weights that are the same for all examples.

        q = sum_j softmax(w)_j r(z_j)     k selectors, see `expert_selection`
        output = sum_i q_i values_i

    At the start every value has some weight; once the codes z have left the
    interval around 0, at most k values have. A single value is passed on.

    In training it adds the penalty of its selectors by `add_loss`.

    Args:
        num_selected: int > 0. The k: selectors, each of which ends with one
            value. Defaults to `2`.
        gamma: float > 0. Width of the interval in which a bit of a code is
            undecided. Defaults to `1.0`.
        entropy_weight: float >= 0. Weight of the selectors' entropy in the
            loss. Defaults to `1e-6`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        values: `(batch, num_values, units)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> DSelectKGate(num_selected=2)(np.ones((2, 4, 5))).shape
    TensorShape([2, 5])

    Reference:
    - [Hazimeh et al., 2021](https://arxiv.org/abs/2106.03760), section 3.1.
    """

    def __init__(
        self,
        num_selected: int = 2,
        gamma: float = 1.0,
        entropy_weight: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_selected, gamma, entropy_weight, **kwargs)
        self.codes: keras.Variable | None = None
        self.selector_logits: keras.Variable | None = None

    def build(self, values_shape: Shape) -> None:
        self.num_values = values_shape[-2]
        if self.num_values == 1:
            return
        limit = self.gamma / 100
        self.codes = self.add_weight(
            shape=self.code_shape,
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name="codes",
        )
        if self.num_selected > 1:
            self.selector_logits = self.add_weight(
                shape=(self.num_selected,),
                initializer=keras.initializers.RandomUniform(-0.05, 0.05),
                name="selector_logits",
            )

    def weights_of_values(self) -> Tensor:
        """The weights q: float32 `(num_values,)`, some of them exactly 0."""
        return self.mixing_weights(self.codes, self.selector_logits)

    def call(self, values: Tensor, training: bool = False) -> Tensor:
        if self.codes is None:
            return values[:, 0, :]
        return self.mix(self.codes, self.selector_logits, values, training)

    def compute_output_shape(self, values_shape: Shape) -> Shape:
        return (values_shape[0], values_shape[-1])
