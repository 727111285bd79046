"""Star topology: each domain's network is a shared one times its own."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_names
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.partitioned_normalization import PartitionedNormalization
from mtnas_tf.layers.root_parts import root_parts
from mtnas_tf.layers.star_layer import StarLayer
from mtnas_tf.layers.stem import Stem
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.STAR"
)
class STAR(keras.layers.Layer):
    """A network in the middle of all domains, and one of each around it.

        h^l = relu(h^{l-1} (W^l * W_p^l) + b^l + b_p^l),      h^0 = PN_p(x)
        a = relu(.. relu(x V^1 + c^1) .. V^L + c^L)
        h_t = [v_tp * h^L, a]

    for a row of domain `p`, with `x` the root feature, `*` element by element,
    and `PN` a `PartitionedNormalization`. The auxiliary network `a` reads the
    features as they are, the domain's embedding among them. A dense tower on
    `h_t` adds up a logit of each: that of the star, whose weights are the
    tower's times the domain's own `v_tp`, and the auxiliary network's. Tasks
    share all layers.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers of the star. Defaults to `(64,)`.
        auxiliary_units: sequence of int > 0, at least one. Widths of the hidden
            layers of the auxiliary network. Defaults to `(32,)`.
        stem_units: see `Stem`; a stem is the same for all domains. Defaults to
            `None`.
        normalization: of every hidden layer, see `Experts`; it is the same for
            all domains. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: dict of `root`, `(batch, root_units)`, and `domain`, `(batch,
            num_domains)`, 1 for a row's domain, see `DomainEncoder`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1] + auxiliary_units[-1])`.

    Example:
    >>> body = mt.layers.STAR(
    ...     ["click", "like"], hidden_units=(5,), auxiliary_units=(2,)
    ... )
    >>> roots = {"root": np.ones((2, 3)), "domain": np.eye(2)}
    >>> body(roots)["like"].shape
    TensorShape([2, 7])

    Reference:
    - [Sheng et al., 2021](https://arxiv.org/abs/2101.11427), section 4.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        auxiliary_units: Sequence[int] = (32,),
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_widths(1, hidden_units=hidden_units)
        check_widths(1, auxiliary_units=auxiliary_units)
        self.tasks = tuple(tasks)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.partition = PartitionedNormalization(
            dtype=self.dtype_policy, name="partition"
        )
        self.stem = Stem(stem_units, name="stem", **base)
        self.layers = [
            StarLayer(units, name=f"layer_{depth}", **base)
            for depth, units in enumerate(map(int, hidden_units), start=1)
        ]
        self.auxiliary = Experts(1, auxiliary_units, name="auxiliary", **base)

    def build(self, roots_shape: dict[str, Shape]) -> None:
        root, domain = self._parts(roots_shape)
        self.partition.build(root, domain)
        self.stem.build(root)
        shape = self.stem.compute_output_shape(root)[0]
        for layer in self.layers:
            layer.build(shape, domain)
            shape = layer.compute_output_shape(shape, domain)
        self.auxiliary.build(root)
        self.own_weights = self.add_weight(
            shape=(domain[-1], len(self.tasks), shape[-1]),
            initializer="ones",
            name="own_weights",
        )

    def call(
        self, roots: dict[str, Tensor], training: bool = False
    ) -> TaskTensors:
        root, domain = self._parts(roots)
        hidden = self.partition(root, domain, training=training)
        hidden, _ = self.stem(hidden, training=training)
        for layer in self.layers:
            hidden = layer(hidden, domain, training=training)
        auxiliary = self.auxiliary(root, training=training)[:, 0, :]
        own = ops.einsum("bp,ptu->btu", domain, self.own_weights)
        return {
            task: ops.concatenate([own[:, i] * hidden, auxiliary], axis=1)
            for i, task in enumerate(self.tasks)
        }

    def _parts(self, roots: Any) -> tuple[Any, ...]:
        return root_parts(roots, ("root", "domain"), "DomainEncoder")

    def compute_output_shape(
        self, roots_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        root, _ = self._parts(roots_shape)
        units = self.layers[-1].units + self.auxiliary.units
        return dict.fromkeys(self.tasks, (root[0], units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": [layer.units for layer in self.layers],
            "auxiliary_units": list(self.auxiliary.hidden_units),
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
