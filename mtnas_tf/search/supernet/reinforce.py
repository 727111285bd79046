"""REINFORCE on a product of softmaxes, as pure functions.

With routes A_1 .. A_S drawn from p, and advantages d_s:

    grad J ~ 1/S sum_s d_s grad log p(A_s),
    grad_{logits_b} log p(A) = onehot(a_b) - p_b

(arXiv:2009.00387, equation 5). A reward is a sum over tasks. A task that is
undefined on a batch (one class only) drops out of it, with its baseline.
"""

from keras import ops

from mtnas_tf.search.supernet.softmax_gradient import softmax_gradient
from mtnas_tf.types import Tensor


def policy_gradient(
    probs: Tensor, one_hot: Tensor, advantages: Tensor
) -> Tensor:
    """Gradient of minus the expected reward with respect to the logits.

    Args:
        probs: `(blocks, choices)`.
        one_hot: `(routes, blocks, choices)`. The drawn routes.
        advantages: `(routes,)`.

    Returns:
        `(blocks, choices)`.
    """
    score = one_hot - probs
    return -ops.mean(advantages[:, None, None] * score, axis=0)


def moving_average_advantages(
    rewards: Tensor, is_defined: Tensor, baseline: Tensor
) -> Tensor:
    """Rewards minus the average of earlier rewards.

    Args:
        rewards: `(tasks, routes)`.
        is_defined: bool `(tasks,)`.
        baseline: `(tasks,)`. NaN before a task's first reward, which then is
            its own baseline.

    Returns:
        `(routes,)`.
    """
    first = ops.mean(rewards, axis=1)
    baseline = ops.where(ops.isnan(baseline), first, baseline)
    terms = ops.where(is_defined[:, None], rewards - baseline[:, None], 0.0)
    return ops.sum(terms, axis=0)


def updated_moving_average(
    rewards: Tensor, is_defined: Tensor, baseline: Tensor, decay: float
) -> Tensor:
    """The baseline after seeing `rewards`; undefined tasks keep theirs.

    Args:
        rewards: `(tasks, routes)`.
        is_defined: bool `(tasks,)`.
        baseline: `(tasks,)`, NaN before a task's first reward.
        decay: float in [0, 1). Weight of the old baseline.

    Returns:
        `(tasks,)`.
    """
    mean = ops.mean(rewards, axis=1)
    moved = decay * baseline + (1 - decay) * mean
    moved = ops.where(ops.isnan(baseline), mean, moved)
    return ops.where(is_defined, moved, baseline)


def leave_one_out_advantages(rewards: Tensor, is_defined: Tensor) -> Tensor:
    """Rewards minus the mean reward of the other routes on the same batch.

    Args:
        rewards: `(tasks, routes)`, at least two routes.
        is_defined: bool `(tasks,)`.

    Returns:
        `(routes,)`.
    """
    num_routes = rewards.shape[1]
    total = ops.sum(rewards, axis=1, keepdims=True)
    others = (total - rewards) / (num_routes - 1)
    terms = ops.where(is_defined[:, None], rewards - others, 0.0)
    return ops.sum(terms, axis=0)


def normalized(advantages: Tensor) -> Tensor:
    """Advantages divided by their standard deviation.

    Args:
        advantages: `(routes,)`, at least two routes.

    Returns:
        `(routes,)`.
    """
    # Equal rewards leave only rounding errors, which must not be magnified.
    return advantages / (ops.std(advantages) + 1e-6)


def entropy_gradient(probs: Tensor) -> Tensor:
    """Gradient of minus the blocks' entropies with respect to the logits.

    Args:
        probs: `(blocks, choices)`.

    Returns:
        `(blocks, choices)`.
    """
    # dH/dp = -log p, but for a constant that the softmax cancels.
    return softmax_gradient(probs, ops.log(ops.maximum(probs, 1e-30)))
