"""Search of a sharing route among networks that are trained by themselves."""

from mtnas_tf.search.candidates import strategies
from mtnas_tf.search.candidates.candidate_search import CandidateSearch
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.halving_search import HalvingSearch
from mtnas_tf.search.candidates.precision_weights import precision_weights
from mtnas_tf.search.candidates.report_row import ReportRow
from mtnas_tf.search.candidates.search_report import SearchReport
from mtnas_tf.search.candidates.validation_score import validation_score

__all__ = [
    "CandidateSearch",
    "CandidateSearchResult",
    "HalvingSearch",
    "ReportRow",
    "SearchReport",
    "precision_weights",
    "strategies",
    "validation_score",
]
