"""A row of a search's report."""

import dataclasses

from mtnas_tf.types import TaskMetrics


@dataclasses.dataclass(frozen=True)
class ReportRow:
    """Several trainings on the test rows: the best of them, or their mean.

    Args:
        networks: string. Label of the trained networks.
        is_best: bool. Whether it is the network that was best on the validation
            rows, not the mean.
        num_trainings: int.
        multiply_adds: float. Of a row, without the embeddings.
        metrics: dict task name -> metric -> value.
        score: float. Their `validation_score`.
        std_error: float. Of a mean score, over the trainings; NaN of a network.

    Example:
    >>> row = ReportRow("MMoE", True, 40, 5920.0, {}, 1.25, float("nan"))
    >>> row.name
    'MMoE, best of 40'
    """

    networks: str
    is_best: bool
    num_trainings: int
    multiply_adds: float
    metrics: TaskMetrics
    score: float
    std_error: float

    @property
    def name(self) -> str:
        """The label of the row."""
        kind = "best" if self.is_best else "mean"
        return f"{self.networks}, {kind} of {self.num_trainings}"
