"""The space of what tasks share, skip and own, layer by layer."""

import dataclasses
from collections.abc import Sequence

from mtnas_tf.arguments import check_ints
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace
from mtnas_tf.routes.unrolled_route import UnrolledRoute

SHARE, OWN, SKIP = "share", "own", "skip"


@dataclasses.dataclass(frozen=True)
class SharingBlock:
    """What a task may do in a layer.

    Args:
        task: name of the task.
        layer: 0-based.
    """

    task: str
    layer: int

    @property
    def consumer(self) -> str:
        """A name of the block: `click_2` of a second layer."""
        return f"{self.task}_{self.layer + 1}"

    @property
    def routes(self) -> tuple[str, ...]:
        """The choices. The first layer gives a width, and is not skipped."""
        return (SHARE, OWN, SKIP) if self.layer else (SHARE, OWN)


class SharingSpace:
    """The routes of tasks that share, own or skip every layer.

    A layer has one sub-network that all tasks may share, each applied to what
    the task has read so far, and one of every task's own.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0.

    Example:
    >>> space = SharingSpace(["click", "like"], num_layers=2)
    >>> space.size
    36
    >>> print(space.route([0, 0, 1, 2]))  # both share; own, skip
    s2 <- s1
    click <- s2
    like <- s1

    Reference:
    - [Zhang et al., 2022](https://arxiv.org/abs/2110.13076), section 3.
    """

    def __init__(self, tasks: Sequence[str], num_layers: int) -> None:
        check_ints(num_layers=num_layers)
        # A route has at most as many sub-networks a layer as there are tasks.
        self.tasks = RouteSpace(tasks, num_layers, max(1, len(tasks))).tasks
        self.num_layers = int(num_layers)
        self.blocks = tuple(
            SharingBlock(task, layer)
            for layer in range(self.num_layers)
            for task in self.tasks
        )

    @property
    def size(self) -> int:
        """Number of choices in the whole space."""
        size = 1
        for block in self.blocks:
            size *= len(block.routes)
        return size

    def route(self, choices: Sequence[int]) -> Route:
        """The route of the given choice in each block."""
        return self.unrolled(choices).route

    def unrolled(self, choices: Sequence[int]) -> UnrolledRoute:
        """The same, with the sub-network that each of its own is a copy of.

        The shared sub-network of a layer is 0, that of task t is t + 1.

        Args:
            choices: int `(blocks,)`, indices of `SharingBlock.routes`.
        """
        paths: dict[str, list[list[int]]] = {task: [] for task in self.tasks}
        for block, choice in zip(self.blocks, choices, strict=True):
            own = self.tasks.index(block.task) + 1
            taken = {SHARE: [0], OWN: [own], SKIP: []}
            paths[block.task].append(taken[block.routes[int(choice)]])
        return UnrolledRoute.of(paths)
