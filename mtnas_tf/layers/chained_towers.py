"""Base of the towers that are built on what tasks require."""

from collections.abc import Sequence
from typing import Any

from mtnas_tf.data import TaskSpec
from mtnas_tf.data.task_relations import check_relations
from mtnas_tf.data.task_relations import required_first
from mtnas_tf.layers.towers import Towers


class ChainedTowers(Towers):
    """Towers of tasks some of which require others, see `TaskSpec`.

    A task may require one other, and several may require the same: the chains
    form trees. Without any, these are `Towers`.

    Args:
        tasks: sequence of `TaskSpec`.
        tower_units: see `Towers`. Defaults to `()`.
        normalization: see `Towers`. Defaults to `None`.
        dropout_rate: see `Towers`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Attributes:
        links: dict task name -> name of the task that it requires, for those
            that require one, in an order in which each follows the other.
    """

    def __init__(
        self,
        tasks: Sequence[TaskSpec],
        tower_units: Sequence[int] = (),
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tasks, tower_units, normalization, dropout_rate, **kwargs
        )
        check_relations(self.tasks)
        self.links: dict[str, str] = {
            task.name: task.requires
            for task in required_first(self.tasks)
            if task.requires is not None
        }
