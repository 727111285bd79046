"""What a route is rewarded for on a validation batch.

A reward is any callable `reward(tasks, labels, logits)`:

- `tasks`: the schema's `TaskSpec`s;
- `labels`: dict task name -> float32 `(batch,)`, NaN where missing;
- `logits`: dict task name -> float32 `(routes, batch)`, before any sigmoid;

that returns `(rewards, is_defined)`: `rewards` `(tasks, routes)`, one row a
task, larger is better, and bool `is_defined` `(tasks,)`, False where the batch
cannot score the task. It runs inside the compiled step: tensors only.
"""

from collections.abc import Sequence

from keras import ops

from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import batch_auc
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


def auc_sum(
    tasks: Sequence[TaskSpec], labels: TaskTensors, logits: TaskTensors
) -> tuple[Tensor, Tensor]:
    """Exact AUC of each binary task, minus squared error of each regression.

    A task with one class in the batch is undefined there.

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 4.2.
    """
    terms = [
        _auc(labels[task.name], logits[task.name])
        if task.kind == "binary"
        else _negative_loss(task, labels[task.name], logits[task.name])
        for task in tasks
    ]
    return _stack(terms)


def negative_loss(
    tasks: Sequence[TaskSpec], labels: TaskTensors, logits: TaskTensors
) -> tuple[Tensor, Tensor]:
    """Minus each task's mean loss over the observed labels."""
    return _stack(
        [_negative_loss(t, labels[t.name], logits[t.name]) for t in tasks]
    )


REWARDS = {"auc_sum": auc_sum, "negative_loss": negative_loss}


def _auc(labels: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    auc, is_defined = batch_auc(labels, logits)
    return auc, ops.all(is_defined)


def _negative_loss(
    task: TaskSpec, labels: Tensor, logits: Tensor
) -> tuple[Tensor, Tensor]:
    is_observed = ops.logical_not(ops.isnan(labels))
    labels = ops.where(is_observed, labels, 0.0)
    if task.kind == "binary":
        # Cross-entropy on logits: softplus(z) - y z.
        losses = ops.softplus(logits) - labels * logits
    else:
        losses = ops.square(logits - labels)
    count = ops.sum(ops.cast(is_observed, "float32"))
    total = ops.sum(ops.where(is_observed, losses, 0.0), axis=-1)
    return -total / ops.maximum(count, 1.0), count > 0


def _stack(terms: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    rewards, is_defined = zip(*terms, strict=True)
    return ops.stack(rewards), ops.stack(is_defined)
