"""Search of a sharing route in a supernet, inside `model.fit`."""

from mtnas_tf.search.supernet import estimators
from mtnas_tf.search.supernet.one_shot import one_shot_search
from mtnas_tf.search.supernet.policy_monitor import PolicyMonitor
from mtnas_tf.search.supernet.rewards import auc_sum
from mtnas_tf.search.supernet.rewards import negative_loss
from mtnas_tf.search.supernet.search_model import SearchModel

__all__ = [
    "PolicyMonitor",
    "SearchModel",
    "auc_sum",
    "estimators",
    "negative_loss",
    "one_shot_search",
]
