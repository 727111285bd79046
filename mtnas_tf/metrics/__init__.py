"""Metrics of tasks: exact AUC, log loss, calibration, errors."""

from mtnas_tf.metrics.batch_accuracy import batch_accuracy
from mtnas_tf.metrics.batch_auc import batch_auc
from mtnas_tf.metrics.evaluate_domains import evaluate_domains
from mtnas_tf.metrics.evaluate_groups import evaluate_groups
from mtnas_tf.metrics.exact_auc import ExactAUC
from mtnas_tf.metrics.exact_auc import exact_auc
from mtnas_tf.metrics.expected_calibration_error import ExpectedCalibrationError
from mtnas_tf.metrics.grouped_auc import GroupedAUC
from mtnas_tf.metrics.log_loss import LogLoss
from mtnas_tf.metrics.mean_absolute_error import MeanAbsoluteError
from mtnas_tf.metrics.mean_squared_error import MeanSquaredError
from mtnas_tf.metrics.normalized_entropy import NormalizedEntropy
from mtnas_tf.metrics.reliability_bins import ReliabilityBins
from mtnas_tf.metrics.reliability_bins import reliability_bins
from mtnas_tf.metrics.root_mean_squared_error import RootMeanSquaredError
from mtnas_tf.metrics.row_metric import RowMetric
from mtnas_tf.metrics.task_metrics import evaluate_task
from mtnas_tf.metrics.task_metrics import evaluate_tasks
from mtnas_tf.metrics.task_metrics import mtl_loss
from mtnas_tf.metrics.task_scores import TaskScores

__all__ = [
    "TaskScores",
    "ExactAUC",
    "ExpectedCalibrationError",
    "GroupedAUC",
    "LogLoss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "NormalizedEntropy",
    "ReliabilityBins",
    "RootMeanSquaredError",
    "RowMetric",
    "batch_accuracy",
    "batch_auc",
    "evaluate_domains",
    "evaluate_groups",
    "evaluate_task",
    "evaluate_tasks",
    "exact_auc",
    "mtl_loss",
    "reliability_bins",
]
