"""Validates a search by the network that would be derived from it."""

from typing import Any

import keras

from mtnas_tf import derive
from mtnas_tf.data import MultiTaskData
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.search import SearchModel
from mtnas_tf.types import TaskMetrics


class DerivedValidation(keras.callbacks.Callback):
    """Replaces the validation metrics of a search by the derived network's.

    This matters with batch normalization: a search normalizes validation rows
    by their own statistics, a derived network by those of training rows.
    Without it the two agree. The callback comes before those that read
    `val_loss`, and needs `EpochOrder`, because it reads training rows.

    Args:
        data: `MultiTaskData` that is searched on.
    """

    def __init__(self, data: MultiTaskData) -> None:
        super().__init__()
        self.data = data

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        results = self.model.logs_of(self.metrics(self.model))
        if logs is not None:
            logs.update({f"val_{name}": results[name] for name in results})

    def metrics(self, search: SearchModel) -> TaskMetrics:
        """Metrics by task of the network that would be derived."""
        network = inherited_network(search, self.data)
        return network.evaluate_by_task(self.data.valid)


def inherited_network(
    search: SearchModel, data: MultiTaskData
) -> SparseRouteModel:
    """The derived network with the weights it had in the supernet.

    Its batch statistics come from the same training rows every time.
    """
    data.seek(0)
    return derive.build_model(search, derive.derive_route(search), data.train)
