"""Search of a sharing route: among trained networks, or in a supernet."""

from mtnas_tf.search.candidates import CandidateSearch
from mtnas_tf.search.candidates import CandidateSearchResult
from mtnas_tf.search.candidates import HalvingSearch
from mtnas_tf.search.candidates import ReportRow
from mtnas_tf.search.candidates import SearchReport
from mtnas_tf.search.candidates import precision_weights
from mtnas_tf.search.candidates import strategies
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.supernet import PolicyMonitor
from mtnas_tf.search.supernet import SearchModel
from mtnas_tf.search.supernet import auc_sum
from mtnas_tf.search.supernet import estimators
from mtnas_tf.search.supernet import negative_loss
from mtnas_tf.search.supernet import one_shot_search

__all__ = [
    "CandidateSearch",
    "CandidateSearchResult",
    "HalvingSearch",
    "PolicyMonitor",
    "ReportRow",
    "SearchModel",
    "SearchReport",
    "auc_sum",
    "estimators",
    "negative_loss",
    "one_shot_search",
    "precision_weights",
    "strategies",
    "validation_score",
]
