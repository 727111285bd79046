"""How the labels of tasks depend on one another."""

import dataclasses
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.tasks import TASK_KINDS

# Argument of a `TaskSpec` -> how a message says it.
RELATIONS = {"condition": "if", "requires": "requires"}


def check_relations(tasks: Sequence[TaskSpec]) -> None:
    """Refuses relations that name no binary task, go in a circle or contradict.

    Args:
        tasks: all `TaskSpec`s of a schema.

    Raises:
        ValueError: it names the argument and the tasks.

    Example:
    >>> check_relations([TaskSpec(name="buy", requires="click")])
    Traceback (most recent call last):
    ValueError: `requires` must name another task, which does not itself \
depend on the task. Received: buy requires click, with tasks ['buy']
    """
    by_name = {task.name: task for task in tasks}
    for task in tasks:
        for relation in RELATIONS:
            _check_chain(task, relation, by_name)
        is_binary = TASK_KINDS[task.kind].has_positives
        if task.requires is not None and not is_binary:
            raise ValueError(
                "`requires` must be of a binary task, whose label can be 1. "
                f"Received: requires={task.requires!r} of {task.name!r}, a "
                f"{task.kind} task"
            )
        if task.condition in (task.name, *required_by(task, by_name)):
            raise ValueError(
                "`condition` must not name a task that the task requires: its "
                "label counts in all rows. "
                f"Received: condition={task.condition!r}, "
                f"requires={task.requires!r} of {task.name!r}"
            )


def required_by(
    task: TaskSpec, by_name: Mapping[str, TaskSpec]
) -> Iterator[str]:
    """The names of the tasks whose labels a label 1 implies, nearest first.

    Args:
        task: `TaskSpec`.
        by_name: the schema's tasks by their names.

    Example:
    >>> tasks = {
    ...     "view": TaskSpec(name="view"),
    ...     "click": TaskSpec(name="click", requires="view"),
    ...     "buy": TaskSpec(name="buy", requires="click"),
    ... }
    >>> list(required_by(tasks["buy"], tasks))
    ['click', 'view']
    """
    above = task.requires
    while above is not None:
        yield above
        above = by_name[above].requires


def required_first(tasks: Sequence[TaskSpec]) -> list[TaskSpec]:
    """The tasks in an order in which each follows the one that it requires.

    Args:
        tasks: all `TaskSpec`s of a schema.

    Example:
    >>> tasks = [TaskSpec(name="buy", requires="click"), TaskSpec(name="click")]
    >>> [task.name for task in required_first(tasks)]
    ['click', 'buy']
    """
    by_name = {task.name: task for task in tasks}
    return sorted(tasks, key=lambda task: len([*required_by(task, by_name)]))


def kept_tasks(
    tasks: Sequence[TaskSpec], names: Sequence[str]
) -> tuple[TaskSpec, ...]:
    """Some of the tasks, with the relations among them.

    A condition on a task that is left out is dropped: labels are masked by
    then. What a task requires by way of one that is left out, it still
    requires.

    Args:
        tasks: all `TaskSpec`s of a schema.
        names: names of those to keep.

    Example:
    >>> click = TaskSpec(name="click", requires="view")
    >>> buy = TaskSpec(name="buy", requires="click")
    >>> kept = kept_tasks([TaskSpec(name="view"), click, buy], ["view", "buy"])
    >>> kept[1].requires
    'view'
    """
    by_name = {task.name: task for task in tasks}
    kept = []
    for task in tasks:
        if task.name in names:
            required = (x for x in required_by(task, by_name) if x in names)
            condition = task.condition if task.condition in names else None
            kept.append(
                dataclasses.replace(
                    task, condition=condition, requires=next(required, None)
                )
            )
    return tuple(kept)


def _check_chain(
    task: TaskSpec, relation: str, by_name: Mapping[str, TaskSpec]
) -> None:
    """Refuses a relation to no binary task, or in the end to the task."""
    chain = [task.name]
    while (name := getattr(by_name[chain[-1]], relation)) is not None:
        if name not in by_name or name in chain:
            word = f" {RELATIONS[relation]} "
            raise ValueError(
                f"`{relation}` must name another task, which does not itself "
                f"depend on the task. Received: {word.join((*chain, name))}, "
                f"with tasks {list(by_name)}"
            )
        if not TASK_KINDS[by_name[name].kind].has_positives:
            raise ValueError(
                f"`{relation}` must name a binary task, whose label can be 1. "
                f"Received: {relation}={name!r}, a {by_name[name].kind} task, "
                f"of {chain[-1]!r}"
            )
        chain.append(name)
