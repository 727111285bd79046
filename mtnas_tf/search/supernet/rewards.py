"""Rewards of routes on a validation batch.

A reward is any callable `reward(tasks, labels, logits, weights)`:

- `tasks`: the schema's `TaskSpec`s;
- `labels`: dict task name -> float32 `(batch,)`, NaN where missing;
- `logits`: dict task name -> float32 `(routes, batch)`, before any sigmoid, of
  a regression in units of its deviation (`TaskSpec.scaled`); of a multi-class
  task `(routes, batch, classes)`, before the softmax;
- `weights`: dict task name -> float32 `(batch,)`, or None for 1 each: the
  sample weights of the batch. Left out where the batch has none;

that returns `(rewards, is_defined)`: `rewards` `(tasks, routes)`, one row a
task, larger is better, and bool `is_defined` `(tasks,)`, False where the batch
cannot score the task. It runs inside the compiled step: tensors only.
"""

from collections.abc import Callable
from collections.abc import Sequence
from pkgutil import resolve_name

from keras import ops

from mtnas_tf.data import TaskSpec
from mtnas_tf.losses import loss_for
from mtnas_tf.metrics.batch_mean import batch_mean
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

Term = tuple[Tensor, Tensor]  # (routes,), and whether it is defined


def auc_sum(
    tasks: Sequence[TaskSpec],
    labels: TaskTensors,
    logits: TaskTensors,
    weights: TaskTensors | None = None,
) -> tuple[Tensor, Tensor]:
    """AUCs, accuracies of multi-class tasks, minus regressions' squared errors.

    Squared errors are in units of their labels' variance. AUCs are exact. A
    binary task with one class in the batch is undefined there.

    Example:
    >>> rewards, is_defined = auc_sum(
    ...     [TaskSpec(name="click")],
    ...     {"click": np.array([0.0, 1.0], "float32")},
    ...     {"click": np.array([[-1.0, 1.0]], "float32")},
    ... )
    >>> round(float(rewards[0, 0]), 4)
    1.0

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 4.2.
    """
    return _evaluate(_score, tasks, labels, logits, weights)


def negative_loss(
    tasks: Sequence[TaskSpec],
    labels: TaskTensors,
    logits: TaskTensors,
    weights: TaskTensors | None = None,
) -> tuple[Tensor, Tensor]:
    """Minus each task's weighted mean loss over the observed labels.

    Example:
    >>> rewards, is_defined = negative_loss(
    ...     [TaskSpec(name="click")],
    ...     {"click": np.array([0.0, 1.0], "float32")},
    ...     {"click": np.array([[-1.0, 1.0]], "float32")},
    ... )
    >>> round(float(rewards[0, 0]), 4)
    -0.3133
    """
    return _evaluate(_negative_loss, tasks, labels, logits, weights)


Reward = Callable[..., tuple[Tensor, Tensor]]

REWARDS: dict[str, Reward] = {
    "auc_sum": auc_sum,
    "negative_loss": negative_loss,
}


def get_reward(reward: str | Reward) -> Reward:
    """The reward of a name; a callable is returned as it is.

    Args:
        reward: key of `REWARDS`, or a callable.

    Raises:
        ValueError: for a name that does not exist.

    Example:
    >>> get_reward("auc_sum") is auc_sum
    True
    """
    if callable(reward):
        return reward
    if reward not in REWARDS:
        raise ValueError(
            f"`reward` must be one of {sorted(REWARDS)} or a callable. "
            f"Received: reward={reward!r}"
        )
    return REWARDS[reward]


def _evaluate(
    term: Callable[..., Term],
    tasks: Sequence[TaskSpec],
    labels: TaskTensors,
    logits: TaskTensors,
    weights: TaskTensors | None,
) -> tuple[Tensor, Tensor]:
    """The terms of the tasks, stacked."""
    weights = weights or {}
    rewards, is_defined = zip(
        *[
            term(
                task,
                labels[task.name],
                logits[task.name],
                weights.get(task.name),
            )
            for task in tasks
        ],
        strict=True,
    )
    return ops.stack(rewards), ops.stack(is_defined)


def _score(
    task: TaskSpec, labels: Tensor, logits: Tensor, weights: Tensor
) -> Term:
    name = TASK_KINDS[task.kind].batch_score
    if name is None:
        return _negative_loss(task, labels, logits, weights)
    scores, is_defined = resolve_name(name)(labels, logits, weights)
    return scores, ops.all(is_defined)


def _negative_loss(
    task: TaskSpec, labels: Tensor, logits: Tensor, weights: Tensor
) -> Term:
    observed = ops.where(ops.isnan(labels), 0.0, labels)
    # Of every route the same labels.
    observed = ops.broadcast_to(observed, ops.shape(logits)[:2])
    losses = loss_for(task).of_tower_outputs(observed, logits)
    loss, is_defined = batch_mean(labels, losses, weights)
    return -loss, is_defined
