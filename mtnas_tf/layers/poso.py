"""A shared network, of which every group of rows has a masked version."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_names
from mtnas_tf.arguments import check_positive
from mtnas_tf.arguments import check_widths
from mtnas_tf.features import GateNU
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.root_parts import root_parts
from mtnas_tf.layers.stem import Stem
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.POSO"
)
class POSO(keras.layers.Layer):
    """Personalized modules: a gate masks each hidden unit by the row's group.

        h^l = C g^l(p) * relu(h^{l-1} W^l + b^l),      h^0 = x
        g^l(p) = sigmoid(relu(p V + c) V' + c')

    with `x` the root feature and `p` the personal code, which tells the group:
    here the row's domain, such as new users and all others. `C g` is a
    `GateNU`. As the masks depend on the group alone, a rare one is not lost
    among the other features.

    With masks of 1 it is `SharedBottom`.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers. Defaults to `(64,)`.
        gate_units: see `GateNU`. Defaults to `(64,)`.
        correction: float > 0. `C`, which keeps the units' magnitude: a mask
            begins near 1/2. Defaults to `2.0`.
        stem_units: see `Stem`; a stem has no mask. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: dict of `root`, `(batch, root_units)`, and `domain`, the personal
            code `(batch, num_domains)`, see `DomainEncoder`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.POSO(["click", "like"], hidden_units=(5,))
    >>> body({"root": np.ones((2, 3)), "domain": np.eye(2)})["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Dai et al., 2021](https://arxiv.org/abs/2108.04690), the module of the
      multi-layer perceptron.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        gate_units: Sequence[int] = (64,),
        correction: float = 2.0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_widths(1, hidden_units=hidden_units)
        check_positive(correction=correction)
        self.tasks = tuple(tasks)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.bottom = Experts(1, hidden_units, name="bottom", **base)
        self.gates = [
            GateNU(
                units,
                gate_units,
                correction,
                dtype=self.dtype_policy,
                name=f"gate_{depth}",
            )
            for depth, units in enumerate(self.bottom.hidden_units, start=1)
        ]

    def build(self, roots_shape: dict[str, Shape]) -> None:
        root, domain = self._parts(roots_shape)
        self.stem.build(root)
        self.bottom.build(self.stem.compute_output_shape(root)[0])
        for gate in self.gates:
            gate.build(domain)

    def call(
        self, roots: dict[str, Tensor], training: bool = False
    ) -> TaskTensors:
        root, domain = self._parts(roots)
        hidden, _ = self.stem(root, training=training)
        for gate, bank in zip(self.gates, self.bottom.banks, strict=True):
            hidden = gate(domain) * bank(hidden, training=training)[:, 0, :]
        return dict.fromkeys(self.tasks, hidden)

    def _parts(self, roots: Any) -> tuple[Any, ...]:
        return root_parts(roots, ("root", "domain"), "DomainEncoder")

    def compute_output_shape(
        self, roots_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        root, _ = self._parts(roots_shape)
        return dict.fromkeys(self.tasks, (root[0], self.bottom.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": list(self.bottom.hidden_units),
            "gate_units": list(self.gates[0].gate_units),
            "correction": self.gates[0].gamma,
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
