"""What an allocation was after every epoch."""

from typing import Any

import keras
import numpy as np


class AllocationHistory(keras.callbacks.Callback):
    """Adds what became of the allocation to the logs of every epoch.

    `entropy` is the mean over tasks and components of a bit's entropy in nats,
    0 of an allocation that is not learned; `share` is the share of components
    that a task uses, the mean over tasks.
    """

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is None:
            return
        allocation = self.model.allocation
        logs["share"] = float(np.mean(allocation.allocated))
        logs["entropy"] = mean_entropy(getattr(allocation, "probs", 1.0))


def mean_entropy(probs: Any) -> float:
    """Mean entropy of bits in nats.

    Args:
        probs: array of the probabilities of 1.

    Example:
    >>> round(mean_entropy([0.5, 1.0]), 4)  # half of log 2
    0.3466
    """
    p = np.asarray(probs, np.float64)
    # 0 log 0 is 0.
    logs = [q * np.log(np.where(q > 0, q, 1.0)) for q in (p, 1.0 - p)]
    return max(0.0, -float(np.mean(sum(logs))))
