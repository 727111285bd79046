"""Search of a sharing route inside `model.fit`."""

from mtnas_tf.search.finite_guard import FiniteGuard
from mtnas_tf.search.policy_monitor import PolicyMonitor
from mtnas_tf.search.rewards import auc_sum
from mtnas_tf.search.rewards import negative_loss
from mtnas_tf.search.search_model import SearchModel

__all__ = [
    "FiniteGuard",
    "PolicyMonitor",
    "SearchModel",
    "auc_sum",
    "negative_loss",
]
