"""Exact AUC and the numbers that results are made of."""

from mtnas_tf.metrics.batch_auc import batch_auc
from mtnas_tf.metrics.exact_auc import exact_auc
from mtnas_tf.metrics.task_metrics import evaluate_task
from mtnas_tf.metrics.task_metrics import evaluate_tasks
from mtnas_tf.metrics.task_metrics import mtl_loss

__all__ = [
    "batch_auc",
    "evaluate_task",
    "evaluate_tasks",
    "exact_auc",
    "mtl_loss",
]
