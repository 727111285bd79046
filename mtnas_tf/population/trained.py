"""What the training of a network ended with."""

import dataclasses

from mtnas_tf.types import TaskMetrics


@dataclasses.dataclass(frozen=True)
class Trained:
    """A training in one of a population's places.

    Args:
        seed: int. Of its fresh weights.
        epochs: int. Passes over the training rows.
        valid: dict task name -> metric -> value, on the validation split after
            its best epoch.

    Example:
    >>> valid = {"click": {"auc": 0.75, "log_loss": 0.5}}
    >>> mt.population.Trained(seed=0, epochs=2, valid=valid).epochs
    2
    """

    seed: int
    epochs: int
    valid: TaskMetrics
