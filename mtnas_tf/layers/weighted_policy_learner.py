"""The Weighted Policy Learner of tabular policies, as pure functions.

An agent for each task and layer draws one of K blocks from a row of a table of
probabilities. With G the return of a draw a, and R the average of earlier
returns of the agent (arXiv:1711.01239, section 3.1):

    delta = G - R
    Delta(a) = delta (1 - pi(a)) if delta > 0 else delta pi(a)
    pi <- projection(pi + learning_rate Delta)

A step slows down where it leads to the edge of the simplex, which lets agents
that learn at the same time settle.
"""

from keras import ops

from mtnas_tf.types import Tensor


def draw_returns(
    chosen: Tensor, rewards: Tensor, weights: Tensor, collaboration: float
) -> Tensor:
    """Returns of the draws, with a reward for choosing what others choose.

    A draw earns, beside the final reward r of its row, `collaboration * f |r| /
    L`, where f is how often the block was drawn in its layer by all tasks in
    this batch. Returns are not discounted: `G_l = r + sum of these from l on`.

    Args:
        chosen: float32 `(layers, tasks, batch, blocks)`, one-hot draws.
        rewards: float32 `(tasks, batch)`.
        weights: float32 `(tasks, batch)`, 0 for rows without a label.
        collaboration: float >= 0.

    Returns:
        float32 `(layers, tasks, batch)`.

    Example:
    >>> chosen = np.ones((1, 1, 2, 1), "f")  # a single block
    >>> rewards, weights = np.array([[-2.0, 4.0]], "f"), np.ones((1, 2), "f")
    >>> draw_returns(chosen, rewards, weights, 0.5).numpy().tolist()
    [[[-1.0, 6.0]]]

    Reference:
    - [Rosenbaum et al., 2018](https://arxiv.org/abs/1711.01239), section 3.1.
    """
    counts = ops.einsum("ltbk,tb->lk", chosen, weights)
    total = ops.maximum(ops.sum(weights), 1e-12)
    frequency = ops.einsum("ltbk,lk->ltb", chosen, counts / total)
    num_layers = chosen.shape[0]
    shared = collaboration * frequency * ops.abs(rewards) / num_layers
    later = ops.flip(ops.cumsum(ops.flip(shared, axis=0), axis=0), axis=0)
    return rewards + later


def average_returns(returns: Tensor, weights: Tensor) -> Tensor:
    """The weighted mean return of each agent; NaN without any row.

    Args:
        returns: float32 `(layers, tasks, batch)`.
        weights: float32 `(tasks, batch)`.

    Returns:
        float32 `(layers, tasks)`.

    Example:
    >>> returns = np.array([[[1.0, 5.0]]], "f")
    >>> average_returns(returns, np.array([[3.0, 1.0]], "f")).numpy().tolist()
    [[2.0]]
    """
    total = ops.sum(weights, axis=-1)
    return ops.sum(returns * weights, axis=-1) / total


def policy_step(
    policy: Tensor,
    chosen: Tensor,
    returns: Tensor,
    baseline: Tensor,
    weights: Tensor,
) -> Tensor:
    """Delta, averaged over the rows of a batch; 0 for agents without any.

    Args:
        policy: float32 `(layers, tasks, blocks)`, rows that sum to 1.
        chosen: float32 `(layers, tasks, batch, blocks)`, one-hot draws.
        returns: float32 `(layers, tasks, batch)`.
        baseline: float32 `(layers, tasks)`. Average of earlier returns.
        weights: float32 `(tasks, batch)`, 0 for rows without a label.

    Returns:
        float32 `(layers, tasks, blocks)`.

    Example:
    >>> policy = np.array([[[0.25, 0.75]]], "f")
    >>> chosen = np.array([[[[1.0, 0.0]]]], "f")
    >>> better, one = np.array([[[3.0]]], "f"), np.ones((1, 1), "f")
    >>> policy_step(policy, chosen, better, one, one).numpy().tolist()
    [[[1.5, 0.0]]]

    Reference:
    - [Abdallah and Lesser, 2008](https://doi.org/10.1613/jair.2628).
    """
    delta = returns - baseline[..., None]
    probs = ops.einsum("ltbk,ltk->ltb", chosen, policy)
    delta = delta * ops.where(delta > 0, 1.0 - probs, probs)
    delta = ops.where(weights > 0, delta * weights, 0.0)
    total = ops.maximum(ops.sum(weights, axis=-1), 1e-12)  # (tasks,)
    return ops.einsum("ltbk,ltb->ltk", chosen, delta) / total[:, None]


def projected(values: Tensor, least: float) -> Tensor:
    """The nearest rows of probabilities of at least `least`.

    Args:
        values: float32 `(..., blocks)`.
        least: float in [0, 1 / blocks].

    Returns:
        float32, shaped as `values`, with rows that sum to 1.

    Example:
    >>> values = np.array([[0.875, 0.625], [2.0, 0.0]], "f")
    >>> projected(values, 0.25).numpy().tolist()
    [[0.625, 0.375], [0.75, 0.25]]

    Reference:
    - [Duchi et al., 2008](https://doi.org/10.1145/1390156.1390191), figure 1.
    """
    num_blocks = values.shape[-1]
    mass = 1.0 - num_blocks * least  # to be shared beyond the least
    values = values - least
    ordered = ops.flip(ops.sort(values, axis=-1), axis=-1)
    ranks = ops.arange(1, num_blocks + 1, dtype="float32")
    excess = (ops.cumsum(ordered, axis=-1) - mass) / ranks
    kept = ops.sum(ops.cast(ordered > excess, "int32"), axis=-1, keepdims=True)
    last = ops.maximum(kept - 1, 0)
    threshold = ops.take_along_axis(excess, last, axis=-1)
    return ops.maximum(values - threshold, 0.0) + least
