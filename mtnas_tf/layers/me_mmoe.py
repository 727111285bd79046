"""ME-MMoE: experts that read embeddings of their own."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.expert_groups import ExpertGroups
from mtnas_tf.layers.extraction_network import SHARED
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.group_mixtures import GroupMixtures
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.MEMMoE"
)
class MEMMoE(keras.layers.Layer):
    """Experts of each task, and shared ones, that read embeddings of their own.

    The multi-embedding form of `MMoE`: from the root features `x_t` of the
    tasks and `x_s`, which they share,

        e_tj = relu(x_t W_tj + b_tj),  e_sj = relu(x_s W_sj + b_sj)
        h_t = sum_k softmax(m_t(x_t + x_s) G_t)_k e_k

    over all experts k, with networks m_t of the widths `gate_units`. It is
    `STEMNet` whose gradients all flow, and the base of it.

    With further layers, `h_t` takes the place of `x_t` and a shared mixture
    `h_s = sum_k softmax(m_s(x_s) G_s)_k e_k` that of `x_s`.

    The paper compares STEM-Net with such a network; its wording of this
    baseline could not be checked, and the gates are those of STEM-Net.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `1`.
        num_task_experts: int > 0. Experts of a task in a layer. Defaults to
            `1`.
        num_shared_experts: int > 0. Shared experts of a layer. Defaults to `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        gate_units: sequence of int > 0. Widths of the hidden layers in front of
            a gate. Defaults to `(128, 64)`.
        stem_units: see `Stem`, one for each root feature. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates of the first layer look
            at. Defaults to `"features"`.
        normalization: see `Experts`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: dict of two: `shared`, `(batch, root_units)`, and `tasks`, a dict
            task name -> `(batch, root_units)`, as
            `mtnas_tf.features.SharedAndTaskEncoders` returns.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Raises:
        ValueError: if `roots` is anything else, such as a single tensor.

    Example:
    >>> body = mt.layers.MEMMoE(["click", "like"], hidden_units=(5,))
    >>> root = np.ones((2, 3))
    >>> roots = {"shared": root, "tasks": {"click": root, "like": root}}
    >>> body(roots)["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Su et al., 2024](https://arxiv.org/abs/2308.13537), experiments.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 1,
        num_task_experts: int = 1,
        num_shared_experts: int = 1,
        hidden_units: Sequence[int] = (64,),
        gate_units: Sequence[int] = (128, 64),
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_ints(num_layers=num_layers, num_task_experts=num_task_experts)
        check_ints(num_shared_experts=num_shared_experts)
        self.tasks = tuple(tasks)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stems = [
            Stem(stem_units, root_query, name=name, **base)
            for name in (*(layer_name("stem", t) for t in tasks), "shared_stem")
        ]
        sizes = [num_task_experts] * len(self.tasks) + [num_shared_experts]
        self.experts = [
            ExpertGroups(sizes, hidden_units, name=f"layer_{layer}", **base)
            for layer in range(1, num_layers + 1)
        ]
        self.mixtures = [
            GroupMixtures(
                sizes,
                [self._reads(unit) for unit in self._mixed(layer)],
                [self._trains(unit) for unit in self._mixed(layer)],
                gate_units=gate_units,
                gate_normalization=gate_normalization,
                name=f"mixtures_{layer}",
                **base,
            )
            for layer in range(1, num_layers + 1)
        ]

    def build(self, roots_shape: dict[str, Shape | dict[str, Shape]]) -> None:
        shapes = self._in_order(roots_shape)
        for stem, shape in zip(self.stems, shapes, strict=True):
            stem.build(shape)
        if len({shape[-1] for shape in shapes}) > 1:
            raise ValueError(
                "`roots` must be as wide as one another. "
                f"Received: shapes={shapes}"
            )
        hidden, query = self.stems[-1].compute_output_shape(shapes[-1])
        num_units = len(shapes)
        for experts, mixtures in zip(self.experts, self.mixtures, strict=True):
            experts.build((hidden[0], num_units, hidden[-1]))
            outputs = experts.compute_output_shape(hidden)
            mixtures.build((query[0], num_units, query[-1]), outputs)
            hidden = query = outputs

    def call(
        self, roots: dict[str, Tensor | TaskTensors], training: bool = False
    ) -> TaskTensors:
        stems = [
            stem(root, training=training)
            for stem, root in zip(
                self.stems, self._in_order(roots), strict=True
            )
        ]
        hidden, query = (
            ops.stack(parts, 1) for parts in zip(*stems, strict=True)
        )
        for experts, mixtures in zip(self.experts, self.mixtures, strict=True):
            shared = query[:, -1:]
            queries = ops.concatenate([query[:, :-1] + shared, shared], axis=1)
            hidden = query = mixtures(
                queries[:, : mixtures.num_mixtures],
                experts(hidden, training=training),
                training=training,
            )
        return {task: hidden[:, i] for i, task in enumerate(self.tasks)}

    def _mixed(self, layer: int) -> range:
        """The units that a layer mixes experts for; the last one is shared."""
        is_last = layer == len(self.experts)
        return range(len(self.tasks) + (not is_last))

    def _reads(self, unit: int) -> list[int]:
        """The units whose experts a unit mixes."""
        return list(range(len(self.tasks) + 1))

    def _trains(self, unit: int) -> list[int]:
        """The units whose experts a unit's mixture trains."""
        return self._reads(unit)

    def _in_order(self, roots: Any) -> list[Any]:
        """The root features, or their shapes, of the tasks and the shared."""
        try:
            return [
                *(roots["tasks"][task] for task in self.tasks),
                roots["shared"],
            ]
        except (KeyError, TypeError) as error:
            given = list(roots) if isinstance(roots, dict) else roots
            raise ValueError(
                "`roots` must be a dict of `shared`, a root feature, and "
                f"`tasks`, a dict with one for each task {list(self.tasks)}; "
                "see `mtnas_tf.features.SharedAndTaskEncoders`. "
                f"Received: roots={given}"
            ) from error

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        units = [*self.tasks, SHARED]
        return [
            mixtures.sharing(
                records,
                f"layer {number}",
                units[: mixtures.num_mixtures],
                experts.names(units),
            )
            for number, (experts, mixtures) in enumerate(
                zip(self.experts, self.mixtures, strict=True), start=1
            )
        ]

    def compute_output_shape(
        self, roots_shape: dict[str, Shape | dict[str, Shape]]
    ) -> dict[str, Shape]:
        batch = self._in_order(roots_shape)[0][0]
        return dict.fromkeys(self.tasks, (batch, self.experts[-1].units))

    def get_config(self) -> Config:
        groups, gates = (
            x[0].get_config() for x in (self.experts, self.mixtures)
        )
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_layers": len(self.experts),
            "num_task_experts": groups["group_sizes"][0],
            "num_shared_experts": groups["group_sizes"][-1],
            "hidden_units": groups["hidden_units"],
            "gate_units": gates["gate_units"],
            "stem_units": self.stems[0].stem_units,
            "root_query": self.stems[0].root_query,
            "normalization": gates["normalization"],
            "gate_normalization": gates["gate_normalization"],
            "dropout_rate": gates["dropout_rate"],
        }
