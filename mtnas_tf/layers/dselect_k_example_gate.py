"""A DSelect-k gate by example: each has a mixture of at most k values."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.layers.selector_gate import SelectorGate
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class DSelectKExampleGate(SelectorGate):
    """Mixes values by sparse weights computed from a query.

        z = query A + a,  w = query B + b
        q = sum_j softmax(w)_j r(z_j)     k selectors, see `expert_selection`
        output = sum_i q_i values_i

    This is `DSelectKGate` whose codes and selectors' weights are linear in the
    query; the penalty is the mean over the batch, where the authors' code has
    the sum.

    Args:
        num_selected: int > 0. The k: selectors, each of which ends with one
            value an example. Defaults to `2`.
        gamma: float > 0. Width of the interval in which a bit of a code is
            undecided. Defaults to `1.0`.
        entropy_weight: float >= 0. Weight of the selectors' entropy in the
            loss. Defaults to `1e-6`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: `(batch, query_dim)`.
        values: `(batch, num_values, units)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> gate = DSelectKExampleGate(num_selected=2)
    >>> gate(np.ones((2, 3)), np.ones((2, 4, 5))).shape
    TensorShape([2, 5])

    Reference:
    - [Hazimeh et al., 2021](https://arxiv.org/abs/2106.03760), section 3.2.
    """

    def __init__(
        self,
        num_selected: int = 2,
        gamma: float = 1.0,
        entropy_weight: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_selected, gamma, entropy_weight, **kwargs)
        self.codes: Any = None
        self.selector_logits: keras.layers.Dense | None = None

    def build(self, query_shape: Shape, values_shape: Shape) -> None:
        self.num_values = values_shape[-2]
        if self.num_values == 1:
            return
        selectors, bits = self.code_shape
        self.codes = self._dense("codes", selectors * bits, self.gamma / 100)
        self.codes.build(query_shape)
        if selectors > 1:
            self.selector_logits = self._dense(
                "selector_logits", selectors, 0.05
            )
            self.selector_logits.build(query_shape)

    def weights_of_values(self, query: Tensor) -> Tensor:
        """The weights q: float32 `(batch, num_values)`, some exactly 0."""
        return self.mixing_weights(*self._read(query))

    def call(
        self, query: Tensor, values: Tensor, training: bool = False
    ) -> Tensor:
        if self.codes is None:
            return values[:, 0, :]
        return self.mix(*self._read(query), values, training)

    def _read(self, query: Tensor) -> tuple[Tensor, Tensor | None]:
        """Every example's codes and selectors' logits."""
        codes = ops.reshape(self.codes(query), (-1, *self.code_shape))
        if self.selector_logits is None:
            return codes, None
        return codes, self.selector_logits(query)

    def _dense(self, name: str, units: int, limit: float) -> keras.layers.Dense:
        """A layer that starts uniform, within `limit` of 0."""
        return keras.layers.Dense(
            units,
            kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
            bias_initializer=keras.initializers.RandomUniform(-limit, limit),
            dtype=self.dtype_policy,
            name=name,
        )

    def compute_output_shape(
        self, query_shape: Shape, values_shape: Shape
    ) -> Shape:
        return (values_shape[0], values_shape[-1])
