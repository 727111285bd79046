"""Building blocks of the models."""

from mtnas_tf.layers.bank_normalization import BankNormalization
from mtnas_tf.layers.candidate_gates import CandidateGates
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.route_policy import RoutePolicy
from mtnas_tf.layers.search_block_bank import SearchBlockBank
from mtnas_tf.layers.sub_network_bank import SubNetworkBank

__all__ = [
    "BankNormalization",
    "CandidateGates",
    "Gate",
    "RoutePolicy",
    "SearchBlockBank",
    "SubNetworkBank",
]
