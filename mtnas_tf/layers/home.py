"""HoME: experts of all tasks, of groups of tasks and of single ones."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.layers.extraction_network import SHARED
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.home_level import HoMELevel
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.HoME"
)
class HoME(keras.layers.Layer):
    """Tasks share experts with their group, and fewer with all others.

    Both levels are a `HoMELevel`: feature gates F, experts e, gates G and self
    gates s. On the first, which knows no tasks, the units are the groups c and
    one that is shared; a group mixes its own experts with the shared ones, the
    shared unit all of them. On the second, a task t of group c mixes experts
    of its own, of its group and shared ones, and no others:

        z_c = sum softmax(x G_c) [e_c, e_s] + sum_i s_ci e_ci
        z_s = sum softmax(x G_s) [all e] + sum_i s_si e_si
        E_t, E_c = swish(norm(F(z_c) W + b)),  E_s = swish(norm(F(z_s) W + b))
        h_t = sum softmax([z_c, z_s] G_t) [E_t, E_c, E_s] + sum_i s_ti E_ti

    The paper's text was not at hand. Experts, feature gates, self gates and the
    two levels are those of its abstract and of public re-implementations; what
    the second level reads is as most of these have it.

    Args:
        tasks: sequence of task names.
        groups: sequence of sequences of task names, every task in one of them:
            tasks that have much in common. Defaults to `None`, a group for each
            task.
        num_task_experts: int > 0. Experts of a task. Defaults to `1`.
        num_group_experts: int > 0. Experts of a group, on each level. Defaults
            to `1`.
        num_shared_experts: int > 0. Shared experts, on each level. Defaults to
            `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        rank: int > 0. Of the feature gates. Defaults to `8`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates of the first level
            look at. Defaults to `"features"`.
        normalization: see `Experts`. Defaults to `"batch"`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        activation: `"swish"` or `"relu"`, of the experts. Defaults to
            `"swish"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Where feature gates are 1 and self gates 0, the first level is a level of
    `PLE` whose tasks are the groups.

    Example:
    >>> body = mt.layers.HoME(
    ...     ["click", "like", "share"],
    ...     groups=[["click"], ["like", "share"]],
    ...     hidden_units=(5,),
    ... )
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Wang et al., 2024](https://arxiv.org/abs/2408.05430).
    """

    def __init__(
        self,
        tasks: Sequence[str],
        groups: Sequence[Sequence[str]] | None = None,
        num_task_experts: int = 1,
        num_group_experts: int = 1,
        num_shared_experts: int = 1,
        hidden_units: Sequence[int] = (64,),
        rank: int = 8,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "batch",
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        activation: str = "swish",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_ints(
            num_task_experts=num_task_experts,
            num_group_experts=num_group_experts,
            num_shared_experts=num_shared_experts,
        )
        self.tasks = tuple(tasks)
        self.groups = _checked_groups(self.tasks, groups)
        self.num_task_experts = int(num_task_experts)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        gated: dict[str, Any] = {
            "hidden_units": hidden_units,
            "rank": rank,
            "gate_normalization": gate_normalization,
            "activation": activation,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        sizes = [num_group_experts] * len(self.groups) + [num_shared_experts]
        self.meta_level = HoMELevel(
            sizes, self._meta_reads(), name="meta_level", **gated, **base
        )
        self.task_level = HoMELevel(
            [num_task_experts] * len(self.tasks) + sizes,
            self._task_reads(),
            name="task_level",
            **gated,
            **base,
        )

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        hidden, query = self.stem.compute_output_shape(root_shape)
        batch, num_groups, num_tasks = (
            root_shape[0],
            len(self.groups),
            len(self.tasks),
        )
        units = self.meta_level.units
        self.meta_level.build(hidden, (batch, num_groups + 1, query[-1]))
        self.task_level.build(
            (batch, num_tasks + num_groups + 1, units),
            (batch, num_tasks, 2 * units),
        )

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, query = self.stem(root, training=training)
        queries = ops.repeat(query[:, None], len(self.groups) + 1, axis=1)
        meta = self.meta_level(hidden, queries, training=training)
        own_group = self._own_groups()
        own = ops.take(meta, own_group, axis=1)  # (batch, tasks, units)
        shared = ops.repeat(meta[:, -1:], len(self.tasks), axis=1)
        mixed = self.task_level(
            ops.concatenate([own, meta], axis=1),
            ops.concatenate([own, shared], axis=-1),
            training=training,
        )
        return {task: mixed[:, i] for i, task in enumerate(self.tasks)}

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        groups = ["+".join(group) for group in self.groups]
        units = [*(f"({group})" for group in groups), SHARED]
        return [
            self.meta_level.sharing(records, "groups", units, units),
            self.task_level.sharing(
                records, "tasks", self.tasks, [*self.tasks, *units]
            ),
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.task_level.units)
        return dict.fromkeys(self.tasks, shape)

    def get_config(self) -> Config:
        config = self.meta_level.get_config()
        num_group_experts, *_, num_shared_experts = config.pop("group_sizes")
        del config["reads"]
        return {
            **config,
            **super().get_config(),
            "tasks": list(self.tasks),
            "groups": [list(group) for group in self.groups],
            "num_task_experts": self.num_task_experts,
            "num_group_experts": num_group_experts,
            "num_shared_experts": num_shared_experts,
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
        }

    def _own_groups(self) -> list[int]:
        """Index of the group of each task."""
        return [
            next(i for i, group in enumerate(self.groups) if task in group)
            for task in self.tasks
        ]

    def _meta_reads(self) -> list[list[int]]:
        """Units that groups read, then those that the shared one reads."""
        shared = len(self.groups)
        of_groups = [[group, shared] for group in range(shared)]
        return [*of_groups, [shared, *range(shared)]]

    def _task_reads(self) -> list[list[int]]:
        """Units that tasks read: tasks come first, then groups, then shared."""
        first_group = len(self.tasks)
        shared = first_group + len(self.groups)
        return [
            [task, first_group + group, shared]
            for task, group in enumerate(self._own_groups())
        ]


def _checked_groups(
    tasks: tuple[str, ...], groups: Sequence[Sequence[str]] | None
) -> tuple[tuple[str, ...], ...]:
    """The groups, each task in one of them."""
    if groups is None:
        return tuple((task,) for task in tasks)
    is_nested = isinstance(groups, list | tuple) and all(
        isinstance(group, list | tuple) and group for group in groups
    )
    named = [task for group in groups for task in group] if is_nested else []
    if len(named) != len(tasks) or set(named) != set(tasks):
        raise ValueError(
            f"`groups` must hold each task of {list(tasks)} in one sequence of "
            f"names. Received: groups={groups!r}"
        )
    return tuple(tuple(group) for group in groups)
