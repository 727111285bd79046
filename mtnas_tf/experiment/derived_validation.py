"""A search judged by the network that would be derived from it."""

from typing import Any

import keras

from mtnas_tf import derive
from mtnas_tf.data import MultiTaskData
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.search import SearchModel
from mtnas_tf.types import TaskMetrics


class DerivedValidation(keras.callbacks.Callback):
    """Puts the derived network's validation in the place of the search's.

    For batch normalization: a search normalizes the rows it validates by
    themselves, a derived network by statistics of training rows. Without it
    the two agree. It stands before what reads `val_loss`, and with
    `EpochOrder`, for it reads training rows.

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

    Its batch statistics are of the same training rows whenever it is made.
    """
    data.seek(0)
    return derive.build_model(search, derive.derive_route(search), data.train)
