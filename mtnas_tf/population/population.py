"""Several networks that are trained and evaluated as one model."""

from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.metrics.task_metrics import mean_metrics
from mtnas_tf.models.trainable_model import TrainableModel
from mtnas_tf.population.padded_rows import padded_rows
from mtnas_tf.types import Array
from mtnas_tf.types import Dataset
from mtnas_tf.types import Inputs
from mtnas_tf.types import Optimizer
from mtnas_tf.types import TaskMetrics
from mtnas_tf.types import TaskTensors


class Population(TrainableModel):
    """What `RoutePopulation` and `ModelPopulation` have in common.

    Predictions of a task are `(batch, num_candidates)`, followed by `classes`
    of a multi-class task.
    """

    cannot_be_balanced = "a population, whose networks would be balanced as one"

    @property
    def num_candidates(self) -> int:
        """Number of networks."""
        raise NotImplementedError

    def weights_by_candidate(self) -> list[np.ndarray]:
        """A copy of all weights, each as `(num_candidates, ...)`."""
        raise NotImplementedError

    def assign_by_candidate(self, weights: Sequence[np.ndarray]) -> None:
        """The inverse of `weights_by_candidate`."""
        raise NotImplementedError

    def check_optimizer(self, optimizer: Optimizer) -> None:
        """Refuses optimizers that clip norms, which would span candidates."""
        for name in ("clipnorm", "global_clipnorm"):
            value = getattr(optimizer, name, None)
            if value is not None:
                raise ValueError(
                    "`optimizer` must clip no norms, in which candidates "
                    f"depend on each other. Received: {name}={value}"
                )

    def evaluate_each(
        self, batches: Dataset, steps: int | None = None
    ) -> list[TaskMetrics]:
        """The results of `evaluate_by_task` for each candidate.

        Args:
            batches: see `evaluate`.
            steps: int. Batches to read. Defaults to all.
        """
        self.settle()
        return self._metrics_of_each(*self.collect(batches, steps))

    def exact_metrics(
        self,
        labels: Mapping[str, Array],
        predictions: Mapping[str, Array],
        weights: Mapping[str, Array],
    ) -> TaskMetrics:
        """Means over the candidates."""
        return mean_metrics(self._metrics_of_each(labels, predictions, weights))

    def _metrics_of_each(
        self,
        labels: Mapping[str, Array],
        predictions: Mapping[str, Array],
        weights: Mapping[str, Array],
    ) -> list[TaskMetrics]:
        return [
            super(Population, self).exact_metrics(
                labels,
                {task: values[:, i] for task, values in predictions.items()},
                weights,
            )
            for i in range(self.num_candidates)
        ]

    def _predict_rows(self, inputs: Inputs) -> TaskTensors:
        # Another number of rows would be another compilation.
        padded = padded_rows(inputs, EVALUATION_BATCH_SIZE)
        predictions = super()._predict_rows(padded)
        num_rows = len(next(iter(inputs.values())))
        return {task: p[:num_rows] for task, p in predictions.items()}
