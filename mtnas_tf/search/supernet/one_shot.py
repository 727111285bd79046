"""One-shot search: a trained supernet's weights score routes."""

from collections.abc import Callable
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.supernet.search_model import SearchModel
from mtnas_tf.types import Batch
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


def one_shot_search(
    search: SearchModel,
    strategy: Strategy,
    batches: Iterable[Batch],
    num_candidates: int,
    routes_per_pass: int = 8,
    seed: int = 0,
) -> list[Trial]:
    """Scores routes with the weights of a supernet, and pins the best one.

    In every round the strategy proposes some routes, which run side by side
    over the same batches. A route's score is the mean of `search`'s reward over
    the batches, summed over tasks; a batch counts for a task if it is defined
    there. In the end the policy is pinned to the best route: `derive_route`
    returns it.

    Args:
        search: `SearchModel` of an `MTNAS`, compiled and trained, best with
            the estimator `"uniform"`.
        strategy: `Strategy` over the supernet's space.
        batches: `(inputs, labels)` or `(inputs, labels, sample_weights)` of
            validation rows, to be read once a round.
        num_candidates: int > 0. Routes to score.
        routes_per_pass: int > 0. Routes of a round. Defaults to `8`.
        seed: int. Of the strategy's draws. Defaults to `0`.

    Returns:
        list of `Trial`, in the order of their proposal.

    Example:
    >>> trials = one_shot_search(  # doctest: +SKIP
    ...     search, strategy, data.valid, num_candidates=64
    ... )

    Reference:
    - [Guo et al., 2020](https://arxiv.org/abs/1904.00420), section 3.
    """
    if num_candidates < 1 or routes_per_pass < 1:
        raise ValueError(
            "`num_candidates` and `routes_per_pass` must be positive. Received:"
            f" num_candidates={num_candidates}, "
            f"routes_per_pass={routes_per_pass}"
        )
    space = search.supernet.space
    if not isinstance(space, RouteSpace):
        raise ValueError(
            "`search` must be of a supernet with a `RouteSpace`, from which "
            f"strategies propose. Received: a `{type(space).__name__}`"
        )
    search.settle()
    rng = np.random.default_rng(seed)
    score = _compiled_score(search)
    trials: list[Trial] = []
    strategy.plan(num_candidates, routes_per_pass)
    while len(trials) < num_candidates:
        count = min(routes_per_pass, num_candidates - len(trials))
        routes = strategy.propose(trials, count, rng)
        choices = np.stack([space.choices(route) for route in routes])
        # Always as many rows, so that nothing is compiled again.
        rows = np.resize(choices, (routes_per_pass, len(space.blocks)))
        scores = _mean_rewards(score, rows, batches)
        trials += [
            Trial(route, float(value))
            for route, value in zip(routes, scores, strict=False)
        ]
    best = max(trials, key=lambda trial: trial.score)
    search.supernet.policy.pin(space.choices(best.route))
    return trials


def _compiled_score(
    search: SearchModel,
) -> Callable[..., tuple[Tensor, Tensor]]:
    def score(
        choices: Tensor, inputs: Inputs, *judged: TaskTensors
    ) -> tuple[Tensor, Tensor]:
        root = search.supernet.encoder(inputs)
        return search.score(choices, root, *judged)

    return tf.function(score, jit_compile=search.jit_compile)


def _mean_rewards(
    score: Callable[..., tuple[Tensor, Tensor]],
    choices: np.ndarray,
    batches: Iterable[Batch],
) -> np.ndarray:
    """Sum over tasks of their mean reward: `(routes,)`."""
    total: float | np.ndarray = 0.0
    count: int | np.ndarray = 0
    for batch in batches:
        rewards, is_defined = score(choices, *batch)
        defined = np.asarray(is_defined)[:, None]
        total = total + np.where(defined, np.asarray(rewards), 0.0)
        count = count + defined
    if np.ndim(count) == 0:
        raise ValueError(
            "`batches` must hold at least one batch whenever they are read. "
            "Received: none"
        )
    return np.sum(total / np.maximum(count, 1), axis=0)
