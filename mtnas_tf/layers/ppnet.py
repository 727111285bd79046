"""A network for each task, whose hidden units gates scale by who and what."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_names
from mtnas_tf.arguments import check_widths
from mtnas_tf.features import GateNU
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.root_parts import root_parts
from mtnas_tf.layers.stem import Stem
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.PPNet"
)
class PPNet(keras.layers.Layer):
    """Each row has networks of its own: gates choose among their units.

        [g_1^l, .., g_T^l] = GateNU^l([prior, stop_gradient(x)])
        h_t^l = g_t^l * relu(h_t^{l-1} W_t^l + b_t^l),      h_t^0 = x

    with `x` the root feature and the prior the embeddings of user, item and
    author. The gates of a layer are one `GateNU`, with factors for each task's
    units. Tasks share the encoder, and no layer after it but a stem.

    With gates of 1 it is `SharedEmbedding`. Without a prior the gates look at
    the root feature alone. With a `base`, a body of its own, `h_t^0` is what
    that computes for the task: any sharing method gets gated towers.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers. Defaults to `(64,)`.
        gate_units: see `GateNU`. Defaults to `(64,)`.
        gamma: see `GateNU`. Defaults to `2.0`.
        base: Keras layer, root feature -> `{task: (batch, units)}`, units the
            same for all tasks. Defaults to `None`: the networks read the root
            feature.
        stem_units: see `Stem`; a stem is shared, and has no gate. It lies
            below the base. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: dict of `root`, `(batch, root_units)`, and, if there is any,
            `prior`, `(batch, prior_units)`, see `PEPNetEncoder`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.PPNet(["click", "like"], hidden_units=(5,))
    >>> roots = {"root": np.ones((2, 3)), "prior": np.ones((2, 4))}
    >>> body(roots)["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Chang et al., 2023](https://arxiv.org/abs/2302.01115), section 3.2.3.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        gate_units: Sequence[int] = (64,),
        gamma: float = 2.0,
        base: keras.layers.Layer | None = None,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_widths(1, hidden_units=hidden_units)
        if base is not None:
            check_instances(keras.layers.Layer, base=base)
        self.tasks = tuple(tasks)
        self.base: keras.layers.Layer | None = base
        common = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **common)
        self.networks = Experts(
            len(self.tasks), hidden_units, name="networks", **common
        )
        self.gates = [
            GateNU(
                len(self.tasks) * units,
                gate_units,
                gamma,
                dtype=self.dtype_policy,
                name=f"gates_{depth}",
            )
            for depth, units in enumerate(self.networks.hidden_units, start=1)
        ]

    def build(self, roots_shape: dict[str, Shape]) -> None:
        root, prior = self._parts(roots_shape)
        self.stem.build(root)
        shape = self.stem.compute_output_shape(root)[0]
        if self.base is not None:
            if not self.base.built:
                self.base.build(shape)
            shape = self._stacked_shape(self.base.compute_output_shape(shape))
        self.networks.build(shape)
        for gate in self.gates:
            gate.build((root[0], root[-1] + (prior[-1] if prior else 0)))

    def call(
        self, roots: dict[str, Tensor], training: bool = False
    ) -> TaskTensors:
        root, prior = self._parts(roots)
        known = ops.stop_gradient(root)
        if prior is not None:
            known = ops.concatenate([prior, known], axis=1)
        hidden, _ = self.stem(root, training=training)
        if self.base is not None:
            of_tasks = self.base(hidden)
            hidden = ops.stack([of_tasks[task] for task in self.tasks], axis=1)
        for gate, bank in zip(self.gates, self.networks.banks, strict=True):
            factors = ops.reshape(
                gate(known), (-1, len(self.tasks), bank.units)
            )
            # (batch, tasks, units)
            hidden = factors * bank(hidden, training=training)
        parts = ops.unstack(hidden, axis=1)
        return dict(zip(self.tasks, parts, strict=True))

    def _stacked_shape(self, shapes: dict[str, Shape]) -> Shape:
        """The shape of what a base computes, the tasks on one axis."""
        given = shapes if isinstance(shapes, dict) else {}
        widths = {given.get(task, (None, None))[-1] for task in self.tasks}
        if len(widths) > 1 or None in widths:
            raise ValueError(
                "`base` must give each task of `tasks` a tensor of one width. "
                f"Received: tasks={list(self.tasks)}, shapes={shapes}"
            )
        return (None, len(self.tasks), widths.pop())

    def _parts(self, roots: Any) -> tuple[Any, ...]:
        return root_parts(roots, ("root",), "PEPNetEncoder", optional="prior")

    def compute_output_shape(
        self, roots_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        root, _ = self._parts(roots_shape)
        return dict.fromkeys(self.tasks, (root[0], self.networks.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": list(self.networks.hidden_units),
            "gate_units": list(self.gates[0].gate_units),
            "gamma": self.gates[0].gamma,
            "base": self.base and serialized_layer(self.base),
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        base = keras.saving.deserialize_keras_object(config["base"])
        return cls(**{**config, "base": base})
