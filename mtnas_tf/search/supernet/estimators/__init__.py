"""Estimators: they learn the route logits from a reward batch."""

from mtnas_tf.search.supernet.estimators.catalog import ESTIMATORS
from mtnas_tf.search.supernet.estimators.catalog import get
from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.estimators.gumbel_softmax import GumbelSoftmax
from mtnas_tf.search.supernet.estimators.mixture import Mixture
from mtnas_tf.search.supernet.estimators.progressive_gumbel import (
    ProgressiveGumbel,
)
from mtnas_tf.search.supernet.estimators.reinforce import Reinforce
from mtnas_tf.search.supernet.estimators.two_path import TwoPath
from mtnas_tf.search.supernet.estimators.uniform import Uniform

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "GumbelSoftmax",
    "Mixture",
    "ProgressiveGumbel",
    "Reinforce",
    "TwoPath",
    "Uniform",
    "get",
]
