"""Search of a sharing route inside `model.fit`."""

from mtnas_tf.search import estimators
from mtnas_tf.search.candidate import Candidate
from mtnas_tf.search.candidate_search import CandidateSearch
from mtnas_tf.search.candidate_search_result import CandidateSearchResult
from mtnas_tf.search.candidate_trainer import CandidateTrainer
from mtnas_tf.search.finite_guard import FiniteGuard
from mtnas_tf.search.halving_search import HalvingSearch
from mtnas_tf.search.one_shot import one_shot_search
from mtnas_tf.search.policy_monitor import PolicyMonitor
from mtnas_tf.search.rewards import auc_sum
from mtnas_tf.search.rewards import negative_loss
from mtnas_tf.search.search_model import SearchModel
from mtnas_tf.search.validation_score import validation_score

__all__ = [
    "Candidate",
    "CandidateSearch",
    "CandidateSearchResult",
    "CandidateTrainer",
    "FiniteGuard",
    "HalvingSearch",
    "PolicyMonitor",
    "SearchModel",
    "auc_sum",
    "estimators",
    "negative_loss",
    "one_shot_search",
    "validation_score",
]
