"""A task: one label to predict."""

import dataclasses
import math

import numpy as np

from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import Tensor

INPUTS = ("ids", "values", "images")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """A task: one label to predict.

    A label is a float, NaN where it was not observed. A missing label is
    masked in the loss, in every metric and in the reward.

    Args:
        name: string. Key of the task in labels, outputs and metrics.
        kind: `"binary"` (labels 0 and 1, the model predicts a probability),
            `"regression"` (any float) or `"multiclass"` (labels number the
            classes from 0, the model predicts a probability of each). Defaults
            to `"binary"`.
        condition: name of another binary task, or `None`. With a name, the
            label counts only in rows where that task's label counts and is 1
            ("likes it, if it was finished"); elsewhere it is missing. Defaults
            to `None`.
        requires: name of another binary task, or `None`. With a name, a label 1
            implies that task's ("no purchase without a click"): where the other
            label is 0, so is this one, and it counts. Labels that contradict it
            are refused. `ESMMTowers`, `AITMTowers` and `ResFlowTowers` are
            built on it; others ignore it. Defaults to `None`.
        num_classes: int >= 2 of a multi-class task, `None` of another.
            Defaults to `None`.
        mean: float, of a regression: mean of its labels in the training rows.
            Networks predict `(label - mean) / scale` inside, so that the loss
            weighs all tasks alike; predictions are in the labels' units.
            Defaults to `0.0`.
        scale: float > 0, of a regression: standard deviation of its labels.
            Defaults to `1.0`.
        score_weight: float > 0. How much the task counts in
            `mt.search.validation_score`, by which networks are chosen and
            compared. The loss does not depend on it. Defaults to `1.0`.

    `condition` and `requires` differ in the rows where the other label is 0.
    With `condition="click"` a purchase is a label of clicked rows alone, and
    the model predicts P(purchase | click). With `requires="click"` it is 0 in
    the other rows, and the model predicts P(purchase).

    Example:
    >>> like = TaskSpec(name="like", condition="click")
    >>> like.kind, like.num_outputs
    ('binary', 1)
    >>> seconds = TaskSpec(name="s", kind="regression", mean=30.0, scale=10.0)
    >>> seconds.scaled(50.0)
    2.0
    """

    name: str
    kind: str = "binary"
    condition: str | None = None
    num_classes: int | None = None
    mean: float = 0.0
    scale: float = 1.0
    requires: str | None = None
    score_weight: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(
                f"`name` must be a text. Received: name={self.name!r}"
            )
        if self.name in INPUTS:
            raise ValueError(
                f"`name` must not be one of {INPUTS}, the inputs of a model. "
                f"Received: name={self.name!r}"
            )
        if not 0 < self.score_weight < math.inf:
            raise ValueError(
                "`score_weight` must be a finite number above 0. "
                f"Received: score_weight={self.score_weight}"
            )
        if self.kind not in TASK_KINDS:
            raise ValueError(
                f"`kind` must be one of {tuple(TASK_KINDS)}. "
                f"Received: kind={self.kind!r}"
            )
        count = self.num_classes
        rule, is_valid = "None", count is None
        if TASK_KINDS[self.kind].has_num_classes:
            rule = "an int of at least 2"
            is_valid = isinstance(count, int) and count >= 2
        if not is_valid:
            raise ValueError(
                f"`num_classes` must be {rule} for kind={self.kind!r}. "
                f"Received: num_classes={count!r}"
            )

        self._check_scale()

    def _check_scale(self) -> None:
        is_finite = math.isfinite(self.mean) and math.isfinite(self.scale)
        if (
            not is_finite
            or self.scale <= 0
            or (self.is_scaled and not TASK_KINDS[self.kind].has_scale)
        ):
            raise ValueError(
                "`scale` must be positive, and `mean` and `scale` finite, 0 "
                "and 1 of a kind that is not scaled. Received: "
                f"mean={self.mean}, scale={self.scale}, kind={self.kind!r}"
            )

    @property
    def is_scaled(self) -> bool:
        """Whether networks predict scaled labels."""
        return (self.mean, self.scale) != (0.0, 1.0)

    def scaled(self, labels: Tensor) -> Tensor:
        """Labels as networks predict them: `(labels - mean) / scale`.

        Args:
            labels: array or tensor of floats.
        """
        return (labels - self.mean) / self.scale if self.is_scaled else labels

    def unscaled(self, outputs: Tensor) -> Tensor:
        """The inverse of `scaled`.

        Args:
            outputs: array or tensor of floats.
        """
        return outputs * self.scale + self.mean if self.is_scaled else outputs

    @property
    def num_outputs(self) -> int:
        """Numbers predicted for a row: one, or one for each class."""
        return self.num_classes or 1

    @property
    def label_rule(self) -> str:
        """Description of the valid labels."""
        return TASK_KINDS[self.kind].labels_of(self.num_classes)

    def are_labels(self, labels: np.ndarray) -> np.ndarray:
        """Which numbers the task may have as labels; bool, of their shape.

        Args:
            labels: array of floats. NaN is missing, and passes.
        """
        is_label = TASK_KINDS[self.kind].is_label(labels, self.num_classes)
        return is_label | np.isnan(labels)
