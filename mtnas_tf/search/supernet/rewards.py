"""What a route is rewarded for on a validation batch.

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
from collections.abc import Mapping
from collections.abc import Sequence

from keras import ops

from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import batch_auc
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

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 4.2.
    """
    terms = {
        "binary": _auc,
        "regression": _negative_squared_error,
        "multiclass": _accuracy,
    }
    return _evaluate(terms, tasks, labels, logits, weights)


def negative_loss(
    tasks: Sequence[TaskSpec],
    labels: TaskTensors,
    logits: TaskTensors,
    weights: TaskTensors | None = None,
) -> tuple[Tensor, Tensor]:
    """Minus each task's weighted mean loss over the observed labels."""
    terms = {
        "binary": _negative_cross_entropy,
        "regression": _negative_squared_error,
        "multiclass": _negative_categorical_cross_entropy,
    }
    return _evaluate(terms, tasks, labels, logits, weights)


REWARDS = {"auc_sum": auc_sum, "negative_loss": negative_loss}


def _evaluate(
    terms: Mapping[str, Callable[..., Term]],
    tasks: Sequence[TaskSpec],
    labels: TaskTensors,
    logits: TaskTensors,
    weights: TaskTensors | None,
) -> tuple[Tensor, Tensor]:
    """The term of each task's kind, stacked."""
    weights = weights or {}
    rewards, is_defined = zip(
        *[
            terms[task.kind](
                task.scaled(labels[task.name]),
                logits[task.name],
                weights.get(task.name),
            )
            for task in tasks
        ],
        strict=True,
    )
    return ops.stack(rewards), ops.stack(is_defined)


def _auc(labels: Tensor, logits: Tensor, weights: Tensor) -> Term:
    auc, is_defined = batch_auc(labels, logits, weights)
    return auc, ops.all(is_defined)


def _negative_cross_entropy(
    labels: Tensor, logits: Tensor, weights: Tensor
) -> Term:
    # softplus(z) - y z, the cross-entropy on logits.
    losses = ops.softplus(logits) - _observed(labels) * logits
    return _negative_mean(losses, labels, weights)


def _negative_squared_error(
    labels: Tensor, logits: Tensor, weights: Tensor
) -> Term:
    losses = ops.square(logits - _observed(labels))
    return _negative_mean(losses, labels, weights)


def _accuracy(labels: Tensor, logits: Tensor, weights: Tensor) -> Term:
    classes = ops.cast(_observed(labels), "int32")
    is_hit = ops.cast(ops.argmax(logits, axis=-1), "int32") == classes
    is_broken = ops.any(ops.isnan(logits), axis=-1)
    hits = ops.where(is_broken, float("nan"), ops.cast(is_hit, "float32"))
    negative, is_defined = _negative_mean(hits, labels, weights)
    return -negative, is_defined


def _negative_categorical_cross_entropy(
    labels: Tensor, logits: Tensor, weights: Tensor
) -> Term:
    classes = ops.cast(_observed(labels), "int32")
    is_class = ops.one_hot(classes, logits.shape[-1])
    losses = -ops.sum(is_class * ops.log_softmax(logits), axis=-1)
    return _negative_mean(losses, labels, weights)


def _negative_mean(losses: Tensor, labels: Tensor, weights: Tensor) -> Term:
    is_observed = ops.logical_not(ops.isnan(labels))
    if weights is None:
        weights = ops.ones_like(labels)
    is_observed = ops.logical_and(is_observed, weights != 0)
    weights = ops.where(is_observed, weights, 0.0)
    # A prediction that does not count may be NaN: it is not multiplied by 0.
    losses = ops.where(is_observed, losses, 0.0)
    total_weight = ops.sum(weights)
    is_defined = total_weight > 0
    total = ops.sum(weights * losses, axis=-1)
    return -total / ops.where(is_defined, total_weight, 1.0), is_defined


def _observed(labels: Tensor) -> Tensor:
    return ops.where(ops.isnan(labels), 0.0, labels)
